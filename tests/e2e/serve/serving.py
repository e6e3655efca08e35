"""A real `axia serve` for tests, and the little HTTP that they need."""
import http.client
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[3]


class Failed(Exception):
    pass


def expect(good, what):
    if not good:
        raise Failed(what)


class Serving:
    """Runs `axia serve --model MODEL ARGS` on a free port, with a store of its own in `folder` or a new one."""

    def __init__(self, axia, model, *args, folder=None, weights="file", environment=None):
        self.axia, self.model = str(pathlib.Path(axia).resolve()), str(model)
        self.kept = None if folder else tempfile.TemporaryDirectory(prefix="axia-serve-")
        self.folder = pathlib.Path(folder or self.kept.name)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8",
                            "AXIA_SHARE": str(ROOT), "AXIA_DATA": str(self.folder / "data"),
                            "AXIA_CACHE": str(self.folder / "cache"), "AXIA_WEIGHTS": weights, "AXIA_THREADS": "1",
                            **(environment or {})}
        self.args, self.process = args, None

    def run(self, *command, check=True, **environment):
        """`axia COMMAND --model MODEL` in the same store; gives its stdout."""
        done = subprocess.run([self.axia, *map(str, command), "--model", self.model],
                              env={**self.environment, **environment}, cwd=self.folder, capture_output=True, text=True)
        if check and done.returncode != 0:
            raise Failed(f"axia {' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr}")
        return done.stdout if check else done

    def learn(self, *values):
        """Into its store, in chat context. What the model makes of the texts is read once for all tests of a build."""
        for value in values:
            self.run("learn", value, "--context", "chat", "--quiet",
                     AXIA_CACHE=str(pathlib.Path(self.axia).parent.parent / "test-cache"))

    def start(self):
        self.log = open(self.folder / "serve.log", "a", encoding="utf-8")
        self.process = subprocess.Popen([self.axia, "serve", "--model", self.model, "--port", "0", *map(str, self.args)],
                                        env=self.environment, cwd=self.folder, stdout=subprocess.PIPE, stderr=self.log,
                                        text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url.startswith("http://"):
            self.process.wait(30)
            raise Failed("axia serve did not start:\n" + self.talk())
        self.host, self.port = urllib.parse.urlsplit(self.url).hostname, urllib.parse.urlsplit(self.url).port
        return self

    def stop(self, how=signal.SIGTERM, seconds=60):
        """Its exit code; -9 after SIGKILL."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f"axia serve did not end within {seconds} s of signal {how}:\n{self.talk()}") from None
        finally:
            self.log.close()
            self.process.stdout.close()
        self.process = None
        return code

    def talk(self):
        return (self.folder / "serve.log").read_text(encoding="utf-8", errors="replace")

    def __enter__(self):
        return self if self.process else self.start()

    def __exit__(self, *_):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.log.close()
        if self.kept:
            self.kept.cleanup()

    def connect(self, seconds=120):
        return http.client.HTTPConnection(self.host, self.port, timeout=seconds)

    def ask(self, method, path, body=None, headers=None):
        """(status, headers, parsed JSON or text); a body that is no bytes is sent as JSON."""
        connection = self.connect()
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        connection.request(method, path, data, {"Content-Type": "application/json", **(headers or {})})
        reply = connection.getresponse()
        raw = reply.read()
        connection.close()
        kind = reply.getheader("Content-Type") or ""
        return reply.status, dict(reply.getheaders()), json.loads(raw) if "json" in kind else raw.decode("utf-8")

    def get(self, path, headers=None):
        return self.ask("GET", path, None, headers)

    def post(self, path, body, headers=None):
        return self.ask("POST", path, body, headers)

    def events(self, path, body, headers=None):
        """The events of a stream: parsed data, and the last "[DONE]" as text."""
        connection = self.connect()
        connection.request("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})
        reply = connection.getresponse()
        if reply.status != 200:
            raise Failed(f"{path}: {reply.status} {reply.read()[:300]}")
        expect(reply.getheader("Content-Type", "").startswith("text/event-stream"), "no event stream")
        for line in reply:
            text = line.decode("utf-8").rstrip("\n")
            if text.startswith("data: "):
                yield text[6:] if text == "data: [DONE]" else json.loads(text[6:])
        connection.close()
