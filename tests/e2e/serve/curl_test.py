#!/usr/bin/env python3
"""The curl commands of the documentation, run as they are printed against a real `axia serve`: curl_test.py AXIA MODEL."""
import json
import math
import re
import subprocess
import sys

from serving import ROOT, Failed, Serving, expect

PRINTED = "http://127.0.0.1:8080"
PLAN = {"schema": "axia.plan", "version": 1, "name": "security", "context": "chat", "direction": "probe", "amount": "row",
        "rows": "onward", "layers": [14, 15, 16], "values": [{"value": "security", "rule": "at_least", "p0": .99}],
        "gate": "always"}


def printed(page):
    """The commands of a page, in order: from a line that starts with curl to the next one, or to the block's end."""
    commands = []
    for block in re.findall(r"(?:^ {4}.*\n)+", (ROOT / page).read_text(encoding="utf-8"), re.M):
        lines = [line[4:] for line in block.splitlines()]
        if not lines[0].startswith("curl "):
            continue
        for line in lines:
            if line.startswith("curl "):
                commands.append(line)
            else:
                commands[-1] += "\n" + line
    return commands


def run(server, command):
    """(status, headers, body) of what the command printed; only the port is another than the page's."""
    expect(command.count(PRINTED) == 1, f"{command} does not ask {PRINTED}")
    (server.folder / ".curlrc").write_text("silent\nshow-error\ninclude\nmax-time = 120\n")
    done = subprocess.run(["sh", "-c", command.replace(PRINTED, server.url.rstrip("/"))], env=server.environment,
                          cwd=server.folder, capture_output=True, text=True)
    expect(done.returncode == 0 and not done.stderr, f"{command}\nexit {done.returncode}: {done.stderr}")
    head, _, body = done.stdout.partition("\n\n")
    first, *rest = head.splitlines()
    return int(first.split()[1]), dict(line.lower().split(": ", 1) for line in rest), body


def choices(headers, body):
    reply = json.loads(body)
    expect(all(choice["message"]["content"] and choice["finish_reason"] for choice in reply["choices"]), body)
    return reply["choices"]


def steered(headers, body):
    only, = choices(headers, body)
    expect(only["axia"]["steered"] and headers["x-axia-plan"] == only["axia"]["plan"], body)


def streamed(headers, body):
    expect(headers["content-type"].startswith("text/event-stream"), str(headers))
    events = [line[6:] for line in body.splitlines() if line.startswith("data: ")]
    expect(events[-1] == "[DONE]", body)
    events = [json.loads(event) for event in events[:-1]]
    expect("".join(part["delta"].get("content", "") for event in events for part in event["choices"]), body)
    expect(events[-1]["usage"]["completion_tokens"] > 0, body)


def compared(headers, body):
    arms = [choice["axia"] for choice in choices(headers, body)]
    expect([arm["arm"] for arm in arms] == ["unsteered", "prompt", "steered"], body)
    expect([arm["steered"] for arm in arms] == [False, False, True] and {arm["seed"] for arm in arms} == {7}, body)


def traced(headers, body):
    only, = choices(headers, body)
    trace = only["axia"]["trace"]
    expect(trace["values"] == ["security"] and trace["tokens"], body)
    for token in trace["tokens"]:
        after = token["p_after"][0]
        expect(len(after) == len(trace["layers"]) and all(p > .95 - 1e-4 for p in after), str(token))


def planned(headers, body):
    only, = choices(headers, body)
    gate = only["axia"]["gate"]
    expect(gate["open"] == only["axia"]["steered"] == (headers["x-axia-plan"] != "none"), body)


def shaped(headers, body):
    only, = choices(headers, body)
    answer = json.loads(only["message"]["content"])
    expect(answer["verdict"] in ("yes", "no") and isinstance(answer["sure"], bool), body)


def continued(headers, body):
    only, = json.loads(body)["choices"]
    expect(only["text"] and only["axia"]["steered"], body)


def echoed(headers, body):
    only, = json.loads(body)["choices"]
    scores = only["logprobs"]["token_logprobs"]
    expect(only["text"] == "A good neighbour locks the door." and scores[0] is None, body)
    expect(len(scores) > 4 and all(score < 0 for score in scores[1:]), body)


def tokens(headers, body):
    reply = json.loads(body)
    expect(reply["count"] == len(reply["tokens"]) > 2, body)


def back(headers, body):
    expect(isinstance(json.loads(body)["prompt"], str), body)


def embedded(headers, body):
    vectors = [entry["embedding"] for entry in json.loads(body)["data"]]
    expect(len(vectors) == 2 and all(abs(math.hypot(*vector) - 1) < 1e-4 for vector in vectors), body[:300])


def models(headers, body):
    expect(len(json.loads(body)["data"]) == 1, body)


def values(headers, body):
    learnt = {value["name"] for value in json.loads(body)["values"] if value["learnt"]}
    expect(learnt == {"security", "power"}, body)


def metrics(headers, body):
    expect(float(re.search(r"^axia_answer_tokens_total (\S+)$", body, re.M)[1]) > 0, body)


def misspelt(headers, body):
    error = json.loads(body)["error"]
    expect(error["param"] == "axia.steer" and "did you mean security?" in error["message"], body)


# (what the command holds, the status it gets, what is asked of its reply); the first that fits
CASES = [
    ("securty", 400, misspelt), ('"stream": true', 200, streamed), ('"compare"', 200, compared), ('"trace"', 200, traced),
    ('"plan": "security"', 200, planned), ("json_schema", 200, shaped), ('"echo"', 200, echoed),
    ("/v1/completions", 200, continued), ("/v1/chat/completions", 200, steered), ("/tokenize", 200, tokens),
    ("/detokenize", 200, back), ("/v1/embeddings", 200, embedded), ("/v1/models", 200, models),
    ("/axia/values", 200, values), ("/metrics", 200, metrics),
]


def main():
    axia, model = sys.argv[1:]
    with Serving(axia, model) as server:
        try:
            server.learn("security", "power")
            plans = server.folder / "data/plans" / server.get("/axia/model")[2]["hash"][:12]
            plans.mkdir(parents=True, exist_ok=True)
            (plans / "security.json").write_text(json.dumps({**PLAN, "model_sha256": server.get("/axia/model")[2]["hash"]}))
            left = {case[0] for case in CASES}
            for page in ("docs/server.md", "docs/commands/serve.md"):
                for command in printed(page):
                    holds, wanted, check = next((case for case in CASES if case[0] in command), (None,) * 3)
                    expect(holds, f"{page}: nothing is asked of the reply to\n{command}")
                    status, headers, body = run(server, command)
                    expect(status == wanted, f"{page}: {command}\n{status}: {body}")
                    try:
                        check(headers, body)
                    except (Failed, KeyError, TypeError, ValueError) as failed:
                        raise Failed(f"{page}: {command}\n{failed!r}\nof {body[:2000]}") from failed
                    left.discard(holds)
            expect(not left, f"no page prints a command for {sorted(left)}")
        except Failed as failed:
            sys.exit(f"{failed}\n--- the server said\n{server.talk()[-2000:]}")
        expect(server.stop() == 0, "SIGTERM did not end it with 0")


if __name__ == "__main__":
    main()
