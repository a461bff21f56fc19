"""What is wrong, in words and as machines read it: problem details (RFC 9457)."""

import json
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse

CONTENT_TYPE = "application/problem+json"


def problem(status: int, detail: str, *, errors: list[dict[str, Any]] | None = None, **headers: str) -> HttpResponse:
    """The answer to a request that could not be done.

    Args:
        status: of HTTP.
        detail: a full sentence: what happened, what to do.
        errors: where in the request: each with `where` and `what`.
        headers: of the answer.
    """
    told: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    told["detail"] = detail
    if errors is not None:
        told["errors"] = errors
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return HttpResponse(json.dumps(told), status=status, content_type=CONTENT_TYPE, headers=named)
