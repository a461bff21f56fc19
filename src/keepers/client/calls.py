"""One request after another: sent again where that is safe, what is wrong as an error with its sentence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import sleep
from typing import Any, Self
from uuid import uuid4

import httpx

from keepers.core.errors import KeepersError

ROOT = "/api/v1"
ATTEMPTS = 5
FIRST_REST = 0.5  # seconds before the second attempt, doubled with each
LONGEST_REST = 60.0
AGAIN = frozenset({429, 502, 503, 504})  # nothing was done; it may go the next time
READING = frozenset({"GET"})


class ApiError(KeepersError):
    """The API did not do what was asked.

    status: of HTTP
    errors: where in the request, each with `where` and `what`
    """

    def __init__(self, status: int, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.status, self.errors = status, errors or []


class NotAllowedError(ApiError):
    """The key opens nothing, or may not do this."""


class MissingError(ApiError):
    """There is no such thing, or none that the key may see."""


class ChangedMeanwhileError(ApiError):
    """Somebody changed it since it was read."""


class RefusedError(ApiError):
    """What was sent makes no sense there."""


class UnreachableError(KeepersError):
    """Nobody answered, however often it was tried."""


KINDS: Mapping[int, type[ApiError]] = {
    400: RefusedError,
    401: NotAllowedError,
    403: NotAllowedError,
    404: MissingError,
    412: ChangedMeanwhileError,
    413: RefusedError,
    422: RefusedError,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    told: the body, read
    etag: the tag of the thing's state
    """

    told: Any
    etag: str


@dataclass
class Calls:
    """A way to the API of one workspace, with a key.

    address: of the workspace, such as https://crm.example.com
    key: from Your account › Keys for programs
    attempts: how often a request is sent at most
    timeout: seconds to wait for an answer
    rest: waits that many seconds between two attempts
    transport: another way there than the network
    """

    address: str
    key: str = field(repr=False)
    attempts: int = ATTEMPTS
    timeout: float = 60.0
    rest: Callable[[float], None] = sleep
    transport: httpx.BaseTransport | None = None
    http: httpx.Client = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(
            base_url=self.address.rstrip("/") + ROOT,
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=self.timeout,
            transport=self.transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def call(
        self, method: str, where: str, *, body: Any = None, asked: Mapping[str, Any] | None = None, etag: str = "",
        files: Mapping[str, Any] | Sequence[tuple[str, Any]] | None = None,
    ) -> Answer:  # fmt: skip
        """Send a request, again where nobody answered or the workspace is busy; it is done once at most.

        Args:
            method: GET, POST …
            where: address below /api/v1.
            body: what is written, as JSON; with `files` the other parts of the form.
            asked: parameters of the address; those that are None are left out.
            etag: of the state that must still be there.
            files: name → (file's name, content), or such pairs where several parts have one name.

        Raises:
            ApiError: it was not done; the error says why and what to do.
            UnreachableError: nobody answered.
        """
        headers = {} if method in READING else {"Idempotency-Key": uuid4().hex}
        if etag:
            headers["If-Match"] = etag
        sent = {"data": body, "files": files} if files is not None else {"json": body} if body is not None else {}
        kept = {name: value for name, value in (asked or {}).items() if value is not None}
        request = self.http.build_request(method, where, params=_written(kept), headers=headers, **sent)
        answered = self._sent(request)
        if answered.is_success:
            told = answered.json() if "json" in answered.headers.get("Content-Type", "") else answered.content
            return Answer(told, answered.headers.get("ETag", ""))
        raise _error_of(answered)

    def _sent(self, request: httpx.Request) -> httpx.Response:
        request.read()
        for attempt in range(1, self.attempts + 1):
            last = attempt == self.attempts
            try:
                answered = self.http.send(request)
            except httpx.TransportError as error:
                if last:
                    raise UnreachableError(
                        f"{self.address} did not answer ({error}). Look whether Keepers runs there, then try again."
                    ) from error
                self.rest(_pause(attempt))
                continue
            if answered.status_code not in AGAIN or last:
                return answered
            self.rest(_pause(attempt, answered.headers.get("Retry-After", "")))
        raise AssertionError("there is at least one attempt")


def _pause(attempt: int, asked: str = "") -> float:
    """Seconds until the next attempt."""
    return min(float(asked) if asked.isdecimal() else FIRST_REST * 2.0 ** (attempt - 1), LONGEST_REST)


def _written(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as an address has them."""
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in asked.items()}


def _error_of(answered: httpx.Response) -> ApiError:
    kind = KINDS.get(answered.status_code, ApiError)
    try:
        told = answered.json()
    except ValueError:
        told = {}
    detail = told.get("detail") or f"The workspace answered {answered.status_code} {answered.reason_phrase}."
    errors: list[dict[str, str]] = told.get("errors", [])
    where = "".join(f" {each['where']}: {each['what']}." for each in errors)
    return kind(answered.status_code, f"{detail}{where}", errors)
