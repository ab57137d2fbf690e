"""One HTTP request on its way through the gateway."""

import uuid
from dataclasses import dataclass, field


def new_request_id() -> str:
    return str(uuid.uuid4())


@dataclass(slots=True)
class Call:
    """``path`` and ``query`` are as sent, percent-encoded; header names are lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    family: str = "json"  # json, rest-json, query, s3: how it is answered
    service: str = ""  # botocore's name
    body: bytes = b""
    request_id: str = field(default_factory=new_request_id)

    @classmethod
    def from_scope(cls, scope) -> "Call":
        headers: dict[str, str] = {}
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        return cls(
            scope["method"], scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1"), headers
        )
