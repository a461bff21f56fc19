"""Sentences that know which words and figures they are made of, so that a page can say them in its reader's language.

Where nobody asks, such as on a terminal, each is the sentence in English. What a run or an import keeps of one is a
record of its words and figures; of sentences kept before there were records, the text.
"""

from collections.abc import Mapping
from typing import Any, Self

WARNING = "WARNING: "  # how one begins that must not be missed
Record = str | dict[str, Any]


class Told(str):
    """A sentence in English with what it is made of.

    words: with places for the figures, `%(name)s`
    many: the words where `number` is not one; empty where the words do not hang on one
    """

    __slots__ = ("figures", "many", "number", "words")
    words: str
    many: str
    number: int
    figures: Mapping[str, str]

    @classmethod
    def of(cls, words: str, many: str = "", number: int = 1, /, **figures: object) -> Self:
        """Put figures into words, or into other words where there are many."""
        told = {name: str(figure) for name, figure in figures.items()}
        sentence = cls((words if number == 1 or not many else many) % told)
        sentence.words, sentence.many, sentence.number, sentence.figures = words, many, number, told
        return sentence


def as_record(sentence: str) -> Record:
    """What is kept of a sentence, in values that JSON has."""
    if not isinstance(sentence, Told):
        return sentence
    kept: dict[str, Any] = {"words": sentence.words, "figures": dict(sentence.figures)}
    return kept | ({"many": sentence.many, "number": sentence.number} if sentence.many else {})


def from_record(record: Record) -> str:
    """The sentence of which this was kept."""
    if isinstance(record, str):
        return record
    return Told.of(record["words"], record.get("many", ""), record.get("number", 1), **record["figures"])
