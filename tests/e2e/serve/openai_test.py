#!/usr/bin/env python3
"""The `openai` package against a real `axia serve` on a real model: openai_test.py AXIA MODEL."""
import asyncio
import base64
import concurrent.futures
import json
import math
import struct
import sys

import openai

from serving import Failed, Serving, expect

NAME = "smollm2"
ASKED = [{"role": "user", "content": "My neighbour asks for a key to my house. What should I do?"}]
CHAT = {"model": NAME, "messages": ASKED, "max_tokens": 16, "temperature": 0}


def raised(kind, param, call):
    """The error of class `kind` that `call` raises, about the field `param`."""
    try:
        call()
    except openai.APIStatusError as error:
        expect(type(error) is kind, f"{type(error).__name__}, not {kind.__name__}: {error}")
        expect(error.param == param, f"it is about {error.param}, not {param}: {error}")
        return error
    raise Failed(f"no {kind.__name__} about {param}")


def answers(client, server):
    expect([model.id for model in client.models.list()] == [NAME], "another model is listed")
    reply = client.chat.completions.create(**CHAT)
    choice = reply.choices[0]
    expect(choice.message.role == "assistant" and choice.finish_reason == "length", str(choice))
    expect(reply.usage.total_tokens == reply.usage.prompt_tokens + 16, str(reply.usage))
    with client.chat.completions.with_streaming_response.create(**CHAT) as raw:
        expect(raw.parse().choices[0].message.content == choice.message.content, "the raw answer is another")
    several = [client.chat.completions.create(**{**CHAT, "temperature": 1, "n": 3, "seed": 7}) for _ in range(2)]
    texts = [[each.message.content for each in one.choices] for one in several]
    expect(texts[0] == texts[1] and len(set(texts[0])) > 1, f"n=3 with one seed: {texts}")
    other = client.chat.completions.create(**{**CHAT, "temperature": 1, "n": 3, "seed": 8})
    expect([each.message.content for each in other.choices] != texts[0], "another seed gave the same answers")
    end = choice.message.content[10:14]
    stopped = client.chat.completions.create(**CHAT, stop=[end]).choices[0]
    expect(stopped.finish_reason == "stop" and end not in stopped.message.content, str(stopped))
    return choice.message.content


def streams(client, server):
    whole = client.chat.completions.create(**CHAT).choices[0].message.content
    text, usage, finish = "", None, None
    for chunk in client.chat.completions.create(**CHAT, stream=True, stream_options={"include_usage": True}):
        usage = chunk.usage or usage
        for part in chunk.choices:
            text += part.delta.content or ""
            finish = part.finish_reason or finish
    expect(text == whole and finish == "length" and usage.completion_tokens == 16, f"{text!r} {finish} {usage}")
    # the package calls an answer that max_tokens ended an error here
    ended = {**CHAT, "max_tokens": 100, "stop": ["."]}
    with client.chat.completions.stream(**ended) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    expect({"chunk", "content.delta", "content.done"} <= kinds, str(kinds))
    expect(final.choices[0].message.content == client.chat.completions.create(**ended).choices[0].message.content,
           "the gathered stream is another answer")
    # the connection goes away in the middle, and the server serves on
    with client.chat.completions.create(**{**CHAT, "max_tokens": 200}, stream=True) as cut:
        next(iter(cut))
    expect(client.chat.completions.create(**CHAT).choices[0].message.content == whole, "a cut stream changed an answer")
    pieces = [chunk.choices[0].text for chunk in client.completions.create(
        model=NAME, prompt="The sea is", max_tokens=6, temperature=0, stream=True) if chunk.choices]
    expect("".join(pieces) == client.completions.create(model=NAME, prompt="The sea is", max_tokens=6,
                                                        temperature=0).choices[0].text, str(pieces))


def at_once(client, server):
    """One asked alone through the asynchronous client is the synchronous one's; several at once all come whole."""
    async def streamed(many):
        text, finish = "", None
        async for chunk in await many.chat.completions.create(**CHAT, stream=True):
            for part in chunk.choices:
                text += part.delta.content or ""
                finish = part.finish_reason or finish
        return text, finish

    async def whole(many, **more):
        choice = (await many.chat.completions.create(**{**CHAT, **more})).choices[0]
        return choice.message.content, choice.finish_reason

    async def ask():
        async with openai.AsyncOpenAI(base_url=server.url + "/v1", api_key="none", max_retries=0) as many:
            alone = [await whole(many), await streamed(many)]
            return alone, await asyncio.gather(streamed(many), whole(many, temperature=1, seed=1), streamed(many),
                                               whole(many, temperature=1, seed=2))
    alone, together = asyncio.run(ask())
    expect(alone == [(client.chat.completions.create(**CHAT).choices[0].message.content, "length")] * 2, str(alone))
    expect(all(text and finish for text, finish in together) and len(set(together)) > 1, str(together))


def scores(client, server):
    choice = client.chat.completions.create(**CHAT, logprobs=True, top_logprobs=3).choices[0]
    expect("".join(bytes(entry.bytes).decode() for entry in choice.logprobs.content) == choice.message.content,
           "the scored tokens are not the answer")
    for entry in choice.logprobs.content:
        expect(len(entry.top_logprobs) == 3 and entry.logprob == entry.top_logprobs[0].logprob <= 0, str(entry))
    echoed = client.completions.create(model=NAME, prompt="The sea is blue", max_tokens=0, echo=True, logprobs=2).choices[0]
    expect(echoed.text == "The sea is blue" and echoed.logprobs.token_logprobs[0] is None, str(echoed))
    expect("".join(echoed.logprobs.tokens) == echoed.text and sum(echoed.logprobs.token_logprobs[1:]) < 0, str(echoed))
    expect(echoed.logprobs.text_offset == [sum(map(len, echoed.logprobs.tokens[:i]))
                                           for i in range(len(echoed.logprobs.tokens))], str(echoed.logprobs))


def structured(client, server):
    schema = {"type": "object", "properties": {"verdict": {"enum": ["yes", "no"]}, "reasons": {
        "type": "array", "items": {"type": "string", "maxLength": 30}, "minItems": 1, "maxItems": 2}},
        "required": ["verdict", "reasons"], "additionalProperties": False}
    reply = client.chat.completions.create(**{**CHAT, "max_tokens": 120}, response_format={
        "type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}})
    answer = json.loads(reply.choices[0].message.content)
    expect(answer["verdict"] in ("yes", "no") and 1 <= len(answer["reasons"]) <= 2, str(answer))
    import pydantic  # the package brings it

    class Verdict(pydantic.BaseModel):
        sure: bool
        word: str = pydantic.Field(max_length=20)
    parsed = client.chat.completions.parse(**{**CHAT, "max_tokens": 80}, response_format=Verdict)
    expect(isinstance(parsed.choices[0].message.parsed, Verdict), str(parsed))
    loose = client.chat.completions.create(**{**CHAT, "max_tokens": 4}, response_format={"type": "json_object"})
    expect(loose.choices[0].message.content.lstrip().startswith("{"), str(loose.choices[0].message))


def embeddings(client, server):
    texts = ["Lock the door at night.", "Keep the house safe.", "Bananas."]
    vectors = [entry.embedding for entry in client.embeddings.create(model=NAME, input=texts).data]
    plain = client.embeddings.create(model=NAME, input=texts, encoding_format="float").data
    raw = client.embeddings.create(model=NAME, input=texts, encoding_format="base64").data
    for asked, floats, coded in zip(vectors, plain, raw):
        decoded = struct.unpack(f"<{len(asked)}f", base64.b64decode(coded.embedding))
        expect(max(abs(a - b) for a, b in zip(asked, floats.embedding)) < 1e-5, "float and default differ")
        expect(max(abs(a - b) for a, b in zip(asked, decoded)) < 1e-5, "base64 and default differ")
        expect(abs(math.fsum(x * x for x in asked) - 1) < 1e-4, "not of unit length")


def steering(client, server):
    server.learn("security")
    bare = client.chat.completions.with_raw_response.create(**CHAT)
    expect(bare.headers["x-axia-plan"] == "none", str(bare.headers))
    wanted = {"axia": {"steer": {"security": .999999}}}
    raw = client.chat.completions.with_raw_response.create(**CHAT, extra_body=wanted)
    choice, plain = raw.parse().choices[0], bare.parse().choices[0]
    expect(choice.message.content != plain.message.content, "a strong plan changed nothing")
    expect(len(raw.headers["x-axia-plan"]) == 64 and raw.headers["x-axia-plan"] == choice.axia["plan"], str(choice))
    expect(choice.axia["steered"] and not plain.axia["steered"], "the choices do not say which was steered")
    both = client.chat.completions.create(**CHAT, extra_body={"axia": {"steer": {"security": .999999}, "compare": True}})
    expect([each.axia["arm"] for each in both.choices] == ["unsteered", "steered"], str(both))
    expect([each.message.content for each in both.choices] == [plain.message.content, choice.message.content],
           "the arms of one call are not the two calls")
    texts, ends = {}, {}
    for chunk in client.chat.completions.create(**CHAT, stream=True, extra_body={
            "axia": {"steer": {"security": .999999}, "compare": True}}):
        for part in chunk.choices:
            texts[part.index] = texts.get(part.index, "") + (part.delta.content or "")
            if part.finish_reason:
                ends[part.index] = part.axia["arm"]
    expect(texts == {0: plain.message.content, 1: choice.message.content}, str(texts))
    expect(ends == {0: "unsteered", 1: "steered"}, str(ends))


def errors(client, server):
    create = client.chat.completions.create
    raised(openai.BadRequestError, "temperature", lambda: create(**{**CHAT, "temperature": -1}))
    raised(openai.BadRequestError, "messages", lambda: create(**{**CHAT, "messages": []}))
    raised(openai.BadRequestError, "tools", lambda: create(**CHAT, tools=[
        {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}]))
    raised(openai.NotFoundError, "model", lambda: create(**{**CHAT, "model": "gpt-4"}))
    error = raised(openai.BadRequestError, "axia.steer", lambda: create(**CHAT, extra_body={"axia": {"steer": {"securty": .9}}}))
    expect("did you mean security" in error.message and error.type == "invalid_request_error", str(error))
    raised(openai.BadRequestError, "prompt", lambda: create(**{**CHAT, "messages": [
        {"role": "user", "content": "word " * 9000}]}))


def crowd(client, server):
    """One answer at a time and none waiting: the next gets 429, which the package's own retries live through."""
    def ask(retries, index):
        try:
            client.with_options(max_retries=retries).chat.completions.create(**{**CHAT, "max_tokens": 48, "seed": index})
            return "answered"
        except openai.RateLimitError as error:
            expect(float(error.response.headers["retry-after"]) > 0, str(error.response.headers))
            return "refused"
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda index: ask(0, index), range(6)))
    expect("refused" in told and "answered" in told, str(told))
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        told = list(pool.map(lambda index: ask(10, index), range(3)))
    expect(told == ["answered"] * 3, f"with retries: {told}")


def main():
    axia, model = sys.argv[1:]
    for options, parts in ((("--parallel", 4), (answers, streams, at_once, scores, structured, embeddings,
                                                steering, errors)),
                           (("--parallel", 1, "--queue", 1), (crowd,))):
        with Serving(axia, model, *options) as server:
            client = openai.OpenAI(base_url=server.url + "/v1", api_key="none", max_retries=0)
            try:
                for part in parts:
                    part(client, server)
            except (Failed, openai.OpenAIError) as failed:
                sys.exit(f"{part.__name__}: {type(failed).__name__}: {failed}\n--- the server said\n{server.talk()[-2000:]}")
            expect(server.stop() == 0, "SIGTERM did not end it with 0")
    print(f"openai {openai.__version__}: all parts passed")


if __name__ == "__main__":
    main()
