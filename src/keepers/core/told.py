"""Sentences that know which words and figures they are made of, so that a page can say them in its reader's language.

Where nobody asks, such as on a terminal, each is the sentence in English. What a run or an import keeps of one is a
record of its words and figures; of sentences kept before there were records, the text. A figure may be a sentence too.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

WARNING = "WARNING: "  # how one begins that must not be missed
Record = str | dict[str, Any]
COMMA, AND = "%(before)s, %(part)s", "%(before)s and %(part)s"


class Told(str):
    """A sentence in English with what it is made of.

    words: with places for the figures, `%(name)s`
    many: the words where `number` is not one; empty where the words do not hang on one
    terminal: words that follow on a terminal, such as options to pass; a page leaves them out
    """

    __slots__ = ("figures", "many", "number", "terminal", "words")
    words: str
    many: str
    number: int
    terminal: str
    figures: Mapping[str, str]  # or sentences of their own

    @classmethod
    def of(cls, words: str, many: str = "", number: int = 1, /, **figures: object) -> Self:
        """Put figures into words, or into other words where there are many."""
        told = {name: figure if isinstance(figure, Told) else str(figure) for name, figure in figures.items()}
        sentence = cls((words if number == 1 or not many else many) % told)
        sentence.words, sentence.many, sentence.number, sentence.figures = words, many, number, told
        sentence.terminal = ""
        return sentence

    def on_terminals(self, words: str) -> Self:
        """The sentence with words after it that mean something on a terminal only; its figures fit into them too."""
        sentence = type(self)(f"{self} {words % self.figures}")
        sentence.words, sentence.many, sentence.number, sentence.figures = (
            self.words,
            self.many,
            self.number,
            self.figures,
        )
        sentence.terminal = words
        return sentence


def listed(parts: Sequence[str], *, last: str = AND) -> str:
    """Parts in a row with commas, the last one after "and" or as it is said: a figure of a sentence."""
    found, *others = parts
    for place, part in enumerate(others, 1):
        found = Told.of(last if place == len(others) else COMMA, before=found, part=part)
    return found


def as_record(sentence: str) -> Record:
    """What is kept of a sentence, in values that JSON has."""
    if not isinstance(sentence, Told):
        return sentence
    figures = {name: as_record(figure) for name, figure in sentence.figures.items()}
    kept: dict[str, Any] = {"words": sentence.words, "figures": figures}
    kept |= {"terminal": sentence.terminal} if sentence.terminal else {}
    return kept | ({"many": sentence.many, "number": sentence.number} if sentence.many else {})


def from_record(record: Record) -> str:
    """The sentence of which this was kept."""
    if isinstance(record, str):
        return record
    figures = {name: from_record(figure) for name, figure in record["figures"].items()}
    told = Told.of(record["words"], record.get("many", ""), record.get("number", 1), **figures)
    return told.on_terminals(record["terminal"]) if "terminal" in record else told


def with_records(account: Any) -> Any:
    """An account in values that JSON has, with the records of the sentences that it holds."""
    if isinstance(account, Mapping):
        return {name: with_records(part) for name, part in account.items()}
    if isinstance(account, list | tuple):
        return [with_records(part) for part in account]
    return as_record(account) if isinstance(account, Told) else account


def with_sentences(account: Any) -> Any:
    """The account of which this was kept."""
    if isinstance(account, Mapping):
        if account.keys() >= {"words", "figures"} and isinstance(account["words"], str):
            return from_record(dict(account))
        return {name: with_sentences(part) for name, part in account.items()}
    return [with_sentences(part) for part in account] if isinstance(account, list) else account
