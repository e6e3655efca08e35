"""Long work at the server: learning, tuning, measuring."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Iterator, List, Mapping, Optional, Sequence

from ._errors import JobFailed

if TYPE_CHECKING:
    from ._client import Client

_ENDED = ("done", "failed", "cancelled")


@dataclass(frozen=True)
class JobEvent:
    """name: `state`, `progress`, `line`, `point` (of tune) or `result`."""

    name: str
    data: Any


class Job:
    """A job as it was when it was last looked at; `refresh` looks again."""

    def __init__(self, client: "Client", told: Mapping[str, Any]) -> None:
        self._client, self.raw = client, told

    def __repr__(self) -> str:
        return f"Job({self.id!r}, {self.kind!r}, {self.state!r})"

    @property
    def id(self) -> str:
        return str(self.raw["id"])

    @property
    def kind(self) -> str:
        """`learn`, `tune`, `effect` or `measure`."""
        return str(self.raw["kind"])

    @property
    def state(self) -> str:
        """`queued`, `running`, `done`, `failed` or `cancelled`."""
        return str(self.raw["state"])

    @property
    def ended(self) -> bool:
        return self.state in _ENDED

    @property
    def result(self) -> Any:
        """What the command prints with --json; None until the job is done."""
        return self.raw.get("result")

    @property
    def error(self) -> Optional[str]:
        return self.raw.get("error")

    def refresh(self) -> "Job":
        self.raw = self._client.get(f"/axia/jobs/{self.id}")
        return self

    def cancel(self) -> "Job":
        """Ends it; what it has so far is kept. Of a job that has ended nothing."""
        self.raw = self._client.request("DELETE", f"/axia/jobs/{self.id}")
        return self

    def events(self) -> Iterator[JobEvent]:
        """First the job as it is, then what happens, until it ends."""
        for name, data in self._client.events("GET", f"/axia/jobs/{self.id}/events"):
            if name == "state":
                self.raw = data
            yield JobEvent(name, data)

    def wait(self, tell: Optional[Callable[[JobEvent], object]] = None) -> Any:
        """Waits until it ends and gives its result. `tell` is called with each event.

        Raises JobFailed when it failed or was cancelled, Unreachable when the server goes away: the job goes on when
        the server is started again.
        """
        while True:
            for event in self.events():
                if tell is not None:
                    tell(event)
            if self.refresh().ended:
                break
        if self.state == "done":
            return self.result
        error = JobFailed(self.error or f"job {self.id} was {self.state}")
        error.state = self.state
        raise error


class Jobs:
    """The jobs of a server, one of which runs at a time. Each method that starts one returns at once."""

    def __init__(self, client: "Client") -> None:
        self._client = client

    def learn(self, value: str, *, pairs: Optional[Sequence[Mapping[str, str]]] = None,
              context: Optional[str] = None, about: Optional[Mapping[str, Any]] = None) -> Job:
        """Learns where a value lies. pairs: {"positive", "negative", "scene"?, "split"?} each, for a value of your own;
        context: "chat" or "bare"; about: {"title"?, "definition"?, "group"?, "order"?}, what a value of your own means."""
        return self.submit(kind="learn", value=value, pairs=pairs, context=context, about=about)

    def tune(self, value: str, *, budget: Optional[float] = None, tokens: Optional[int] = None) -> Job:
        """Finds the plan of most effect whose cost stays within `budget`. tokens: how much work."""
        return self.submit(kind="tune", value=value, budget=budget, tokens=tokens)

    def effect(self, plan: str) -> Job:
        """Measures what a stored plan does, on texts it never saw."""
        return self.submit(kind="effect", plan=plan)

    def measure(self, battery: str, *, steer: Optional[Mapping[str, Sequence[float]]] = None,
                plans: Optional[Sequence[str]] = None, prompts: Optional[int] = None, limit: Optional[int] = None,
                run: Optional[str] = None) -> Job:
        """Measures a battery, with the targets of one value ({"security": [0.9, 0.99]}) or stored plans as arms.

        prompts: wordings of each item; limit: items at most; run: the name to keep it under.
        """
        return self.submit(kind="measure", battery=battery, steer=steer, plans=plans, prompts=prompts, limit=limit, run=run)

    def submit(self, **request: Any) -> Job:
        """Any request to /axia/jobs; what is None is left out."""
        return Job(self._client, self._client.request("POST", "/axia/jobs", {k: v for k, v in request.items() if v is not None}))

    def list(self) -> List[Job]:
        """All that are kept, oldest first."""
        return [Job(self._client, told) for told in self._client.get("/axia/jobs")["jobs"]]

    def get(self, id: str) -> Job:
        """Raises NotFound."""
        return Job(self._client, self._client.get(f"/axia/jobs/{id}"))
