"""What can go wrong, as exceptions."""
from __future__ import annotations

from typing import Any, Mapping, Optional


class AxiaError(Exception):
    """The base of all errors of this package.

    message: one line, what went wrong; str() of the error adds the hint.
    field: what it is about, as `axia.steer.security`; None when it is about no field.
    hint: what to do; None when the server gave none.
    status: the HTTP status; 0 when there was no answer.
    """

    def __init__(self, message: str, *, field: Optional[str] = None, hint: Optional[str] = None, status: int = 0) -> None:
        super().__init__(f"{message} ({hint})" if hint else message)
        self.message, self.field, self.hint, self.status = message, field, hint, status


class Unreachable(AxiaError):
    """No server answers there, or it went away in the middle of an answer."""


class BadRequest(AxiaError):
    """400, 413 or 415: the request is wrong; the same one will never do."""


class Refused(AxiaError):
    """401 or 403: no key, a wrong one, or one that does not open this."""


class NotFound(AxiaError):
    """404: no model, plan, battery, run or job of that name."""


class Busy(AxiaError):
    """429: the queue is full or the key's quota spent. `retry_after`: seconds to wait, when the server said."""

    retry_after: Optional[float] = None


class ServerFault(AxiaError):
    """5xx: the server failed or is about to end, or what came back is no answer of axia's."""


class JobFailed(AxiaError):
    """A job ended as failed or cancelled. `state` says which."""

    state: str = "failed"


def error_of(status: int, body: Any, retry_after: Optional[str]) -> AxiaError:
    """The exception for an answer of this status; `body` is parsed JSON or text."""
    told = body.get("error") if isinstance(body, Mapping) else None
    told = told if isinstance(told, Mapping) else {"message": f"HTTP {status}: {str(body)[:200]}"}
    message, hint = str(told.get("message", f"HTTP {status}")), None
    if message.endswith(")") and " (" in message:
        message, hint = message[:-1].rsplit(" (", 1)
    kind = {400: BadRequest, 413: BadRequest, 415: BadRequest, 401: Refused, 403: Refused, 404: NotFound,
            429: Busy}.get(status, ServerFault)
    error = kind(message, field=told.get("param"), hint=hint, status=status)
    if isinstance(error, Busy) and retry_after:
        try:
            error.retry_after = float(retry_after)
        except ValueError:
            pass
    return error
