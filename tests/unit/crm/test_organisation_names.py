"""Which names of organisations mean one."""

import pytest

from keepers.crm.customers.organisation_names import called, first_spellings, meant


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("राम", "रोम"), ("กิน", "กัน"), ("C++", "C"), ("C#", "C"), ("Studio 1.1", "Studio 11"), ("Co-op", "op"),
        ("Day Spa", "Day"), ("DAY SPA", "Day"), ("Cafe\u0301", "cafe"), ("AG Insurance", "Insurance"), ("Hi-Co", "Hi"),
        (".NET", "net"), ("Co GmbH", "GmbH"),
    ],
)  # fmt: skip
def test_what_means_something_keeps_names_apart(one: str, other: str) -> None:
    assert called(one).words != called(other).words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Cima S.p.A.", "CIMA SpA"), ("Alpha, Ltd.", "alpha limited"), ("Foo d.o.o.", "FOO doo"), ("E.ON", "eon"),
        ("Cafe\u0301", "Café"), ("STRASSE", "Straße"), ("1. FC Köln", "1 FC Köln"), ("Coca‑Cola", "Coca Cola"),
        ("Alpha GmbH & Co. KG", "ALPHA GmbH & Co KG"), ("می\u200cخواهم", "میخواهم"),
    ],
)  # fmt: skip
def test_points_case_and_signs_do_not(one: str, other: str) -> None:
    assert called(one) == called(other)


def test_a_missing_legal_form_says_nothing_only_where_one_alone_is_told() -> None:
    assert meant(["Alpha Ltd"], [(1, "Alpha")]) == {"Alpha Ltd": 1}
    assert meant(["Alpha Ltd", "Alpha AG"], [(1, "Alpha")]) == {}
    assert meant(["Alpha", "Alpha AG"], [(1, "Alpha Ltd")]) == {}
    assert meant(["alpha", "alpha ag", "alpha kg"], [(1, "Alpha"), (2, "Alpha AG")]) == {"alpha": 1, "alpha ag": 2}
    assert meant(["alpha"], [(1, "Alpha AG"), (2, "Alpha KG")]) == meant(["alpha"], [(1, "Alpha"), (2, "ALPHA")]) == {}
    assert first_spellings(["Beta", "BETA Ltd"]) == {"Beta": "Beta", "BETA Ltd": "Beta"}
    assert first_spellings(["Beta", "Beta Ltd", "Beta AG"]) == {each: each for each in ("Beta", "Beta Ltd", "Beta AG")}
