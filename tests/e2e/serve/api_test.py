#!/usr/bin/env python3
"""The API of a real `axia serve` on a real model: api_test.py AXIA MODEL."""
import json
import math
import re
import sys

from serving import ROOT, Failed, Serving, expect

ASKED = [{"role": "user", "content": "My neighbour asks for a key to my house. What should I do?"}]
CHAT = {"messages": ASKED, "max_tokens": 16, "temperature": 0}


def chat(server, axia=None, **more):
    body = {**CHAT, **more}
    if axia is not None:
        body["axia"] = axia
    status, headers, reply = server.post("/v1/chat/completions", body)
    expect(status == 200, f"{body}: {reply}")
    return headers, reply


def text_of(choice):
    return choice["message"]["content"]


def plain_answers(server):
    headers, reply = chat(server)
    expect(headers["X-Axia-Plan"] == "none", "an unsteered answer names a plan")
    choice = reply["choices"][0]
    expect(choice["axia"] == {"arm": "unsteered", "plan": "none", "steered": False, "seed": choice["axia"]["seed"],
                              "rows_shifted": 0}, str(choice["axia"]))
    expect(reply["usage"]["completion_tokens"] == 16 and choice["finish_reason"] == "length", str(reply["usage"]))
    again = chat(server)[1]
    expect(text_of(again["choices"][0]) == text_of(choice), "temperature 0 gave two answers")
    cached = again["usage"]["prompt_tokens_details"]["cached_tokens"]
    expect(cached == again["usage"]["prompt_tokens"] - 1, f"{cached} tokens of a repeated prompt were cached")
    streamed, finish, usage = "", None, None
    for event in server.events("/v1/chat/completions", {**CHAT, "stream": True, "stream_options": {"include_usage": True}}):
        if event == "[DONE]":
            break
        usage = event.get("usage", usage)
        for part in event["choices"]:
            streamed += part["delta"].get("content", "")
            finish = part["finish_reason"] or finish
    expect(streamed == text_of(choice) and finish == "length", f"streamed {streamed!r}")
    expect(usage["completion_tokens"] == 16, str(usage))
    several = chat(server, n=3, temperature=1, seed=5)[1]["choices"]
    expect([c["index"] for c in several] == [0, 1, 2] and len({text_of(c) for c in several}) > 1, "n=3 are all one")
    expect([text_of(c) for c in chat(server, n=3, temperature=1, seed=5)[1]["choices"]] == [text_of(c) for c in several],
           "one seed gave two sets of answers")
    stopped = chat(server, stop=[text_of(choice)[10:14]])[1]["choices"][0]
    expect(text_of(stopped) == text_of(choice)[:text_of(choice).find(text_of(choice)[10:14])], "stop was not honoured")
    expect(stopped["finish_reason"] == "stop", "stop has another reason")


def scores(server):
    choice = chat(server, logprobs=True, top_logprobs=3)[1]["choices"][0]
    content = choice["logprobs"]["content"]
    expect("".join(entry["token"] for entry in content) == text_of(choice), "the tokens are not the text")
    for entry in content:
        expect(len(entry["top_logprobs"]) == 3 and entry["logprob"] <= 0, str(entry))
        expect(entry["top_logprobs"][0]["token"] == entry["token"], "the likeliest was not drawn at temperature 0")
    prompt = server.post("/tokenize", {"prompt": "The sea is blue and", "add_special_tokens": False})[2]["tokens"]
    expect(server.post("/detokenize", {"tokens": prompt})[2]["prompt"] == "The sea is blue and", "tokens do not come back")
    echoed = server.post("/v1/completions", {"prompt": prompt, "max_tokens": 0, "echo": True, "logprobs": 1})[2]
    echoed = echoed["choices"][0]
    expect(echoed["text"] == "The sea is blue and", str(echoed))
    values = echoed["logprobs"]["token_logprobs"]
    expect(values[0] is None and len(values) == len(prompt) and all(v < 0 for v in values[1:]), str(values))
    # the score of a continuation is that of its tokens drawn one by one
    last = server.post("/v1/completions", {"prompt": prompt[:-1], "max_tokens": 1, "logprobs": 20, "temperature": 0})[2]
    top = last["choices"][0]["logprobs"]["top_logprobs"][0]
    word = echoed["logprobs"]["tokens"][-1]
    expect(word not in top or abs(top[word] - values[-1]) < .1, f"{word}: {values[-1]} echoed, {top.get(word)} drawn")
    biased = server.post("/v1/completions", {"prompt": prompt, "max_tokens": 3, "temperature": 0,
                                             "logit_bias": {str(prompt[1]): 100}})[2]["choices"][0]["text"]
    expect(biased == server.post("/detokenize", {"tokens": [prompt[1]] * 3})[2]["prompt"], biased)


def structured(server):
    schema = {"type": "object", "properties": {"verdict": {"enum": ["yes", "no"]}, "sure": {"type": "boolean"}},
              "required": ["verdict", "sure"], "additionalProperties": False}
    for temperature in (0, 1):
        choice = chat(server, temperature=temperature, max_tokens=60, response_format={
            "type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}})[1]["choices"][0]
        answer = json.loads(text_of(choice))
        expect(list(answer) == ["verdict", "sure"] and answer["verdict"] in ("yes", "no"), str(answer))
    schema = {"type": "object", "required": ["code", "free"], "properties": {
        "code": {"type": "string", "pattern": "^[A-C]\\d{2}-[^x]$"}, "free": {"type": "string", "pattern": "^.{5}$"}}}
    for seed in range(5):
        answer = json.loads(text_of(chat(server, temperature=2, seed=seed, max_tokens=200, response_format={
            "type": "json_schema", "json_schema": {"schema": schema}})[1]["choices"][0]))
        expect(re.fullmatch(r"[A-C][0-9]{2}-[^x]", answer["code"]) and len(answer["free"]) == 5, str(answer))
    embedded = server.post("/v1/embeddings", {"input": ["Lock the door at night.", "Keep the house safe.", "Bananas."]})[2]
    vectors = [entry["embedding"] for entry in embedded["data"]]
    dot = lambda a, b: sum(x * y for x, y in zip(a, b))
    expect(all(abs(dot(v, v) - 1) < 1e-4 for v in vectors), "embeddings are not of unit length")
    expect(dot(vectors[0], vectors[1]) > dot(vectors[0], vectors[2]), "what is near is not nearer")


def steering(server):
    server.learn("security")
    bare = text_of(chat(server)[1]["choices"][0])
    headers, reply = chat(server, {"steer": {"security": .999999}, "compare": True, "trace": True})
    unsteered, steered = reply["choices"]
    expect(text_of(unsteered) == bare, "comparing changed the unsteered answer")
    expect(text_of(steered) != bare, "a strong plan changed nothing")
    expect(headers["X-Axia-Plan"] == steered["axia"]["plan"] and re.fullmatch("[0-9a-f]{64}", steered["axia"]["plan"]),
           str(headers))
    expect(steered["axia"]["steered"] and steered["axia"]["rows_shifted"] > 0, str(steered["axia"]))
    expect(reply["usage"]["prompt_tokens_details"]["cached_tokens"] > 0, "the arms did not share their prompt")
    for choice in (unsteered, steered):
        trace = choice["axia"]["trace"]
        expect(trace["values"] == ["security"] and len(trace["tokens"]) == 16, "the trace has other rows")
        expect(trace["tokens"][0]["in_prompt"] and not trace["tokens"][1]["in_prompt"], "where is the prompt's row?")
        words = "".join(token["text"] for token in trace["tokens"][1:])
        expect(text_of(choice).startswith(words), f"{words!r} are not the answer's tokens")
        for token in trace["tokens"]:
            before, after = token["p_before"][0], token["p_after"][0]
            expect(len(before) == len(trace["layers"]) == len(token["shift"]), "one reading per layer")
            for p, q in zip(before, after):
                wanted = p if choice is unsteered else max(p, .999999)
                expect(math.isclose(q, wanted, abs_tol=2e-5), f"{p} became {q}")
    stream = {0: "", 1: ""}
    for event in server.events("/v1/chat/completions", {**CHAT, "stream": True,
                                                        "axia": {"steer": {"security": .999999}, "compare": True}}):
        for part in [] if event == "[DONE]" else event["choices"]:
            stream[part["index"]] += part["delta"].get("content", "")
    expect(stream == {0: bare, 1: text_of(steered)}, "the streamed arms are others")
    # that the answer becomes another one is the model's to say, so the readings are asked
    lowered = chat(server, {"steer": {"security": -.999999}, "trace": True})[1]["choices"][0]
    expect(text_of(lowered) != text_of(steered) and lowered["axia"]["rows_shifted"] > 0, "lowering did what raising does")
    for token in lowered["axia"]["trace"]["tokens"]:
        for p, q in zip(token["p_before"][0], token["p_after"][0]):
            expect(math.isclose(q, min(p, 1e-6), abs_tol=2e-5), f"lowered, {p} became {q}")
    arms = ["unsteered", "prompt", "steered", "prompt+steered"]
    compared = chat(server, {"steer": {"security": .99}, "compare": arms})[1]["choices"]
    expect([c["axia"]["arm"] for c in compared] == arms, "other arms")
    expect(text_of(compared[1]) != bare and compared[1]["axia"]["plan"] == "none", "the prompt arm is steered, or nothing")
    never = chat(server, {"steer": {"security": .99}, "gate": "never"})
    expect(text_of(never[1]["choices"][0]) == bare and never[0]["X-Axia-Plan"] == "none", "a closed gate let something by")
    gated = chat(server, {"steer": {"security": .99}, "gate": "learned"})[1]["choices"][0]["axia"]
    expect(gated["gate"]["open"] == gated["steered"] == (gated["gate"]["score"] > gated["gate"]["threshold"]), str(gated))
    read = chat(server, {"read": ["security"], "trace": True})[1]["choices"][0]
    expect(text_of(read) == bare and read["axia"]["trace"]["tokens"] == unsteered["axia"]["trace"]["tokens"],
           "reading alone reads something else")


def wrong(server):
    cases = [
        (b"{", "body", None), (b"[1]", "body", None), (b'{"messages": []}', "messages", None),
        (b"\xff\xfe", "body", None), (b"[" * 100000, "body", None),
        ({**CHAT, "temperature": -1}, "temperature", None), ({**CHAT, "n": 0}, "n", None),
        ({**CHAT, "max_tokens": 1e9}, "max_tokens", None), ({**CHAT, "stop": [""]}, "stop", None),
        ({**CHAT, "logit_bias": {"x": 1}}, "logit_bias.x", None), ({**CHAT, "tools": [{}]}, "tools", None),
        ({**CHAT, "logit_bias": {"99999999": 1}}, "logit_bias", None),
        ({**CHAT, "top_logprobs": 2}, "top_logprobs", None),
        ({**CHAT, "response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "wheel"}}}},
         "response_format.json_schema.schema.type", None),
        ({**CHAT, "response_format": {"type": "json_schema", "json_schema": {"schema": {"properties": {
            "code": {"type": "string", "pattern": "^(?=a).*$"}}}}}},
         "response_format.json_schema.schema.properties.code.pattern", None),
        ({**CHAT, "axia": {"steer": {"securty": .9}}}, "axia.steer", "security"),
        ({**CHAT, "axia": {"steer": {"security": 1.5}}}, "axia.steer.security", None),
        ({**CHAT, "axia": {"plan": "../../etc/passwd"}}, "axia.plan", None),
        ({**CHAT, "axia": {"plan": {"schema": "axia.plan"}}}, None, None),
        ({**CHAT, "axia": {"plann": "x"}}, "axia.plann", "plan"),
        ({**CHAT, "axia": {"compare": ["steered"]}}, "axia.compare", None),
        ({**CHAT, "axia": {"amount": "row"}}, "axia.amount", None),
        ({**CHAT, "axia": {"steer": {"security": .9}, "layers": [999]}}, None, None),
        ({**CHAT, "axia": {"steer": {"security": .9}, "direction": "sideways"}}, "axia.direction", None),
        ({"messages": [{"role": "user", "content": "word " * 9000}]}, "prompt", None),
    ]
    for body, param, near in cases:
        status, _, reply = server.post("/v1/chat/completions", body)
        shown = str(body)[:120]
        expect(status == 400, f"{shown}: {status} {reply}")
        error = reply["error"]
        expect(error["type"] == "invalid_request_error" and error["code"] == 400, f"{shown}: {error}")
        expect(param is None or error["param"] == param, f"{shown}: {error}")
        expect("\n" not in error["message"] and len(error["message"]) < 400, f"{shown}: {error}")
        expect(near is None or f"did you mean {near}" in error["message"], f"{shown}: {error}")
    expect(server.post("/v1/chat/completions", {**CHAT, "model": "gpt-4"})[0] == 404, "another model was served")
    for path in ("/v1/nothing", "/../../etc/passwd", "/studio/../../x", "/axia/nothing"):
        expect(server.get(path)[0] in (400, 404), path)
    expect(server.post("/v1/completions", b"x" * (9 << 20))[0] == 413, "a body of 9 MiB was read")
    expect(server.get("/health", {"Host": "evil.example"})[0] == 403, "another host's name was served")
    expect(server.get("/health", {"Origin": "http://evil.example"})[0] == 403, "another site's page was served")
    expect(server.get("/health")[0] == 200, "it did not survive")


def metrics(server):
    text = server.get("/metrics")[2]
    numbers = dict(re.findall(r"^(axia_\S+) ([0-9.e+-]+)$", text, re.M))
    expect(float(numbers["axia_answer_tokens_total"]) > 100 and float(numbers["axia_cached_tokens_total"]) > 0, text)
    expect(float(numbers['axia_steering_total{plan="closed"}']) > 0, "a closed gate was not counted")
    expect(numbers["axia_first_token_seconds_count"] == numbers['axia_first_token_seconds_bucket{le="+Inf"}'], text)
    for line in text.splitlines():
        expect(re.fullmatch(r'# (HELP|TYPE) \S+ .+|[a-z_]+(\{[a-z]+="[^"]+"\})? \S+', line), f"no Prometheus: {line}")


def fits(value, schema, components, where):
    """Checks a value against the parts of JSON Schema that openapi.json uses."""
    if "$ref" in schema:
        return fits(value, components[schema["$ref"].rsplit("/", 1)[1]], components, where)
    if "oneOf" in schema:
        for one in schema["oneOf"]:
            try:
                return fits(value, one, components, where)
            except Failed:
                pass
        raise Failed(f"{where}: {value!r} fits none of {schema['oneOf']}")
    if "const" in schema:
        return expect(value == schema["const"], f"{where}: {value!r} is not {schema['const']!r}")
    if "enum" in schema:
        return expect(value in schema["enum"], f"{where}: {value!r} is none of {schema['enum']}")
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
             "null": type(None)}
    wanted = schema.get("type", [])
    wanted = [wanted] if isinstance(wanted, str) else wanted
    good = any(isinstance(value, kinds[w]) and (w == "boolean" or not isinstance(value, bool)) for w in wanted)
    expect(not wanted or good, f"{where}: {value!r} is no {wanted}")
    if isinstance(value, dict):
        for name in schema.get("required", []):
            expect(name in value, f"{where}: {name} is missing")
        known = schema.get("properties")
        for name, inner in value.items():
            if known is not None:
                expect(name in known, f"{where}: {name} is not described")
                fits(inner, known[name], components, f"{where}.{name}")
    if isinstance(value, list) and "items" in schema:
        for i, inner in enumerate(value):
            fits(inner, schema["items"], components, f"{where}[{i}]")


def described(server):
    """openapi.json says what the server does, and the server does what it says."""
    document = server.get("/openapi.json")[2]
    components = document["components"]["schemas"]
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "apps/server").glob("*.cc"))
    served = {(verb.lower(), re.sub(r"\(\[\^/\]\+\)|:[a-z]+", "{name}", path))
              for verb, path in re.findall(r'\.(Get|Post|Delete|Put)\(\s*R?"\(?(/[^"]*?)\)?"', sources)}
    served = {(verb, path) for verb, path in served if path not in ("/",) and not path.startswith("/studio")}
    told = {(verb, re.sub(r"\{[a-z]+\}", "{name}", path)) for path, verbs in document["paths"].items() for verb in verbs}
    expect(len(served) >= 10 and served == told, f"served but not described: {served - told}; described but not served: {told - served}")
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            if "{" in path or operation.get("x-not-tried"):
                continue
            request = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            if request:
                fits(request["example"], request["schema"], components, f"{verb} {path}: example")
            status, headers, reply = server.ask(verb.upper(), path, request.get("example"))
            expect(status == 200, f"{verb} {path}: {status} {reply}")
            kind = headers["Content-Type"].split(";")[0]
            expect(kind in operation["responses"]["200"]["content"], f"{verb} {path} gives {kind}")
            fits(reply, operation["responses"]["200"]["content"][kind]["schema"], components, f"{verb} {path}")
            if not request:
                continue
            status, _, reply = server.ask(verb.upper(), path, b"{")
            expect(str(status) in operation["responses"] and status == 400, f"{verb} {path} of no JSON: {status}")
            fits(reply, components["Error"], components, f"{verb} {path}: error")
    traced = chat(server, {"steer": {"security": .99}, "compare": True, "trace": True, "gate": "learned"})[1]
    fits(traced, components["ChatReply"], components, "a traced answer")


def main():
    axia, model = sys.argv[1:]
    with Serving(axia, model, "--parallel", 4) as server:
        try:
            for part in (plain_answers, scores, structured, steering, wrong, described, metrics):
                part(server)
        except Failed as failed:
            sys.exit(f"{failed}\n--- the server said\n{server.talk()[-2000:]}")
        expect(server.stop() == 0, "SIGTERM did not end it with 0")


if __name__ == "__main__":
    main()
