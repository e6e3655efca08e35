#!/usr/bin/env python3
"""The program measuring, on a real model and over real HTTP: killed at random points and run again it leaves the same
bytes; two processes do not share a run; an endpoint and people give the same kind of result. measure_test.py AXIA MODEL SEED"""
import csv
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

AXIA, MODEL, SEED = sys.argv[1], sys.argv[2], int(sys.argv[3])
HERE = os.path.dirname(os.path.abspath(__file__))
SERVER = os.path.join(HERE, "..", "..", "support", "openai_server.py")
RESULTS = ["answers.jsonl", "measures.json", "measures.md", "measures.csv"]
ASK = ["measure", "--battery", "schwartz-dilemmas", "--prompts", "2", "--draws", "200", "-m", MODEL,
       "--threads", "1", "--weights", "file", "--quiet", "--json"]
LIMIT = ["--limit", "24"]


def axia(*words, ok=0):
    done = subprocess.run([AXIA, *words], capture_output=True, text=True)
    assert done.returncode == ok, f"{' '.join(words)}: exit {done.returncode}\n{done.stderr}"
    return done


def bytes_of(run):
    return {name: open(os.path.join(run, name), "rb").read() for name in RESULTS}


def killed_runs(folder):
    whole = os.path.join(folder, "whole")
    start = time.time()
    axia(*ASK, *LIMIT, "--run", whole)
    seconds = time.time() - start
    rng = random.Random(SEED)
    for number in range(2):
        run = os.path.join(folder, f"cut-{number}")
        kills = 0
        while True:
            process = subprocess.Popen([AXIA, *ASK, *LIMIT, "--run", run], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                assert process.wait(rng.uniform(0, seconds)) == 0
                break
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                kills += 1
            assert not os.path.exists(os.path.join(run, "run.json")), "a killed run calls itself finished"
            for name in RESULTS:  # there whole, or not at all
                if os.path.exists(os.path.join(run, name)) and name.endswith(".json"):
                    json.load(open(os.path.join(run, name)))
            if kills >= 5:
                axia(*ASK, *LIMIT, "--run", run)
                break
        assert bytes_of(run) == bytes_of(whole), f"killed {kills} times, the results of {run} differ"
        again = json.loads(axia("runs", "show", run, "--json").stdout)
        assert again["finished"], again
    asked = json.load(open(os.path.join(whole, "run.json")))
    least, decoded = asked["rows"]["least"], asked["rows"]["decoded"]
    assert decoded <= 1.05 * least, f"{decoded} rows decoded, {least} are enough"
    lines = [json.loads(line) for line in open(os.path.join(whole, "answers.jsonl"))]
    assert len(lines) == 24 * 2 * 2, len(lines)
    axia(*ASK, *LIMIT, "--run", whole)
    remembered = json.load(open(os.path.join(whole, "run.json")))["answers"]
    assert remembered["asked"] == 0 and remembered["remembered"] == len(lines), remembered
    axia(*ASK, *LIMIT, "--seed", "9", "--run", whole, ok=2)  # other settings do not mix into a run


def two_processes(folder):
    run = os.path.join(folder, "held")
    first = subprocess.Popen([AXIA, *ASK, "--limit", "60", "--run", run], stdout=subprocess.DEVNULL)
    while not os.path.exists(os.path.join(run, "journal.sqlite")):
        assert first.poll() is None
        time.sleep(0.01)
    second = subprocess.run([AXIA, *ASK, "--limit", "60", "--run", run], capture_output=True, text=True)
    assert second.returncode != 0 and str(first.pid) in second.stderr and second.stderr.count("\n") == 1, second.stderr
    first.send_signal(signal.SIGINT)
    assert first.wait() in (130, 0)


def endpoint(folder):
    server = subprocess.Popen([sys.executable, SERVER, "--fault", "status", "--status", "500", "--times", "1"],
                              stdout=subprocess.PIPE, text=True)
    try:
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        run = os.path.join(folder, "endpoint")
        result = json.loads(axia("measure", "--battery", "schwartz-dilemmas", "--limit", "2", "--prompts", "5", "--endpoint", url,
                                 "--api-model", "planted", "--steer", "security", "--run", run, "--quiet", "--json").stdout)
        assert [arm["arm"]["name"] if isinstance(arm["arm"], dict) else arm["arm"] for arm in result["arms"]] == \
            ["unsteered", "prompt:security"], result["arms"]
        assert set(result["how"]) <= {"logprob", "samples"} and sum(result["how"].values()) > 0, result["how"]
        log = json.load(open(os.path.join(run, "run.json")))
        assert log["endpoint"]["model"] == "planted"
        refused = axia("measure", "--battery", "schwartz-dilemmas", "--endpoint", url, "--api-model", "planted", "--steer",
                       "security=0.9", ok=2)
        assert "endpoint" in refused.stderr
    finally:
        server.kill()


def people(folder):
    items = [f"{value}-{number}" for value in ("care", "ease") for number in range(3)]
    battery = os.path.join(folder, "mine")
    os.makedirs(battery)
    with open(os.path.join(battery, "battery.yaml"), "w") as card:
        card.write("schema: axia.battery\nversion: 1\nname: mine\ntitle: Mine\nlicence: Apache-2.0\nscoring: mean\n"
                   "values: [care, ease]\nscale:\n  - {text: Never, score: 1}\n  - {text: Often, score: 2}\n  - {text: Always, score: 3}\n")
    with open(os.path.join(battery, "items.jsonl"), "w") as out:
        for item in items:
            out.write(json.dumps({"id": item, "kind": "rating", "text": f"Statement {item}.", "value": item.split("-")[0]}) + "\n")
    answers = os.path.join(folder, "people.csv")
    with open(answers, "w", newline="") as out:
        table = csv.writer(out)
        table.writerow(["respondent", "item", "answer"])
        for person in range(5):
            for item in items:
                table.writerow([f"p{person}", item, "Always" if item.startswith("care") else 1 + (person % 2)])
    result = json.loads(axia("measure", "--battery", battery, "--people", answers, "--run", os.path.join(folder, "asked"), "--json").stdout)
    scores = {value["value"]: value["score"]["value"] for value in result["arms"][0]["values"]}
    assert abs(scores["care"] - 3) < 1e-9 and abs(scores["ease"] - 1.4) < 1e-9, scores


def main():
    with tempfile.TemporaryDirectory() as folder:
        people(folder)
        endpoint(folder)
        two_processes(folder)
        killed_runs(folder)
    print("measured, killed, asked over HTTP and by people: as planned")


main()
