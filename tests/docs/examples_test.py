#!/usr/bin/env python3
"""Runs one of examples/: examples_test.py own_value|compare_arms|library AXIA [PROGRAM]. Exit 77 without a model."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def run(command, folder, axia, **more):
    environment = {"PATH": os.environ["PATH"], "HOME": folder, "LANG": "C.UTF-8", "AXIA": axia, "AXIA_SHARE": str(ROOT),
                   "AXIA_DATA": folder + "/data", "AXIA_CACHE": folder + "/cache", "AXIA_WEIGHTS": "file", **more}
    done = subprocess.run([str(word) for word in command], cwd=folder, env=environment, capture_output=True, text=True)
    print(done.stdout + done.stderr)
    if done.returncode:
        sys.exit(f"exit {done.returncode}")
    return done.stdout


def expect(text, *patterns):
    for pattern in patterns:
        if not re.search(pattern, text, re.M):
            sys.exit(f"nothing in the output matches {pattern}")


def main():
    name, axia, *program = sys.argv[1:]
    axia = str(pathlib.Path(axia).resolve())
    model = os.environ.get("AXIA_TEST_MODEL_FILE")
    if not model:
        print("AXIA_TEST_MODEL_FILE is not set")
        return 77
    with tempfile.TemporaryDirectory(prefix="axia-example-") as folder:
        if name == "own_value":
            out = run([EXAMPLES / "own_value/run.sh", model], folder, axia)
            expect(out, r"^thrift +24 +16 +8 .* 0 ", r"^thrift  16 pairs learnt, 8 held out", r"^unsteered$", r"^steered$")
        elif name == "compare_arms":
            out = run([EXAMPLES / "compare_arms.sh", "security", model, "plan.json"], folder, axia, TOKENS="12000")
            for arm in ("unsteered", "plan", "prompt", "prompt\\+plan", "opposite", "caa", "conva"):
                expect(out, rf"^{arm} +")
        else:
            run([axia, "learn", "thrift", "-m", model, "--pairs", EXAMPLES / "own_value/pairs.jsonl", "-o", "thrift.gguf"],
                folder, axia)
            out = run([pathlib.Path(program[0]).resolve(), model, "thrift.gguf"], folder, axia)
            expect(out, r"^layer +\d+  p 0\.\d+ -> (0\.99|1\.)", r"^token +log p +shift$", r"[+-]\d\.\d{3}$")
            done = subprocess.run([program[0], model, model], capture_output=True, text=True)
            if done.returncode != 2 or "is not a value vector" not in done.stderr:
                sys.exit(f"a model as vector: exit {done.returncode}, {done.stderr}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
