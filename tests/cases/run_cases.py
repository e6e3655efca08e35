#!/usr/bin/env python3
"""Runs behaviour cases: run_cases.py --axia PROGRAM [--keep] CASE...

A case is a text file. README.md beside this file says how to write one. Every case has its own
scratch folder as working directory and its own data, cache and settings folders. Exit 77 when
every case was left out because it needs a model and AXIA_TEST_MODEL_FILE is not set.
"""
import argparse
import codecs
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
GROUPS = ("fast", "model", "slow")
HANG_SECONDS = 1380  # a hang, not a speed limit
CHECKS = ("exit", "expect", "stderr", "error", "json", "absent", "present", "content")


class BadCase(Exception):
    pass


class Step:
    """A file to make, or a run with what is expected of it."""

    def __init__(self, kind, text, line):
        self.kind, self.text, self.line = kind, text, line
        self.body = []
        self.checks = []  # (kind, text, body, line)


def parse_case(path):
    """-> (header, steps)"""
    header, steps, lines = {}, [], path.read_text(encoding="utf-8").splitlines()
    i = 0
    while i < len(lines):
        line, number = lines[i], i + 1
        i += 1
        if not line.strip() or line.startswith("#"):
            continue
        match = re.match(r"([a-z]+):(?: (.*))?$", line)
        if not match:
            raise BadCase(f"{path}:{number}: not a `word: text` line: {line}")
        word, text = match.group(1), (match.group(2) or "").strip()
        body = []
        if word in ("file", "expect", "stderr", "content"):
            while i < len(lines) and (lines[i].startswith("  ") or (
                    not lines[i].strip() and i + 1 < len(lines) and lines[i + 1].startswith("  "))):
                body.append(lines[i][2:])
                i += 1
        if word in ("name", "description", "group"):
            header[word] = text
        elif word in ("file", "bytes", "copy", "folder", "run", "repeat"):
            steps.append(Step(word, text, number))
            steps[-1].body = body
        elif word in CHECKS:
            if not steps or steps[-1].kind != "run":
                raise BadCase(f"{path}:{number}: {word}: stands after no run:")
            steps[-1].checks.append((word, text, body, number))
        else:
            raise BadCase(f"{path}:{number}: unknown word {word}:")
    for word in ("name", "description", "group"):
        if not header.get(word):
            raise BadCase(f"{path}:1: {word}: is missing")
    if header["group"] not in GROUPS:
        raise BadCase(f"{path}:1: group: is one of {', '.join(GROUPS)}")
    if not any(step.kind == "run" for step in steps):
        raise BadCase(f"{path}:1: nothing is run")
    return header, steps


def matches(wanted, got):
    """Lines against lines: `~` starts a regex of the whole line, `...` stands for any lines."""
    if not wanted:
        return not got
    if wanted[0] == "...":
        return any(matches(wanted[1:], got[n:]) for n in range(len(got) + 1))
    if not got:
        return False
    first = re.fullmatch(wanted[0][1:], got[0]) if wanted[0].startswith("~") else wanted[0] == got[0]
    return bool(first) and matches(wanted[1:], got[1:])


def look_up(data, path):
    """`arms.0.arm`; `#` at the end counts, `keys` at the end lists an object's keys."""
    for part in path.split(".") if path != "." else []:
        if part == "#":
            data = len(data)
        elif part == "keys" and isinstance(data, dict) and "keys" not in data:
            data = list(data)
        else:
            data = data[int(part)] if isinstance(data, list) else data[part]
    return data


def check_json(text, out):
    """`PATH = JSON`, `PATH > NUMBER`, `PATH < NUMBER`, `PATH ~ REGEX`. None, or what is wrong."""
    match = re.fullmatch(r"(\S+) ([=~<>]) (.*)", text)
    if not match:
        return "is not `path = value`"
    path, sign, wanted = match.groups()
    try:
        got = look_up(json.loads(out), path)
    except ValueError as error:
        return f"stdout is not JSON: {error}"
    except (KeyError, IndexError, TypeError) as error:
        return f"no {path} ({error})"
    if sign == "~":
        good = re.search(wanted, got if isinstance(got, str) else json.dumps(got)) is not None
    elif sign == "=":
        good = got == json.loads(wanted)
    else:
        good = got > float(wanted) if sign == ">" else got < float(wanted)
    return None if good else f"{path} is {json.dumps(got)}"


def indented(text):
    lines = text.splitlines()
    if len(lines) > 60:
        lines[60:] = [f"and {len(lines) - 60} more lines"]
    return "".join(f"      | {line}\n" for line in lines) or "      | (nothing)\n"


class Runner:
    def __init__(self, axia, scratch, model):
        self.axia, self.scratch, self.model = axia, scratch, model
        self.work = scratch / "work"
        home = scratch / "home"
        self.work.mkdir()
        home.mkdir()
        self.environment = {
            "AXIA_THREADS": "1", "PATH": os.environ.get("PATH", ""), "HOME": str(home), "LANG": "C.UTF-8", "AXIA_SHARE": str(ROOT),
            "AXIA_DATA": str(scratch / "data"), "AXIA_CACHE": str(scratch / "cache"), "AXIA_WEIGHTS": "file",
            "XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data"),
            "XDG_CACHE_HOME": str(home / "cache"),
            # nothing here may reach the network
            "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "all_proxy": "http://127.0.0.1:9",
        }
        if "LD_LIBRARY_PATH" in os.environ:
            self.environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]

    def filled(self, text):
        for name, value in (("$MODEL", self.model or ""), ("$SOURCE", str(ROOT)),
                            ("$CONFIG", str(self.scratch / "home" / "config")), ("$DATA", str(self.scratch / "data"))):
            text = text.replace(name, value)
        return text

    def place(self, name):
        path = self.work / self.filled(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def make(self, step):
        if step.kind == "file":
            self.place(step.text).write_text("".join(self.filled(line) + "\n" for line in step.body), encoding="utf-8")
        elif step.kind == "bytes":  # NAME TEXT with Python's escapes
            name, _, text = step.text.partition(" ")
            self.place(name).write_bytes(codecs.escape_decode(text.encode())[0])
        elif step.kind == "repeat":  # NAME COUNT TEXT: TEXT so many times, on one line
            name, count, text = step.text.split(" ", 2)
            self.place(name).write_text(text * int(count) + "\n", encoding="utf-8")
        elif step.kind == "folder":
            self.place(step.text).mkdir()
        else:  # copy: NAME FROM [LINES | N bytes], LINES = 1-20,51-58
            name, source, *part = self.filled(step.text).split()
            data = (self.work / source).read_bytes()
            if len(part) == 1:
                lines, data = data.splitlines(keepends=True), b""
                for span in part[0].split(","):
                    first, last = map(int, span.split("-"))
                    data += b"".join(lines[first - 1:last])
            elif part:
                data = data[:int(part[0])]
            self.place(name).write_bytes(data)

    def run(self, step):
        """-> list of complaints"""
        words = shlex.split(self.filled(step.text))
        environment, stdin, stdout = dict(self.environment), subprocess.DEVNULL, subprocess.PIPE
        while words and re.match(r"[A-Z_]+=", words[0]):
            name, _, value = words.pop(0).partition("=")
            environment[name] = value
        if not words or words.pop(0) != "axia":
            raise BadCase(f"line {step.line}: run: starts with axia")
        opened = []
        while len(words) >= 2 and words[-2] in ("<", ">"):
            target, sign = words.pop(), words.pop()
            path = pathlib.Path(target) if target.startswith("/") else self.work / target
            opened.append(path.open("rb" if sign == "<" else "wb"))
            if sign == "<":
                stdin = opened[-1]
            else:
                stdout = opened[-1]
        try:
            done = subprocess.run([self.axia, *words], cwd=self.work, env=environment, stdin=stdin, stdout=stdout,
                                  stderr=subprocess.PIPE, timeout=HANG_SECONDS)
        except subprocess.TimeoutExpired:
            return [f"line {step.line}: hangs: {step.text}\n"]
        finally:
            for file in opened:
                file.close()
        self.out = (done.stdout or b"").decode("utf-8", errors="backslashreplace")
        self.err = done.stderr.decode("utf-8", errors="backslashreplace")
        problems = [f"line {line}: {what}\n" for line, what in self.judge(step, done.returncode)]
        if problems:
            problems.append(f"    of: {step.text}\n    exit {done.returncode}, stdout\n{indented(self.out)}    stderr\n{indented(self.err)}")
        return problems

    def judge(self, step, code):
        kinds = {check[0] for check in step.checks}
        if "exit" not in kinds:
            wanted = 2 if "error" in kinds else 0
            if code != wanted:
                yield step.line, f"exit {code}, wanted {wanted}"
        if "error" in kinds and self.out and not kinds & {"expect", "json"}:
            yield step.line, "an error, and yet something on stdout"
        for kind, text, body, line in step.checks:
            text = self.filled(text)
            body = [self.filled(wanted) for wanted in body]
            if kind == "exit" and code != int(text):
                yield line, f"exit {code}, wanted {text}"
            elif kind == "expect" and not matches(body, self.out.splitlines()):
                yield line, "stdout differs"
            elif kind == "stderr" and not matches(body, self.err.splitlines()):
                yield line, "stderr differs"
            elif kind == "error":
                if len(self.err.splitlines()) != 1 or not self.err.endswith("\n"):
                    yield line, f"{len(self.err.splitlines())} lines of stderr, wanted one"
                elif not re.search(text, self.err):
                    yield line, f"stderr does not match {text}"
            elif kind == "json":
                wrong = check_json(text, self.out)
                if wrong:
                    yield line, f"json: {text}: {wrong}"
            elif kind == "absent" and list(self.work.glob(text)):
                yield line, f"{text} is there"
            elif kind == "present" and not list(self.work.glob(text)):
                yield line, f"{text} is not there"
            elif kind == "content":
                path = self.work / text
                if not path.is_file():
                    yield line, f"{text} is not there"
                elif not matches(body, path.read_text(encoding="utf-8").splitlines()):
                    yield line, f"{text} holds\n{indented(path.read_text(encoding='utf-8'))}"


def run_case(path, axia, keep):
    """-> "passed", "skipped" or the complaints"""
    header, steps = parse_case(path)
    model = os.environ.get("AXIA_TEST_MODEL_FILE")
    if header["group"] != "fast" and not model:
        return "skipped", []
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="axia-case-"))
    try:
        runner, problems = Runner(axia, scratch, model), []
        for step in steps:
            if step.kind == "run":
                problems += runner.run(step)
                continue
            try:
                runner.make(step)
            except OSError as error:
                problems.append(f"line {step.line}: {error}\n")
        return "failed" if problems else "passed", problems
    finally:
        if keep:
            print(f"  kept {scratch}")
        else:
            shutil.rmtree(scratch, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--axia", required=True, help="the program under test")
    parser.add_argument("--keep", action="store_true", help="leave the scratch folders")
    parser.add_argument("cases", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    axia = str(pathlib.Path(arguments.axia).resolve())
    counts = {"passed": 0, "skipped": 0, "failed": 0}
    for path in arguments.cases:
        try:
            verdict, problems = run_case(path, axia, arguments.keep)
        except BadCase as error:
            verdict, problems = "failed", [f"{error}\n"]
        counts[verdict] += 1
        why = " (AXIA_TEST_MODEL_FILE is not set)" if verdict == "skipped" else ""
        print(f"{verdict} {path.parent.name}/{path.stem}{why}")
        for problem in problems:
            print("  " + problem, end="")
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    if counts["failed"]:
        return 1
    return 77 if not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
