#!/usr/bin/env python3
"""Learns, tunes and measures every value of the Schwartz system on a real model and holds the results
against what axia promises. Slow: run by `./run test --all`. Writes its table to --out when given.

usage: ten_values.py AXIA MODEL [--threads N] [--tokens N] [--out FILE.json] [--report-only]
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("axia")
parser.add_argument("model")
parser.add_argument("--threads", default="0")
parser.add_argument("--tokens", default="60000")
parser.add_argument("--out")
parser.add_argument("--values", nargs="*")
parser.add_argument("--report-only", action="store_true", help="print, do not judge")
args = parser.parse_args()

VALUES = args.values or ["self-direction", "stimulation", "hedonism", "achievement", "power", "security",
                         "conformity", "tradition", "benevolence", "universalism"]


def axia(*words):
    command = [args.axia, *words, "-m", args.model, "--threads", args.threads, "--quiet", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)


def main():
    start = time.time()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["AXIA_DATA"] = os.path.join(scratch, "data")
        axia("learn", "all")
        rows = []
        for value in VALUES:
            tuned = axia("tune", value, "--tokens", args.tokens)
            effect = axia("effect", value)
            arms = {arm["arm"]: arm for arm in effect["arms"]}
            chosen = next(c for c in tuned["candidates"] if c["chosen"])
            rows.append({"value": value, "plan": chosen["id"], "bag_of_words": effect["bag_of_words"],
                         "tokens": tuned["tokens"], "caa": effect["caa"], "arms": arms})
            print(f"{value:15s} plan {arms['plan']['effect']:+.3f} [{arms['plan']['ci'][0]:+.3f}, "
                  f"{arms['plan']['ci'][1]:+.3f}] cost {arms['plan']['cost_nll']:.3f} cross {arms['plan']['cross']:+.3f} | "
                  f"caa {arms['caa']['effect']:+.3f} cost {arms['caa']['cost_nll']:.3f} cross {arms['caa']['cross']:+.3f} | "
                  f"conva {arms['conva']['effect']:+.3f} | prompt {arms['prompt']['effect']:+.3f} "
                  f"prompt+plan {arms['prompt+plan']['effect']:+.3f} | {chosen['id']}", flush=True)
    above = sum(r["arms"]["plan"]["ci"][0] > 0 for r in rows)
    ratios = [r["arms"]["plan"]["effect"] / r["arms"]["caa"]["effect"] for r in rows if r["arms"]["caa"]["effect"] > 0]
    cross_plan = statistics.mean(abs(r["arms"]["plan"]["cross"]) for r in rows)
    cross_caa = statistics.mean(abs(r["arms"]["caa"]["cross"]) for r in rows)
    both = sum(r["arms"]["prompt+plan"]["effect"] > r["arms"]["prompt"]["effect"] for r in rows)
    ratio = statistics.median(ratios) if ratios else float("nan")
    summary = {"interval_above_0": above, "median_ratio_to_caa": ratio, "mean_abs_cross_plan": cross_plan,
               "mean_abs_cross_caa": cross_caa, "prompt_plan_above_prompt": both, "values": len(rows),
               "seconds": round(time.time() - start)}
    print(json.dumps(summary))
    if args.out:
        with open(args.out, "w", encoding="utf-8") as out:
            json.dump({"summary": summary, "rows": rows}, out, indent=1)
    if args.report_only:
        return
    failures = []
    if above < 6:
        failures.append(f"the interval is above 0 for {above} values, 6 are promised")
    if not ratio >= 1.0:
        failures.append(f"the median ratio to CAA is {ratio:.2f}, 1.0 is promised")
    if both < 7:
        failures.append(f"prompt+plan is above prompt for {both} values, 7 are promised")
    if cross_plan > cross_caa:
        failures.append(f"mean |cross| {cross_plan:.3f} is above CAA's {cross_caa:.3f}")
    for failure in failures:
        print("FAILED:", failure)
    sys.exit(1 if failures else 0)


main()
