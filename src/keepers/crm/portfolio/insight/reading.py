"""Kept answers for a reader: with their sentences in the reader's language."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from keepers.crm.jobs.wording import in_words
from keepers.insight.answers import Answer
from keepers.insight.keeping import restored


def answer_read(kept: Mapping[str, Any]) -> Answer:
    """The answer that was kept, in the reader's words.

    Raises:
        UnreadableAnswerError: another version kept it in a form that this one does not know.
    """
    return said(restored(kept))


def said(answer: Answer) -> Answer:
    """The answer with its sentences in the reader's language."""
    return replace(
        answer,
        finding=in_words(answer.finding),
        definition=in_words(answer.definition),
        notes=tuple(map(in_words, answer.notes)),
        left_out=in_words(answer.left_out),
    )
