"""The description of the API for machines: beside what each route says of itself, what holds for all of them."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from keepers.crm.api.door import LONGEST_KEY
from keepers.crm.people.gate import READING

Told = dict[str, Any]
PROBLEM = "application/problem+json"
WHERE = {"$ref": "#/components/schemas/Problem"}
ANYWHERE = {
    400: "What was sent cannot be read.",
    401: "There is no key, or it opens nothing any more.",
    403: "The key may not do this.",
    404: "There is no such thing, or none that the key may see.",
    422: "What was sent makes no sense here; `detail` says what to do.",
    429: "Too many requests a minute; `Retry-After` says how many seconds to wait.",
    503: "Something else is being written just now; nothing was changed.",
}
WRITING = {
    412: "Somebody changed it since it was read.",
    413: "More was sent than is taken at once.",
}
OF_A_RUN = ("/values", "/plan-lines", "/product-offers", "/wallets")  # lists that end where another run is shown
SCHEMA: Told = {
    "type": "object",
    "description": "What is wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what happened and what to do, in a sentence"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "what"],
                "properties": {"where": {"type": "string"}, "what": {"type": "string"}},
            },
        },
    },
    "examples": [{"type": "about:blank", "title": "Not Found", "status": 404, "detail": "There is no such customer."}],
}
ONCE = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": LONGEST_KEY},
    "description": "sent again within 24 hours, the request is not done again and answered as before",
}
SEEN = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "the `ETag` that was seen: done only if it is still that",
}
KNOWN = {
    "name": "If-None-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "the `ETag` that is known: answered with 304 if it is still that",
}


@cache
def whole(told: Any) -> Told:
    """The description that ninja makes of its routes, with what holds for all of them; the same while a process runs.

    Args:
        told: makes the description of the routes.
    """
    schema: Told = dict(told())
    schema["components"]["schemas"]["Problem"] = SCHEMA
    for where, method, route in _routes(schema):
        reads = method.upper() in READING
        _add_answers(route, reads=reads, status=410 if where.endswith(OF_A_RUN) else None)
        of_one = "{" in where
        headers = [KNOWN] if reads else [ONCE, SEEN] if of_one else [ONCE]
        route["parameters"] = [*route.get("parameters", []), *headers]
    return schema


def _routes(schema: Told) -> Iterator[tuple[str, str, Told]]:
    for where, ways in schema["paths"].items():
        for method, route in ways.items():
            yield where, method, route


def _add_answers(route: Told, *, reads: bool, status: int | None) -> None:
    answers = dict(route["responses"])
    if reads:
        for told in answers.values():
            told["headers"] = {"ETag": {"schema": {"type": "string"}, "description": "the tag of this state"}}
        answers[304] = {"description": "It is still what is known."}
    problems = ANYWHERE if reads else ANYWHERE | WRITING
    if status is not None:
        problems = problems | {status: "The list was made anew since; begin it again."}
    for number, about in problems.items():
        answers[number] = {"description": about, "content": {PROBLEM: {"schema": WHERE}}}
    route["responses"] = answers
