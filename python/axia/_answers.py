"""What comes back from a chat."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Union


@dataclass(frozen=True)
class TraceToken:
    """One row of a trace: what the probes read when this token was the last one known."""

    text: str
    in_prompt: bool
    p_before: Sequence[Sequence[float]]  # [value][layer], each in 0..1, as the model had it
    p_after: Sequence[Sequence[float]]  # [value][layer], after the shift
    shift: Sequence[float]  # [layer], size of the shift over the size of the state


@dataclass(frozen=True)
class Trace:
    """Per token and layer, how strongly each value reads before and after the shift.

    The first token is the prompt's last; the others are the answer's, but for its very last, after which nothing was
    computed.
    """

    layers: Sequence[int]
    values: Sequence[str]
    tokens: Sequence[TraceToken]

    def table(self, value: Optional[str] = None, layer: Optional[int] = None) -> List[Dict[str, Any]]:
        """One dict per token: `token`, `before`, `after` (p in 0..1) and `shift`, at one layer.

        value: the first one when left out. layer: the middle one of the traced layers when left out.
        Raises KeyError for what was not traced.
        """
        value = self.values[0] if value is None else value
        layer = self.layers[len(self.layers) // 2] if layer is None else layer
        if value not in self.values:
            raise KeyError(f"{value} was not traced, but {', '.join(self.values)}")
        if layer not in self.layers:
            raise KeyError(f"layer {layer} was not traced, but {', '.join(map(str, self.layers))}")
        row, column = list(self.values).index(value), list(self.layers).index(layer)
        return [{"token": token.text, "before": token.p_before[row][column], "after": token.p_after[row][column],
                 "shift": token.shift[column]} for token in self.tokens]


@dataclass(frozen=True)
class Answer:
    """One answer of the model, and what was done to it."""

    text: str
    finish: str  # "stop" or "length"
    arm: str  # "unsteered", "prompt", "steered" or "prompt+steered"
    steered: bool  # whether a plan acted
    plan: Optional[str]  # hash of the plan it was asked with; its gate may have kept it from acting
    seed: Optional[int]
    rows_shifted: int
    gate: Optional[Mapping[str, Any]]  # {"open", "score", "threshold"} where the plan has one
    trace: Optional[Trace]
    raw: Mapping[str, Any] = field(repr=False)  # the choice as the server gave it


@dataclass(frozen=True)
class Reply(Sequence[Answer]):
    """The answers of one request, in order: by arm, or by `n`. `text` is the first one's."""

    answers: Sequence[Answer]
    usage: Mapping[str, Any]  # prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details
    plan: Optional[str]  # hash of the plan that acted, None when none did
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def text(self) -> str:
        return self.answers[0].text

    def arm(self, name: str) -> Answer:
        """The first answer of the arm; KeyError when there is none."""
        for answer in self.answers:
            if answer.arm == name:
                return answer
        raise KeyError(f"no arm {name}, but {', '.join(answer.arm for answer in self.answers)}")

    def __getitem__(self, index: Union[int, slice]) -> Any:
        return self.answers[index]

    def __len__(self) -> int:
        return len(self.answers)

    def __iter__(self) -> Iterator[Answer]:
        return iter(self.answers)


@dataclass(frozen=True)
class Chunk:
    """A piece of a streamed answer. `finish` and `answer` are there on the last one of each answer; `answer.text` is whole."""

    index: int  # of the answer within the request
    text: str
    finish: Optional[str] = None
    answer: Optional[Answer] = None


def answer_of(choice: Mapping[str, Any], text: Optional[str] = None) -> Answer:
    axia = choice.get("axia") or {}
    told = axia.get("trace")
    trace = None if told is None else Trace(told["layers"], told["values"], [
        TraceToken(token["text"], token["in_prompt"], token["p_before"], token["p_after"], token["shift"])
        for token in told["tokens"]])
    plan = axia.get("plan", "none")
    return Answer(text=choice["message"]["content"] if text is None else text, finish=choice.get("finish_reason") or "",
                  arm=axia.get("arm", "unsteered"), steered=bool(axia.get("steered")), plan=None if plan == "none" else plan,
                  seed=axia.get("seed"), rows_shifted=axia.get("rows_shifted", 0), gate=axia.get("gate"), trace=trace, raw=choice)
