"""Sentences of imports in a reader's language."""

import pytest

from keepers.core.told import Told
from keepers.crm.jobs import wording

GERMAN = {
    "%(file)s has no header.": "%(file)s hat keine Kopfzeile.",
    "%(ids)s ids are long.": "%(ids)s Kennungen sind lang.",
    "%(n)s lines": "%(n)s Zeilen",
    "Known by its text.": "Am Text erkannt.",
}


def test_a_note_is_told_in_the_readers_language_with_its_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wording, "gettext", lambda words: GERMAN.get(words, words))
    monkeypatch.setattr(wording, "ngettext", lambda one, many, number: GERMAN[many] if number != 1 else one)
    assert wording.in_words(Told.of("%(file)s has no header.", file="100%.csv")) == "100%.csv hat keine Kopfzeile."
    assert wording.in_words(Told.of("WARNING: %(ids)s ids are long.", ids="1,200")) == "1,200 Kennungen sind lang."
    assert wording.in_words(Told.of("%(n)s line", "%(n)s lines", 3, n=3)) == "3 Zeilen"
    assert wording.in_words("Known by its text.") == "Am Text erkannt."
    assert wording.in_words("WARNING: Kept as text before, 5 %.") == "Kept as text before, 5 %."
