#!/usr/bin/env python3
"""axia serve behind nginx with TLS, as docs/security.md shows it: proxy_test.py AXIA MODEL. Exit 77 without nginx or openssl."""
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from serving import ROOT, Failed, Serving, expect

NAME = "values.example.org"
PATH = "/v1/completions"


def free_port():
    with socket.socket() as end:
        end.bind(("127.0.0.1", 0))
        return end.getsockname()[1]


def settings(folder, port, upstream):
    """The page's own server block, with this test's ports and files."""
    block = re.search(r"```nginx\n(.*?)```", (ROOT / "docs/security.md").read_text(encoding="utf-8"), re.S).group(1)
    for old, new in (("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"), ("127.0.0.1:8080", f"127.0.0.1:{upstream}"),
                     ("/etc/ssl/values.pem", f"{folder}/values.pem"), ("/etc/ssl/values.key", f"{folder}/values.key")):
        expect(old in block, f"the page's settings have no '{old}'")
        block = block.replace(old, new)
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;\n" if os.geteuid() == 0 else ""  # else it gives the folder's rights away and cannot write bodies
    return (f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
            f"http {{\naccess_log {folder}/access.log;\n{temporary}{block}}}\n")


class Proxy:
    def __init__(self, folder, upstream):
        self.folder, self.port = pathlib.Path(folder), free_port()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
                        "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", f"{folder}/values.key", "-out", f"{folder}/values.pem"],
                       check=True, capture_output=True)
        (self.folder / "nginx.conf").write_text(settings(folder, self.port, upstream))
        self.process = subprocess.Popen([shutil.which("nginx"), "-p", str(folder), "-c", f"{folder}/nginx.conf"],
                                        stderr=subprocess.PIPE, text=True)
        self.tls = ssl.create_default_context(cafile=f"{folder}/values.pem")
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(.05)
        raise Failed("nginx did not start: " + self.process.stderr.read())

    def request(self, method, path, body=None, headers=None):
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        connection = http.client.HTTPSConnection(NAME, self.port, timeout=60)
        connection.sock = self.tls.wrap_socket(plain, server_hostname=NAME)
        connection.request(method, path, body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode(),
                           {"Content-Type": "application/json", "Host": NAME, **(headers or {})})
        return connection.getresponse()

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.process.stderr.close()


def through(proxy, server, secret):
    bearer = {"Authorization": "Bearer " + secret}
    reply = proxy.request("POST", PATH, {"prompt": "a", "max_tokens": 3})
    expect(reply.status == 401, f"without a key through the proxy: {reply.status}")
    reply = proxy.request("POST", PATH, {"prompt": "a", "max_tokens": 3}, bearer)
    expect(reply.status == 200 and json.loads(reply.read())["usage"]["prompt_tokens"] > 0, f"with a key: {reply.status}")
    # the studio's own pages send the public name as their origin
    reply = proxy.request("POST", PATH, {"prompt": "a", "max_tokens": 1}, {**bearer, "Origin": f"https://{NAME}"})
    expect(reply.status == 200, f"the studio's own origin: {reply.status} {reply.read()[:200]}")
    reply = proxy.request("POST", PATH, {"prompt": "a", "max_tokens": 1}, {**bearer, "Origin": "https://evil.example"})
    expect(reply.status == 403, f"another site's page: {reply.status}")
    # events come one by one, not in the end
    reply = proxy.request("POST", PATH, {"prompt": "a", "max_tokens": 1200, "stream": True, "ignore_eos": True}, bearer)
    begun, times = time.monotonic(), []
    for line in reply:
        if line.startswith(b"data: "):
            times.append(time.monotonic() - begun)
    expect(line is not None and len(times) > 100, f"{len(times)} events")
    expect(times[0] < times[-1] / 3, f"the first of {len(times)} events came after {times[0]:.2f} s of {times[-1]:.2f}")
    # bodies: what the server takes, the proxy takes too; beyond that 413
    for size, wanted in ((6 << 20, 400), (9 << 20, 413)):  # 400: a text that no context can hold
        reply = proxy.request("POST", PATH, json.dumps({"prompt": "x" * size}).encode(), bearer)
        expect(reply.status == wanted, f"{size >> 20} MiB: {reply.status}")
    # a client that goes away through the proxy cancels its answer
    reply = proxy.request("POST", PATH, {"prompt": "a", "max_tokens": 1500, "stream": True, "ignore_eos": True}, bearer)
    reply.read(50)
    reply.close()
    for path in proxy.folder.rglob("*.log"):
        expect(secret not in path.read_text(), f"a secret stands in {path.name}")


def main():
    if not (shutil.which("nginx") and shutil.which("openssl")):
        print("nginx or openssl is not installed")
        return 77
    axia, model = sys.argv[1:3]
    with tempfile.TemporaryDirectory(prefix="axia-proxy-") as folder:
        store = pathlib.Path(folder) / "store"
        store.mkdir()
        server = Serving(axia, model, "--require-key", folder=store)
        made = subprocess.run([server.axia, "keys", "create", "proxy"], env=server.environment, capture_output=True, text=True, check=True)
        with server:
            proxy = Proxy(folder, server.port)
            try:
                through(proxy, server, made.stdout.strip())
                print("passed")
            except Failed as problem:
                print(f"failed: {problem}\n{(proxy.folder / 'error.log').read_text()[-1500:]}")
                return 1
            finally:
                proxy.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
