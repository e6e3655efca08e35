"""Client of `axia serve`: language models held to values, per request.

    import axia
    client = axia.Client("http://127.0.0.1:8080")
    print(client.chat("Should I lend my brother money?", steer={"security": 0.95}).text)

What goes wrong is raised as an `AxiaError`, whose `field` names what the server did not like.
"""
from ._answers import Answer, Chunk, Reply, Trace, TraceToken
from ._client import Client
from ._errors import AxiaError, BadRequest, Busy, JobFailed, NotFound, Refused, ServerFault, Unreachable
from ._jobs import Job, JobEvent, Jobs

__all__ = ["Answer", "AxiaError", "BadRequest", "Busy", "Chunk", "Client", "Job", "JobEvent", "JobFailed", "Jobs", "NotFound",
           "Refused", "Reply", "ServerFault", "Trace", "TraceToken", "Unreachable"]
__version__ = "0.1.0"
