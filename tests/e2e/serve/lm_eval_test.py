#!/usr/bin/env python3
"""lm-evaluation-harness scores tasks through a real `axia serve`: lm_eval_test.py AXIA MODEL."""
import json
import os
import pathlib
import subprocess
import sys

from serving import Failed, Serving, expect

HERE = pathlib.Path(__file__).resolve().parent / "lm_eval"
ITEMS = [json.loads(line) for line in (HERE / "items.jsonl").read_text(encoding="utf-8").splitlines()]


def harness(server, task, axia=None, limit=None):
    """(result, samples) of one task, run as a person would run it."""
    folder = server.folder / f"{task}-{len(list(server.folder.iterdir()))}"
    folder.mkdir()
    for source in HERE.glob("*.yaml"):
        text = source.read_text(encoding="utf-8").replace("FOLDER", str(HERE)).replace("AXIA", json.dumps(axia))
        (folder / source.name).write_text("".join(line for line in text.splitlines(True) if "axia: null" not in line),
                                          encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "lm_eval", "run", "--model", "local-completions", "--model_args",
         f"model=smollm2,base_url={server.url}/v1/completions,num_concurrent=2,max_retries=1", "--include_path", folder,
         "--tasks", task, "--output_path", folder / "out", "--log_samples", *(["--limit", str(limit)] if limit else [])],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(server.folder / "hf"), "OPENAI_API_KEY": "none"},
        cwd=folder, capture_output=True, text=True)
    expect(done.returncode == 0, f"lm_eval {task}: exit {done.returncode}\n{done.stderr[-3000:]}")
    expect("remote tokenizer" in done.stderr.lower() + done.stdout.lower(), "it found no tokenizer at the server")
    result = json.loads(next((folder / "out").rglob("results_*.json")).read_text(encoding="utf-8"))
    lines = next((folder / "out").rglob("samples_*.jsonl")).read_text(encoding="utf-8").splitlines()
    samples = sorted(map(json.loads, lines), key=lambda sample: sample["doc_id"])
    return result["results"][task], samples


def tokens(server, text):
    return server.post("/tokenize", {"prompt": text, "add_special_tokens": False})[2]["tokens"]


def complete(server, **body):
    status, _, reply = server.post("/v1/completions", body)
    expect(status == 200, f"{body}: {reply}")
    return reply["choices"][0]


def by_hand(server, question, choice):
    """(log-likelihood, greedy) of " choice" after the question, by decoding: each token among the 20 likeliest after
    those before it, or the echoed score where it is not among them."""
    before, whole = tokens(server, question), tokens(server, f"{question} {choice}")
    expect(whole[:len(before)] == before, f"{question!r} ends otherwise before {choice!r}")
    score, drawn = 0.0, 0
    for end in range(len(before), len(whole)):
        word = server.post("/detokenize", {"tokens": [whole[end]]})[2]["prompt"]
        top = complete(server, prompt=whole[:end], max_tokens=1, temperature=0, logprobs=20)["logprobs"]["top_logprobs"][0]
        if word in top:
            drawn += 1
        echoed = complete(server, prompt=whole[:end + 1], max_tokens=0, echo=True, logprobs=1)["logprobs"]["token_logprobs"]
        score += top.get(word, echoed[-1])
    answer = complete(server, prompt=before, max_tokens=len(whole) - len(before), temperature=0)["text"]
    return score, answer == f" {choice}", drawn


def multiple_choice(server):
    result, samples = harness(server, "axia_everyday")
    expect(len(samples) == len(ITEMS), f"{len(samples)} of {len(ITEMS)} items were scored")
    right, drawn, furthest = 0, 0, 0.0
    for item, sample in zip(ITEMS, samples):
        scores = []
        for choice, ((told, greedy),) in zip(item["choices"], sample["resps"]):
            score, drawn_whole, seen = by_hand(server, item["question"], choice)
            drawn, furthest = drawn + seen, max(furthest, abs(score - float(told)))
            expect(str(greedy) == str(drawn_whole), f"{item['question']} {choice}: greedy {greedy}, drawn {drawn_whole}")
            scores.append(score)
        right += max(range(len(scores)), key=scores.__getitem__) == item["answer"]
    expect(furthest < .15, f"a log-likelihood is {furthest:.3f} from that of decoding")
    expect(drawn >= len(ITEMS), f"only {drawn} tokens were among the likeliest; the comparison says too little")
    expect(abs(result["acc,none"] - right / len(ITEMS)) < 1e-9, f"accuracy {result['acc,none']}, by hand {right}/{len(ITEMS)}")
    expect(right >= 8, f"the model knows only {right} of {len(ITEMS)}")
    print(f"accuracy {right}/{len(ITEMS)}; log-likelihoods within {furthest:.4f} of decoding, {drawn} tokens by decoding")


def written(server):
    server.learn("security")
    answers = {}
    for name, axia in (("bare", None), ("steered", {"steer": {"security": .999999}})):
        answers[name] = [sample["resps"][0][0] for sample in harness(server, "axia_advice", axia, limit=4)[1]]
        more = {} if axia is None else {"axia": axia}
        plain = [complete(server, prompt=item["question"], max_tokens=8, temperature=0, stop=["\n"], **more)["text"]
                 for item in ITEMS[:4]]
        same = sum(a == b for a, b in zip(answers[name], plain))
        expect(same >= 3, f"{name}: {answers[name]}, asked plainly {plain}")
    expect(answers["bare"] != answers["steered"], f"values in generation_kwargs changed nothing: {answers}")


def main():
    axia, model = sys.argv[1:]
    with Serving(axia, model, "--parallel", 4) as server:
        try:
            for part in (multiple_choice, written):
                part(server)
        except Failed as failed:
            sys.exit(f"{part.__name__}: {failed}\n--- the server said\n{server.talk()[-2000:]}")
        expect(server.stop() == 0, "SIGTERM did not end it with 0")


if __name__ == "__main__":
    main()
