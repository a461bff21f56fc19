"""Sentences of imports in a reader's language."""

import pytest

from keepers.core.told import Told
from keepers.crm.jobs import wording
from keepers.valuation.fits import COSTS_DECIDE

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


def test_a_page_leaves_out_what_only_a_terminal_needs_and_nothing_else() -> None:
    doctor = Told.of("Customer %(customer)s owes 5. That is all.", customer="Dr. Müller keepers gmbh --best")
    assert wording.in_words(doctor) == doctor
    told = Told.of("WARNING: No amount in %(file)s. Choose one.", file="a.csv").on_terminals("Pass --map %(file)s.")
    assert told.endswith("Choose one. Pass --map a.csv.")
    assert wording.in_words(told) == "No amount in a.csv. Choose one."
    assert wording.in_words(Told.of("%(of)s So.", of=told)) == "No amount in a.csv. Choose one. So."
    assert wording.in_words(COSTS_DECIDE) == COSTS_DECIDE


def test_an_error_loses_no_name_of_the_readers_on_a_page() -> None:
    error = 'No column "Dr. Kunde --x" in "keepers gmbh. Alle.csv". There is "A". Pass --map customer_id="A. B".'
    assert wording.in_browser(error) == 'No column "Dr. Kunde --x" in "keepers gmbh. Alle.csv". There is "A".'
