"""The client."""
from __future__ import annotations

import http.client
import json
import ssl
import urllib.parse
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from ._answers import Answer, Chunk, Reply, answer_of
from ._errors import AxiaError, ServerFault, Unreachable, error_of
from ._jobs import Jobs

Messages = Union[str, Sequence[Mapping[str, str]]]
# members of the request's field `axia` that say otherwise than the plan does; all else goes beside it
_OVERRIDES = ("direction", "amount", "rows", "gate", "alpha", "layers", "hold")


class Client:
    """One server. Each call has a connection of its own, so any thread may use a client.

    url: of the server, without /v1; https where a proxy speaks it.
    key: what `axia keys create` printed, when the server wants one.
    timeout: seconds without a byte from the server until Unreachable.
    model: the name to ask for; the one that is served when left out.
    """

    def __init__(self, url: str = "http://127.0.0.1:8080", key: Optional[str] = None, *, timeout: float = 600,
                 model: Optional[str] = None) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise AxiaError(f"{url!r} is no address of a server", field="url", hint="write http://127.0.0.1:8080")
        self.url, self.timeout, self.model_name = url.rstrip("/"), timeout, model
        self._parts, self._key = parts, key
        self.jobs = Jobs(self)

    def __repr__(self) -> str:
        return f"Client({self.url!r})"  # never the key

    # ---- answers

    def chat(self, messages: Messages, *, steer: Optional[Mapping[str, float]] = None,
             plan: Union[str, Mapping[str, Any], None] = None, compare: Union[bool, Sequence[str], None] = None,
             prompt: bool = False, trace: bool = False, read: Optional[Sequence[str]] = None, **request: Any) -> Reply:
        """Asks the model.

        messages: a question, or [{"role", "content"}, ...].
        steer: value -> p in 0..1 that every row shall read at least; negative: at most 1 + p, so -0.9 asks for at most 0.1.
        plan: instead of steer, a stored plan's name or a whole plan.
        compare: True for the unsteered and the steered answer, or a list of unsteered, prompt, steered, prompt+steered.
        prompt: says the values of `steer` in words and steers nothing.
        trace: reads the probes at every token; read: these values' probes, with nothing steered.
        request: anything else of /v1/chat/completions (max_tokens, temperature, seed, n, stop, response_format, ...), and
        direction, amount, rows, gate, alpha, layers, hold, which override the plan.
        """
        body = self._body(messages, steer, plan, compare, prompt, trace, read, request)
        told = self.request("POST", "/v1/chat/completions", body)
        answers = [answer_of(choice) for choice in told["choices"]]
        acted = [answer.plan for answer in answers if answer.steered]
        return Reply(answers, told.get("usage") or {}, next(iter(acted), None), told)

    def compare(self, messages: Messages, *, steer: Optional[Mapping[str, float]] = None,
                plan: Union[str, Mapping[str, Any], None] = None, arms: Sequence[str] = ("unsteered", "steered"),
                **more: Any) -> Reply:
        """`chat` with one answer per arm: same seed, the prompt read once."""
        return self.chat(messages, steer=steer, plan=plan, compare=list(arms), **more)

    def stream(self, messages: Messages, *, steer: Optional[Mapping[str, float]] = None,
               plan: Union[str, Mapping[str, Any], None] = None, compare: Union[bool, Sequence[str], None] = None,
               prompt: bool = False, trace: bool = False, read: Optional[Sequence[str]] = None,
               **request: Any) -> Iterator[Chunk]:
        """`chat`, piece by piece. Leaving the loop cancels the answer."""
        body = self._body(messages, steer, plan, compare, prompt, trace, read, request)
        texts: Dict[int, str] = {}
        for _, event in self.events("POST", "/v1/chat/completions", {**body, "stream": True}):
            if event == "[DONE]":
                return
            if "error" in event:
                raise error_of(500, event, None)
            for part in event.get("choices", []):
                index, text = part["index"], part.get("delta", {}).get("content") or ""
                texts[index] = texts.get(index, "") + text
                finish = part.get("finish_reason")
                answer: Optional[Answer] = answer_of(part, texts[index]) if finish else None
                if text or finish:
                    yield Chunk(index, text, finish, answer)
        raise Unreachable("the server went away in the middle of an answer")

    def embeddings(self, texts: Union[str, Sequence[str]], *, dimensions: Optional[int] = None) -> List[List[float]]:
        """Mean last states of texts, of unit length."""
        body = {"input": texts, **({} if dimensions is None else {"dimensions": dimensions})}
        return [entry["embedding"] for entry in self.request("POST", "/v1/embeddings", body)["data"]]

    # ---- what is known

    def model(self) -> Dict[str, Any]:
        """name, hash, architecture, layers, width, context, template, weights, version."""
        return dict(self.get("/axia/model"))

    def values(self) -> List[Dict[str, Any]]:
        """name, definition, group, order on the circle, neighbours, opposites, learnt."""
        return list(self.get("/axia/values")["values"])

    def vectors(self) -> List[Dict[str, Any]]:
        """What is learnt for this model: accuracy with intervals per layer, the best layer, the gate."""
        return list(self.get("/axia/vectors")["vectors"])

    def similarity(self, *, context: Optional[str] = None, layer: Optional[int] = None) -> Dict[str, Any]:
        """layer, values, and the cosines of their probes there."""
        asked = {name: value for name, value in (("context", context), ("layer", layer)) if value is not None}
        return dict(self.get("/axia/vectors/similarity" + ("?" + urllib.parse.urlencode(asked) if asked else "")))

    def plans(self) -> List[Dict[str, Any]]:
        return list(self.get("/axia/plans")["plans"])

    def plan(self, name: str) -> Dict[str, Any]:
        """A plan, whole, with its `frontier` where it was tuned. Raises NotFound."""
        return dict(self.get(f"/axia/plans/{_quoted(name)}"))

    def batteries(self) -> List[Dict[str, Any]]:
        return list(self.get("/axia/batteries")["batteries"])

    def battery(self, name: str) -> Dict[str, Any]:
        """A battery and its first items. Raises NotFound."""
        return dict(self.get(f"/axia/batteries/{_quoted(name)}"))

    def runs(self) -> List[Dict[str, Any]]:
        return list(self.get("/axia/runs")["runs"])

    def run(self, name: str) -> Dict[str, Any]:
        """The measures of a finished run. Raises NotFound."""
        return dict(self.get(f"/axia/runs/{_quoted(name)}"))

    def report(self, name: str) -> str:
        """A run's report: one HTML page. Raises NotFound."""
        return str(self.get(f"/axia/runs/{_quoted(name)}/report"))

    def check(self, value: str, pairs: Sequence[Mapping[str, str]]) -> Dict[str, Any]:
        """What is wrong with pairs; nothing is stored."""
        return dict(self.request("POST", "/axia/check", {"value": value, "pairs": list(pairs)}))

    # ---- the wire

    def get(self, path: str) -> Any:
        """Parsed JSON of any GET route, or its text."""
        return self.request("GET", path)

    def request(self, method: str, path: str, body: Optional[Mapping[str, Any]] = None) -> Any:
        """Parsed JSON of any route, or its text. Raises the AxiaError of what went wrong."""
        connection, reply = self._send(method, path, body)
        try:
            return _parsed(reply.read(), reply)
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{self.url} went away in the middle of an answer: {error}") from None
        finally:
            connection.close()

    def events(self, method: str, path: str, body: Optional[Mapping[str, Any]] = None) -> Iterator[Tuple[str, Any]]:
        """(name, parsed data) of the server-sent events of a route; "[DONE]" stays text."""
        connection, reply = self._send(method, path, body)
        name, data = "message", []
        try:
            for raw in reply:
                line = raw.decode("utf-8").rstrip("\r\n")
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    data.append(line[6:])
                elif not line and data:
                    text = "\n".join(data)
                    yield name, text if text == "[DONE]" else json.loads(text)
                    name, data = "message", []
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(f"{self.url} went away in the middle of an answer: {error}") from None
        finally:
            connection.close()

    def _send(self, method: str, path: str,
              body: Optional[Mapping[str, Any]]) -> Tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        host, port = str(self._parts.hostname), self._parts.port
        connection = (http.client.HTTPSConnection(host, port, timeout=self.timeout, context=ssl.create_default_context())
                      if self._parts.scheme == "https" else http.client.HTTPConnection(host, port, timeout=self.timeout))
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        try:
            connection.request(method, self._parts.path.rstrip("/") + path,
                               None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8"), headers)
            reply = connection.getresponse()
            if reply.status >= 400:
                raise error_of(reply.status, _parsed(reply.read(), reply), reply.getheader("Retry-After"))
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise Unreachable(f"no answer from {self.url}: {error}", hint="is `axia serve` running there?") from None
        except AxiaError:
            connection.close()
            raise
        return connection, reply

    def _body(self, messages: Messages, steer: Optional[Mapping[str, float]], plan: Union[str, Mapping[str, Any], None],
              compare: Union[bool, Sequence[str], None], prompt: bool, trace: bool, read: Optional[Sequence[str]],
              request: Mapping[str, Any]) -> Dict[str, Any]:
        asked = {"steer": steer, "plan": plan, "compare": compare or None, "prompt": prompt or None, "trace": trace or None,
                 "read": read, **{name: request.get(name) for name in _OVERRIDES}}
        axia = {name: value for name, value in asked.items() if value is not None}
        body: Dict[str, Any] = {name: value for name, value in request.items() if name not in _OVERRIDES}
        body["messages"] = [{"role": "user", "content": messages}] if isinstance(messages, str) else list(messages)
        if self.model_name:
            body["model"] = self.model_name
        if axia:
            body["axia"] = axia
        return body


def _quoted(name: str) -> str:
    return urllib.parse.quote(name, safe="")


def _parsed(raw: bytes, reply: http.client.HTTPResponse) -> Any:
    text = raw.decode("utf-8", "replace")
    if "json" not in (reply.getheader("Content-Type") or ""):
        return text
    try:
        return json.loads(text)
    except ValueError:
        raise ServerFault(f"what came back is no JSON: {text[:100]}", status=reply.status) from None
