#!/usr/bin/env python3
"""An OpenAI-compatible server on the loopback for tests: openai_server.py [OPTIONS]. Prints its port, serves until killed.

Answers are planted, so that a test knows what it must find; what was asked is told at GET /seen. Faults come first: each
message, or path without one, meets the first --times tries with --fault and is then answered."""
import argparse
import collections
import http.server
import json
import math
import socketserver
import sys
import threading
import time

FAULTS = ["none", "status", "cut", "cut-unmeasured", "garbage", "silence", "long", "error-in-200"]


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fault", choices=FAULTS, default="none")
    parser.add_argument("--status", type=int, default=500)
    parser.add_argument("--retry-after", default="")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--key", default="")  # wanted of every request
    parser.add_argument("--message", default="it is broken")  # of errors
    parser.add_argument("--logprobs", choices=["yes", "no", "refuse", "positive", "nan", "sum"], default="yes")
    parser.add_argument("--first", default='{"A": 0.5, " A": 0.1, "B": 0.3}')  # token -> probability
    parser.add_argument("--many", choices=["yes", "ignore", "refuse"], default="yes")  # n > 1
    parser.add_argument("--answers", default="[]")  # drawn in turn for each message; empty = an echo of the message
    parser.add_argument("--echo", choices=["yes", "no", "lacking"], default="yes")  # of /completions
    parser.add_argument("--new-limit", action="store_true")  # wants max_completion_tokens
    parser.add_argument("--delay", type=float, default=0)  # of the first message seen, so that it is answered last
    return parser.parse_args()


ARGS = options()
LOCK = threading.Lock()
SEEN = []
TRIES = collections.Counter()
DRAWN = collections.Counter()
UNDER_WAY = 0


def word_tokens(text):
    """Words with the blanks before them."""
    tokens = []
    for character in text:
        if tokens and not (character == " " and tokens[-1].strip()):
            tokens[-1] += character
        else:
            tokens.append(character)
    return tokens


def token_logprob(token):
    """Planted, so that a test can add it up: a hundredth of a nat for each letter."""
    return -len(token) / 100


def first_logprobs():
    planted = json.loads(ARGS.first)
    top = [{"token": token, "logprob": math.log(p), "bytes": None} for token, p in planted.items()]
    if ARGS.logprobs == "positive":
        top[0]["logprob"] = 0.7
    if ARGS.logprobs == "nan":
        top[0]["logprob"] = math.nan
    if ARGS.logprobs == "sum":
        top = [dict(entry, logprob=-0.1) for entry in top]
    return {"content": [{"token": top[0]["token"], "logprob": top[0]["logprob"], "bytes": None, "top_logprobs": top}]}


class Refusal(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def draw(message):
    answers = json.loads(ARGS.answers)
    if not answers:
        return "echo: " + message
    with LOCK:
        DRAWN[message] += 1
        return answers[(DRAWN[message] - 1) % len(answers)]


def chat(asked):
    message = asked["messages"][-1]["content"]
    count = asked.get("n", 1)
    if ARGS.new_limit and "max_tokens" in asked:
        raise Refusal(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
    if asked.get("logprobs") and ARGS.logprobs == "refuse":
        raise Refusal(400, "logprobs are not supported by this model")
    if count > 1 and ARGS.many == "refuse":
        raise Refusal(400, "n must be 1")
    if "REFUSED" in message:
        raise Refusal(400, "the prompt is not allowed")
    choices = []
    for index in range(1 if ARGS.many == "ignore" else count):
        choice = {"index": index, "finish_reason": "stop", "logprobs": None,
                  "message": {"role": "assistant", "content": draw(message)}}
        if asked.get("logprobs") and ARGS.logprobs != "no":
            choice["logprobs"] = first_logprobs()
            choice["message"]["content"] = choice["logprobs"]["content"][0]["token"]
        choices.append(choice)
    return {"id": "1", "object": "chat.completion", "model": asked["model"], "choices": choices,
            "usage": {"prompt_tokens": len(message.split()), "completion_tokens": len(choices)}}


def completion(asked):
    if ARGS.echo == "lacking":
        raise Refusal(404, "no such call")
    tokens = word_tokens(asked["prompt"]) if ARGS.echo == "yes" else []
    tokens = (["<s>"] if tokens else []) + tokens + [" more"]
    numbers = [token_logprob(token) for token in tokens]
    if ARGS.echo == "yes":
        numbers[0] = None
    if ARGS.logprobs == "positive":
        numbers[1] = 3.0
    logprobs = None if ARGS.logprobs == "no" else {
        "tokens": tokens, "token_logprobs": numbers, "text_offset": [0] * len(tokens),
        "top_logprobs": [None] + [{token: number} for token, number in zip(tokens[1:], numbers[1:])]}
    return {"id": "1", "object": "text_completion", "model": asked["model"],
            "choices": [{"index": 0, "text": "".join(tokens), "finish_reason": "length", "logprobs": logprobs}]}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, text, headers=()):
        data = text.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def error(self, status, message, headers=()):
        # careless servers repeat what they were sent
        message = message.replace("{authorization}", self.headers.get("Authorization", ""))
        self.answer(status, json.dumps({"error": {"message": message, "type": "error"}}), headers)

    def do_GET(self):
        if self.path == "/seen":
            with LOCK:
                self.answer(200, json.dumps(SEEN))
            return
        self.serve({})

    def do_POST(self):
        self.serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def serve(self, asked):
        global UNDER_WAY
        message = asked["messages"][-1]["content"] if "messages" in asked else asked.get("prompt", self.path)
        with LOCK:
            UNDER_WAY += 1
            TRIES[message] += 1
            faulty = ARGS.fault != "none" and TRIES[message] <= ARGS.times
            SEEN.append({"path": self.path, "message": message, "body": asked, "under_way": UNDER_WAY,
                         "authorization": self.headers.get("Authorization", "")})
            late = ARGS.delay and len(SEEN) == 1
        try:
            if late:
                time.sleep(ARGS.delay)
            self.reply(asked, faulty)
        finally:
            with LOCK:
                UNDER_WAY -= 1

    def reply(self, asked, faulty):
        if ARGS.key and self.headers.get("Authorization") != "Bearer " + ARGS.key:
            self.error(401, "wrong key: {authorization}")
            return
        if faulty and self.fault():
            return
        try:
            if self.path == "/v1/models":
                reply = {"object": "list", "data": [{"id": "planted"}, {"id": "other"}]}
            elif self.path == "/v1/chat/completions":
                reply = chat(asked)
            elif self.path == "/v1/completions":
                reply = completion(asked)
            else:
                raise Refusal(404, "no such address")
            self.answer(200, json.dumps(reply))
        except Refusal as refusal:
            self.error(refusal.status, str(refusal))

    def fault(self):
        whole = json.dumps({"choices": [{"message": {"content": "half of it"}}]})
        if ARGS.fault == "status":
            headers = [("Retry-After", ARGS.retry_after)] if ARGS.retry_after else []
            if 300 <= ARGS.status < 400:
                headers.append(("Location", "/elsewhere"))
            self.error(ARGS.status, ARGS.message, headers)
        elif ARGS.fault == "garbage":
            self.answer(200, "<html>\xff not JSON")
        elif ARGS.fault == "error-in-200":
            self.answer(200, json.dumps({"error": {"message": ARGS.message}}))
        elif ARGS.fault == "long":
            self.answer(200, " " * (1 << 20) + whole)
        elif ARGS.fault in ("cut", "cut-unmeasured"):
            self.send_response(200)
            if ARGS.fault == "cut":
                self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(whole[:len(whole) // 2].encode())
            self.close_connection = True
        elif ARGS.fault == "silence":
            time.sleep(60)
            self.close_connection = True
        return True


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass  # clients that hang up are what is tested


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)
