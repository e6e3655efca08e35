#!/usr/bin/env python3
"""Commands killed at random points and run again: the end is the same as without, and nothing half-written is ever read.

kill_test.py AXIA MODEL SEED KILLS COMMAND...   COMMAND: pull, learn, tune, effect, ask, in an order in which each has what it needs
"""
import functools
import http.server
import json
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

AXIA, MODEL, SEED, KILLS = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), int(sys.argv[3]), int(sys.argv[4])
SOURCE = pathlib.Path(__file__).resolve().parents[3]
PARTS = 64  # a download comes in so many, with pauses


class OneFile(http.server.BaseHTTPRequestHandler):
    """The model under any path, from any byte on."""

    protocol_version = "HTTP/1.1"
    body = MODEL.read_bytes()

    def do_GET(self):
        first = 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and self.headers.get("If-Range") == '"one"':
            first = int(asked[1])
        if first >= len(self.body):
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(self.body) - 1}/{len(self.body)}")
        self.send_header("ETag", '"one"')
        self.send_header("Content-Length", str(len(self.body) - first))
        self.end_headers()
        part = len(self.body) // PARTS + 1
        try:
            for at in range(first, len(self.body), part):
                self.wfile.write(self.body[at:at + part])
                time.sleep(0.01)
        except OSError:
            self.close_connection = True  # the reader was killed

    def log_message(self, *_):
        pass


THINGS = "rope wood soap string paper bread cloth glass tin salt wax coal wool hay nails paint flour oil twine chalk leather clay reeds lamps".split()


def small_system(folder):
    """Two values in few and short texts."""
    def lines(name, rows):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def split(number, learn):
        return "learn" if number < learn else "heldout"

    card = ["schema: axia.value-system", "version: 1", "name: small", "title: Two values", "licence: Apache-2.0", "source: a test", "values:"]
    for value, other, own, against in (("thrift", "play", "saved", "threw"), ("play", "thrift", "juggled", "stacked")):
        card += [f"  - {{id: {value}, name: {value}, definition: Much {value}., prompt: Choose {value}., opposite_prompt: Shun {value}.}}"]
        lines(f"pairs/{value}.jsonl", [
            {"id": f"{value}-{i}", "value": value, "other": other, "scene": f"Say what you did with the {thing}.", "split": split(i, 20),
             "positive": f"I {own} the {thing}.", "negative": f"I {against} the {thing}."} for i, thing in enumerate(THINGS + ["tea", "rice"])])
        lines(f"dilemmas/{value}.jsonl", [
            {"id": f"{value}-d{i}", "value": value, "other": other, "split": split(i, 6), "situation": f"There is {thing} left.",
             "toward": f"Should it be {own}?", "away": f"Should it not be {own}?", "options": {"toward": "Yes", "away": "No"}}
            for i, thing in enumerate(THINGS[:9])])
    (folder / "small.yaml").write_text("\n".join(card) + "\n", encoding="utf-8")
    lines("neutral_prompts.jsonl", [{"id": f"np-{i}", "split": split(i, 16), "kind": "fact", "text": f"Where is {thing} from?"}
                                    for i, thing in enumerate(THINGS)])
    lines("neutral_texts.jsonl", [{"id": f"nt-{i}", "prompt": f"What of {thing}?", "text": f"There is {thing} in the shed."}
                                  for i, thing in enumerate(THINGS[:8])])
    lines("controls.jsonl", [{"id": f"c-{i}", "question": question, "answer": answer, "pair": f"c{i // 2}"} for i, (question, answer) in
                             enumerate((("Is ice cold?", "yes"), ("Is ice hot?", "no"), ("Is soot black?", "yes"), ("Is soot white?", "no")))])


class Place:
    """A scratch folder with its own store and cache."""

    def __init__(self, folder, port, like=None):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        if like:
            shutil.copytree(like, folder)
        else:
            (folder / "data").mkdir(parents=True)
        self.environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8", "AXIA_SHARE": str(SOURCE), "AXIA_THREADS": "1",
            "AXIA_WEIGHTS": "file", "AXIA_DATA": str(folder / "data"), "AXIA_CACHE": str(folder / "cache"),
            "AXIA_HF_ENDPOINT": f"http://127.0.0.1:{port}"}

    def start(self, words):
        with open(self.folder / "stdout", "wb") as out, open(self.folder / "stderr", "wb") as err:
            return subprocess.Popen([AXIA, *words], cwd=self.folder, env=self.environment, stdout=out, stderr=err,
                                    stdin=subprocess.DEVNULL)

    def text(self, name):
        return (self.folder / name).read_text(encoding="utf-8")

    def run(self, words):
        code = self.start(words).wait()
        assert code == 0, f"{' '.join(words)}: exit {code}\n{self.text('stderr')}"

    def check(self):
        """Whatever has its final name is whole."""
        for path in self.folder.rglob("*.json"):
            json.loads(path.read_text(encoding="utf-8"))
        for path in self.folder.rglob("*.gguf"):
            if path.parent.name == "models":
                assert path.read_bytes() == OneFile.body, f"{path} is not the model"
            elif path.parent.name == "states":
                assert path.read_bytes()[:4] == b"GGUF", path
            else:
                shown = subprocess.run([AXIA, "vectors", "show", str(path), "--json"], env=self.environment, capture_output=True)
                assert shown.returncode == 0, shown.stderr.decode()


def result_of(place, output):
    """What a finished command leaves: bytes of its file, or stdout but for the time it took."""
    if output:
        return (place.folder / output).read_bytes()
    return re.sub(r'"seconds": [^,\n]*', "", place.text("stdout"))


def interrupt_when_ready(process, pause):
    """Ctrl-C once the program listens for it."""
    while process.poll() is None:
        caught = re.search(r"SigCgt:\s*([0-9a-f]+)", pathlib.Path(f"/proc/{process.pid}/status").read_text())
        if caught and int(caught[1], 16) & 1 << (signal.SIGINT - 1):
            break
        time.sleep(0.001)
    time.sleep(pause)
    process.send_signal(signal.SIGINT)


def wounded(fresh, words, output, wanted, seconds, rng):
    """Kills again and again, then lets it finish; anew when it was faster than the kill. -> kills that hit"""
    hits, place = 0, fresh()
    for kill in range(KILLS):
        process = place.start(words)
        pause = rng.uniform(0, 0.95 * seconds)
        if kill % 3 == 2:
            interrupt_when_ready(process, pause)
            code = process.wait()
            told = place.text("stderr")
            if code != 0:
                assert code == 130 and "stopped on request" in told and told.count("\n") == 1, f"exit {code}: {told}"
        else:
            try:
                code = process.wait(pause)
                assert code == 0, place.text("stderr")
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
        place.check()
        if code == 0:
            assert result_of(place, output) == wanted, f"{words[0]}: killed {hits} times, the result differs"
            place = fresh()
        else:
            hits += 1
    place.run(words)
    assert result_of(place, output) == wanted, f"{words[0]}: killed {hits} times, the result differs"
    return hits


def main():
    rng = random.Random(SEED)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), OneFile)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="axia-kill-") as scratch:
        scratch = pathlib.Path(scratch)
        small_system(scratch / "small")
        common = ["--quiet", "-m", str(MODEL), "--values", str(scratch / "small")]
        commands = {  # words, the file they write
            "pull": (["pull", "hf:someone/some:model.gguf", "--quiet"], "data/models/someone--some--model.gguf"),
            "learn": (["learn", "thrift", *common, "-o", "thrift.gguf"], "thrift.gguf"),
            "tune": (["tune", "thrift", *common, "--tokens", "3000", "-o", "plan.json"], "plan.json"),
            "effect": (["effect", "plan.json", *common, "--draws", "200", "--json"], None),
            "ask": (["ask", "Should I keep the rope?", "--steer", "thrift=0.9", "--vector", "thrift.gguf", "--max-tokens", "30", "--json", *common], None),
        }
        whole = Place(scratch / "whole", server.server_port)
        for number, name in enumerate(sys.argv[5:]):
            words, output = commands[name]
            before = scratch / f"before-{number}"
            shutil.copytree(whole.folder, before)
            start = time.time()
            whole.run(words)
            seconds = time.time() - start
            wanted = result_of(whole, output)
            assert wanted, name
            fresh = functools.partial(Place, scratch / name, server.server_port, before)
            hits = wounded(fresh, words, output, wanted, seconds, rng)
            shutil.rmtree(whole.folder / "data" / "models", ignore_errors=True)  # the others take MODEL where it is
            print(f"{name}: {seconds:.1f} s whole, killed {hits} times, the same in the end", flush=True)


main()
