#!/usr/bin/env python3
"""`axia measure --endpoint` asks a real `axia serve`: letters are scored by its log-probabilities and agree with the
local subject's scores, texts whose likelihoods are compared are echoed, own words are drawn and counted as such.
endpoint_test.py AXIA MODEL"""
import collections
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "serve"))
from serving import ROOT, Failed, Serving, expect  # noqa: E402

# The same weights on both sides: those that suit a server are not those that suit a measurement on every machine.
WEIGHTS = ["--weights", "q8_0"]
# Of a probability: the server counts " A" and "A." as "A", and sums of a quantised model move with the batch (see TEXTS).
LETTERS = 0.08
# Nats per token. A quantised model's sums move with what else is in the batch, by up to .05 a token: one item at a time.
TEXTS = 0.005
PAIRS = ["--battery", str(ROOT / "examples" / "action-pairs" / "en.jsonl"), "--draws", "100"]


def lines(serving, name):
    with open(serving.folder / name / "answers.jsonl", encoding="utf-8") as file:
        return {(one["item"], one["wording"], one["order"]): one for one in map(json.loads, file)}


def measured(serving, name, *words):
    """The same questions of the endpoint and of the local model: run.json of the first, answers of both."""
    endpoint = ["--endpoint", serving.url + "/v1", "--api-model", "smollm2", "--samples", "2", "--concurrency", "4"]
    for run, more in ((name, endpoint), (f"{name}-local", ["--score", "token"])):
        serving.run("measure", *words, *more, *WEIGHTS, "--run", run, "--json", "--quiet")
    run = json.loads((serving.folder / name / "run.json").read_text(encoding="utf-8"))
    return run["endpoint"], lines(serving, name), lines(serving, f"{name}-local")


def letters(serving):
    words = ["--battery", "schwartz-dilemmas", "--limit", "3", "--wordings", "letters", "--prompts", "1", "--draws", "100"]
    asked, far, near = measured(serving, "letters", *words)
    expect(len(far) == 6 and far.keys() == near.keys(), f"asked {sorted(far)} and {sorted(near)}")
    expect((asked["by_logprob"], asked["by_samples"], asked["implausible"]) == (6, 0, 0), f"scored so: {asked}")
    for key, one in far.items():
        expect(one["how"] == "logprob", f"{key} is {one}")
        away = max(abs(a - b) for a, b in zip(one["p"], near[key]["p"]))
        expect(away <= LETTERS, f"{key}: {one['p']} over HTTP, {near[key]['p']} here")
    return max(max(abs(a - b) for a, b in zip(far[key]["p"], near[key]["p"])) for key in far)


def likelihoods(serving):
    asked, far, near = measured(serving, "pairs", *PAIRS, "--limit", "1")
    expect(len(far) == 1 and far.keys() == near.keys(), f"asked {sorted(far)} and {sorted(near)}")
    expect((asked["by_logprob"], asked["by_samples"]) == (1, 0), f"scored so: {asked}")
    worst = 0
    for key, one in far.items():
        for a, b in zip(one["options"], near[key]["options"]):
            expect((a["tokens"], a["bytes"]) == (b["tokens"], b["bytes"]), f"{key}: {a} over HTTP, {b} here")
            worst = max(worst, abs(a["sum"] - b["sum"]) / a["tokens"])
    expect(worst <= TEXTS, f"log-probabilities of texts are {worst} nats per token apart")
    return worst


def own_words(serving):
    words = ["--battery", "yes-no-controls", "--limit", "3", "--wordings", "texts", "--prompts", "1", "--draws", "100"]
    endpoint = ["--endpoint", serving.url, "--api-model", "smollm2", "--samples", "4"]
    said = serving.run("measure", *words, *endpoint, "--run", "words")
    run = json.loads((serving.folder / "words" / "run.json").read_text(encoding="utf-8"))
    drawn = lines(serving, "words").values()
    how = collections.Counter(one["how"] for one in drawn)
    expect(how == {"samples": 6}, f"answers by {how}")
    expect(run["endpoint"]["by_samples"] == 6 and run["endpoint"]["by_logprob"] == 0, f"run.json says {run['endpoint']}")
    answered = sum("reason" not in one for one in drawn)
    expect(answered > 0, f"no answer names an option: {list(drawn)}")
    for one in drawn:  # of four drawn answers
        expect("reason" in one or float(4 * one["invalid"]).is_integer(), f"no share of four: {one}")
    expect(f"{answered} of {answered} answers are shares of drawn ones" in said, f"it only says:\n{said}")
    for name in ("measures.md", "report.html"):
        text = (serving.folder / "words" / name).read_text(encoding="utf-8")
        expect("samples" in text, f"{name} does not say that answers were drawn")


def main():
    axia, model = sys.argv[1:3]
    with Serving(axia, model, "--parallel", "2", *WEIGHTS) as serving:
        apart = letters(serving), likelihoods(serving)
        own_words(serving)
    print(f"letters within {apart[0]:.4f} of the local probabilities, texts within {apart[1]:.4f} nats per token")


try:
    main()
except Failed as failure:
    sys.exit(f"endpoint_test: {failure}")
