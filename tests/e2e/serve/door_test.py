#!/usr/bin/env python3
"""Who comes in and who does not: door_test.py AXIA MODEL. Keys, quotas, scopes, origins, slow clients, limits, the end."""
import http.client
import json
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from serving import Failed, Serving, expect

ASK = {"prompt": "a b c", "max_tokens": 4, "temperature": 0}


def bearer(secret):
    return {"Authorization": "Bearer " + secret}


def status(server, method, path, body=None, headers=None):
    code, head, reply = server.ask(method, path, body, headers)
    if code >= 400:
        expect(isinstance(reply, dict) and reply["error"]["message"], f"{path}: {code} without an error in OpenAI's shape: {reply}")
    return code


def keys_and_quotas(axia, model):
    with tempfile.TemporaryDirectory(prefix="axia-door-") as folder:
        keys_in(Serving(axia, model, "--require-key", folder=folder))


def keys_in(server):
    done = server_process(server)
    expect(done.returncode == 2 and "axia keys create NAME makes one" in done.stderr, f"started without a key: {done.stderr}")
    secret = key(server, "laptop")
    few = key(server, "few", "--scopes", "chat", "--requests-per-minute", "2")
    with server:
        expect(status(server, "GET", "/health") == 200, "health needs a key")
        for headers in ({}, bearer("axia-wrong"), bearer(secret[:-1]), {"Authorization": "Basic " + secret}):
            code, head, _ = server.ask("POST", "/v1/completions", ASK, headers)
            expect(code == 401 and head.get("WWW-Authenticate") == "Bearer", f"{headers}: {code}")
        code, _, reply = server.post("/v1/completions", ASK, bearer(secret))
        expect(code == 200, f"a good key: {code} {reply}")
        expect(status(server, "GET", "/metrics", None, bearer(few)) == 403, "a key without the scope read the metrics")
        codes = [server.post("/v1/completions", ASK, bearer(few)) for _ in range(3)]
        expect([c[0] for c in codes] == [200, 200, 429], f"two a minute: {[c[0] for c in codes]}")
        expect(1 <= int(codes[2][1]["Retry-After"]) <= 60, "no time to wait")
        expect('axia_requests_refused_total{status="429"} 1' in server.get("/metrics", bearer(secret))[2], "not counted")
        run_keys(server, "revoke", "laptop")  # another process
        expect(status(server, "POST", "/v1/completions", ASK, bearer(secret)) == 401, "a revoked key came in")
        expect(server.stop() == 0, "exit")
    for word in (secret, few):
        expect(word not in server.talk(), "a secret stands in the log")
        for path in server.folder.rglob("*"):
            expect(not path.is_file() or word.encode() not in path.read_bytes(), f"a secret stands in {path.name}")
    audit = json.loads(run_keys(server, "audit", "--json"))["requests"]
    expect(len(audit) == 3 and all(row["status"] == 200 and row["prompt_tokens"] > 0 for row in audit), f"audit: {audit}")
    expect(audit[0]["answer_tokens"] == reply["usage"]["completion_tokens"], "audit has other tokens than usage")
    with server:  # quotas outlive a restart
        expect(status(server, "POST", "/v1/completions", ASK, bearer(few)) == 429, "the quota was forgotten")


def server_process(server):
    return subprocess.run([server.axia, "serve", "--model", server.model, "--port", "0", *server.args], env=server.environment,
                          cwd=server.folder, capture_output=True, text=True, timeout=60)


def run_keys(server, *words):
    done = subprocess.run([server.axia, "keys", *words], env=server.environment, cwd=server.folder, capture_output=True, text=True)
    expect(done.returncode == 0, f"axia keys {words}: {done.stderr}")
    return done.stdout


def key(server, name, *options):
    return run_keys(server, "create", name, *options).strip()


def raw(server, data, seconds=20):
    """What comes back for these bytes until the server ends the connection, and after how long."""
    begun = time.monotonic()
    with socket.create_connection((server.host, server.port), timeout=seconds) as end:
        end.sendall(data)
        got = b""
        try:
            while more := end.recv(65536):
                got += more
        except ConnectionResetError:
            pass
        return got, time.monotonic() - begun


def pages_and_limits(axia, model):
    with Serving(axia, model, "--cors", "https://example.org", "--connections", "4") as server:
        host = f"127.0.0.1:{server.port}"
        ours = {"Origin": "https://example.org"}
        code, head, _ = server.post("/v1/completions", ASK, ours)
        expect(code == 200 and head["Access-Control-Allow-Origin"] == "https://example.org", f"cors: {code} {head}")
        code, head, _ = server.ask("OPTIONS", "/v1/completions", None, {**ours, "Access-Control-Request-Method": "POST"})
        expect(code == 204 and "POST" in head["Access-Control-Allow-Methods"], f"preflight: {code} {head}")
        for origin in ("https://evil.example", "null", "https://example.org.evil.example"):
            code, head, _ = server.post("/v1/completions", ASK, {"Origin": origin})
            expect(code == 403 and "Access-Control-Allow-Origin" not in head, f"{origin}: {code} {head}")
        got, _ = raw(server, b"GET /v1/models HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        expect(got.startswith(b"HTTP/1.1 403"), f"another site's name: {got[:80]}")
        # sizes
        line = b"POST /v1/completions HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n"
        got, _ = raw(server, line % (host.encode(), 9 << 20))
        expect(got.startswith(b"HTTP/1.1 413"), f"9 MiB: {got[:80]}")
        for what, head in (("long line", b"X: " + b"x" * 20000 + b"\r\n"), ("many", b"".join(b"X%d: 1\r\n" % i for i in range(200)))):
            got, _ = raw(server, b"GET /health HTTP/1.1\r\nHost: " + host.encode() + b"\r\n" + head + b"\r\n")
            expect(got.startswith(b"HTTP/1.1 4"), f"{what}: {got[:80]}")
        got, _ = raw(server, b"\x16\x03\x01 no HTTP\r\n\r\n")
        expect(got.startswith(b"HTTP/1.1 400") or not got, f"noise: {got[:80]}")
        # two requests in one packet are both answered
        one = b"GET /health HTTP/1.1\r\nHost: " + host.encode() + b"\r\n"
        got, _ = raw(server, one + b"\r\n" + one + b"Connection: close\r\n\r\n")
        expect(got.count(b'"ok"') == 2, f"two in one packet: {got}")
        # a client that trickles is ended, though it never pauses for long
        ended = trickle(server, host)
        expect(ended is not None and 8 < ended < 16, f"a trickling client was ended after {ended} s")
        # connections of one address
        held = [socket.create_connection((server.host, server.port)) for _ in range(4)]
        time.sleep(.5)
        got, _ = raw(server, one + b"Connection: close\r\n\r\n")
        expect(got.startswith(b"HTTP/1.1 429") and b"Retry-After" in got, f"a fifth connection: {got[:80]}")
        for end in held:
            end.close()
        time.sleep(.5)
        expect(server.get("/health")[0] == 200, "the connections were not given back")
        expect(server.stop() == 0, "exit")


def trickle(server, host):
    begun = time.monotonic()
    with socket.create_connection((server.host, server.port), timeout=1) as end:
        end.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: " + host.encode() + b"\r\nX: ")
        while time.monotonic() - begun < 30:
            try:
                end.sendall(b"x")
                if end.recv(4096) is not None:
                    return time.monotonic() - begun
            except TimeoutError:
                continue
            except OSError:
                return time.monotonic() - begun
    return None


def the_end(axia, model):
    """SIGTERM: the answer under way is finished, new connections are refused, exit 0."""
    with Serving(axia, model) as server:
        events, begun = [], threading.Event()

        def listen():
            for event in server.events("/v1/completions", {**ASK, "max_tokens": 400, "stream": True, "ignore_eos": True}):
                events.append(event)
                begun.set()

        reader = threading.Thread(target=listen)
        reader.start()
        expect(begun.wait(30), "no first event")
        idle = server.connect()
        idle.request("GET", "/health")
        idle.getresponse().read()
        server.process.send_signal(signal.SIGTERM)
        time.sleep(.4)
        if reader.is_alive():
            try:
                server.get("/health")
                raise Failed("a new connection was taken")
            except (ConnectionRefusedError, ConnectionResetError, http.client.RemoteDisconnected):
                pass
        expect(server.process.wait(60) == 0, "exit")
        reader.join(10)
        expect(events[-1] == "[DONE]", f"the answer under way was cut after {len(events)} events")


def main():
    axia, model = sys.argv[1:3]
    for part in (keys_and_quotas, pages_and_limits, the_end):
        try:
            part(axia, model)
            print("passed", part.__name__, flush=True)
        except Failed as problem:
            print(f"failed {part.__name__}: {problem}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
