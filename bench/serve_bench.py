"""Drives `axia serve` and llama-server for serve_bench.cc: serve_bench.py AXIA LLAMA_SERVER GGUF MODEL THREADS.

Reads a command a line, answers with a number a line. Both serve the same file with the same threads, streams and context.
"""
import contextlib
import http.client
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

STREAMS, CONTEXT, TOKENS = 8, 4096, 64
SCENES = ("a ferry in winter", "a school garden", "a night bus", "a small bakery", "a mountain hut", "a repair shop",
          "a village choir", "a busy kitchen")
VALUES = ("security", "power", "tradition", "hedonism", "achievement", "benevolence", "conformity", "universalism")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, command, port, environment=None):
        self.port, begin = port, time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**os.environ, **(environment or {})})
        while not self.healthy():
            if self.process.poll() is not None or time.perf_counter() - begin > 120:
                raise SystemExit(f"{command[0]} does not serve")
            time.sleep(.005)
        self.asked = 0

    def healthy(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        return False

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmRSS"))

    def stop(self):
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        self.process.kill()


def stream(server, content, tokens, extra, out):
    """Appends (seconds to the first token, tokens, seconds in all)."""
    body = {"messages": [{"role": "user", "content": content}], "max_tokens": tokens, "temperature": 0, "stream": True,
            "stream_options": {"include_usage": True}, **extra}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    begin = time.perf_counter()
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
    reply = connection.getresponse()
    if reply.status != 200:
        raise SystemExit(f"status {reply.status}: {reply.read()[:300]}")
    first = count = None
    for line in reply:
        if not line.startswith(b"data: {"):
            continue
        event = json.loads(line[6:])
        if event.get("usage"):
            count = event["usage"]["completion_tokens"]
        if first is None and any(c.get("delta", {}).get("content") for c in event["choices"]):
            first = time.perf_counter() - begin
    connection.close()
    out.append((first, count, time.perf_counter() - begin))


def together(server, prompts, tokens, plans=False):
    out, threads = [], []
    for i, prompt in enumerate(prompts):
        extra = {"axia": {"steer": {VALUES[i % len(VALUES)]: .9}}} if plans else {}
        threads.append(threading.Thread(target=stream, args=(server, prompt, tokens, extra, out)))
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(out) != len(prompts):
        raise SystemExit("a stream failed")
    return out, time.perf_counter() - begin


def prompts(server, count, words=60):
    """No two begin alike: neither server can use what it has read before."""
    made = []
    for i in range(count):
        server.asked += 1
        scene = SCENES[i % len(SCENES)]
        made.append(f"{server.asked * 7919 % 10007}: tell of {scene}. " + " ".join(
            f"{scene.split()[-1]}{(server.asked * 31 + k) % 97}" for k in range(words // 3)) + " Write at length.")
    return made


def main():
    axia, llama, gguf, model, threads = sys.argv[1:]
    folder = tempfile.TemporaryDirectory(prefix="axia-serve-bench-")
    own = {"AXIA_DATA": os.environ.get("AXIA_BENCH_DATA", str(pathlib.Path(folder.name) / "data"))}
    ports = {"axia": free_port(), "llama": free_port()}
    commands = {
        "axia": [axia, "serve", "--model", model, "--weights", "q8_0", "--port", str(ports["axia"]), "--parallel", str(STREAMS),
                 "--ctx", str(CONTEXT), "--threads", threads, "--quiet"],
        "llama": [llama, "-m", gguf, "--port", str(ports["llama"]), "--parallel", str(STREAMS), "-c", str(CONTEXT), "-t", threads,
                  "--log-disable"]}
    environment = {"axia": own, "llama": {}}
    servers = {}

    def server(name):
        if name not in servers:
            servers[name] = Server(commands[name], ports[name], environment[name])
        return servers[name]

    def learn():
        for value in VALUES:
            subprocess.run([axia, "learn", value, "--model", model, "--quiet"], check=True, env={**os.environ, **own},
                           stdout=subprocess.DEVNULL)
        return 1

    def rate(name, streams, plans):
        out, seconds = together(server(name), prompts(server(name), int(streams)), TOKENS, plans == "plans")
        return sum(count for _, count, _ in out) / seconds

    def first(name, share):
        times = []
        for _ in range(3):
            times += [t for t, _, _ in together(server(name), prompts(server(name), STREAMS), 16)[0]]
        return statistics.quantiles(times, n=20)[{"p50": 9, "p95": 18}[share]]

    def prefix():
        s = server("axia")
        text = prompts(s, 1, 780)[0]
        one = stream_once(s, text + " First: what is it?")
        return stream_once(s, text + " Second: who is there?") / one

    def stream_once(s, text):
        out = []
        stream(s, text, 4, {}, out)
        return out[0][0]

    def start(name):
        """From nothing to the first answer."""
        begin = time.perf_counter()
        port = free_port()
        command = [str(port) if word == str(ports[name]) else word for word in commands[name]]
        other = Server(command, port, environment[name])
        out = []
        stream(other, "Hi", 1, {}, out)
        seconds = time.perf_counter() - begin
        other.stop()
        return seconds

    verbs = {"learn": learn, "rate": rate, "first": first, "prefix": prefix, "start": start,
             "memory": lambda name: server(name).memory()}
    try:
        for line in sys.stdin:
            verb, *words = line.split()
            print(verbs[verb](*words), flush=True)
    finally:
        for one in servers.values():
            one.stop()


if __name__ == "__main__":
    main()
