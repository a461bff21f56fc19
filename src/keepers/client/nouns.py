"""The nouns of the API: each read page by page, written, and done something with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from keepers.client.calls import Calls

Told = TypeVar("Told")
ROWS_A_PAGE = 200


@dataclass(frozen=True, slots=True)
class Seen(Generic[Told]):
    """A thing as it was read; with its `etag` a change is done only if it is still so."""

    thing: Told
    etag: str


@dataclass(frozen=True, slots=True)
class Reading(Generic[Told]):
    """Things that can be read.

    calls: the way there
    at: their address
    """

    calls: Calls
    at: str

    def each(self, **asked: Any) -> Iterator[Told]:
        """All of them that the key may see, fetched a page at a time as they are needed.

        Args:
            asked: what the list is narrowed to, by the names of its parameters; `limit` is the size of a page.
        """
        after: Any = asked.pop("after", None)
        while True:
            page = self.calls.call("GET", self.at, asked={"limit": ROWS_A_PAGE, **asked, "after": after}).told
            yield from cast("list[Told]", page["items"])
            after = page["next"]
            if after is None:
                return

    def get(self, number: int | str) -> Told:
        """One of them.

        Raises:
            MissingError: there is none of this number.
        """
        return self.read(number).thing

    def read(self, number: int | str) -> Seen[Told]:
        """One of them, with the tag of its state.

        Raises:
            MissingError: there is none of this number.
        """
        answer = self.calls.call("GET", f"{self.at}/{number}")
        return Seen(cast("Told", answer.told), answer.etag)

    def do(self, number: int | str, deed: str, **given: Any) -> Any:
        """What the API does with one beside writing its fields: `tasks.do(7, "completion", outcome="reached")`."""
        return self.calls.call("POST", f"{self.at}/{number}/{deed}", body=given).told


@dataclass(frozen=True, slots=True)
class Writing(Reading[Told]):
    """Things that can be read and written."""

    def create(self, **given: Any) -> Told:
        """A new one.

        Raises:
            RefusedError: a value cannot be.
        """
        return cast("Told", self.calls.call("POST", self.at, body=given).told)

    def change(self, number: int, changes: Mapping[str, Any], *, etag: str = "") -> Told:
        """Write what is given; the rest stays.

        Args:
            number: of which one.
            changes: field → value.
            etag: of the state that was seen; empty to write whatever is there.

        Raises:
            ChangedMeanwhileError: somebody changed it since.
        """
        return cast("Told", self.calls.call("PATCH", f"{self.at}/{number}", body=dict(changes), etag=etag).told)

    def remove(self, number: int, *, etag: str = "") -> None:
        """Let it go.

        Raises:
            ChangedMeanwhileError: somebody changed it since it was seen.
        """
        self.calls.call("DELETE", f"{self.at}/{number}", etag=etag)
