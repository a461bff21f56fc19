"""Which names of organisations mean one."""

from collections.abc import Sequence

import pytest

from keepers.crm.customers.organisation_names import called, where_they_land


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


def meant(names: list[str], there: list[tuple[int, str]]) -> dict[str, int]:
    return where_they_land(names, there).there


def test_a_missing_legal_form_says_nothing_only_where_one_alone_is_told() -> None:
    assert meant(["Alpha Ltd"], [(1, "Alpha")]) == {"Alpha Ltd": 1}
    assert meant(["Alpha Ltd", "Alpha AG"], [(1, "Alpha")]) == {}
    assert meant(["Alpha", "Alpha AG"], [(1, "Alpha Ltd")]) == {}
    assert meant(["alpha", "alpha ag", "alpha kg"], [(1, "Alpha"), (2, "Alpha AG")]) == {"alpha": 1, "alpha ag": 2}
    assert meant(["alpha"], [(1, "Alpha AG"), (2, "Alpha KG")]) == meant(["alpha"], [(1, "Alpha"), (2, "ALPHA")]) == {}


def test_names_of_one_are_written_as_the_first_unless_they_or_who_is_there_tell_them_apart() -> None:
    def first(*names: str, there: Sequence[tuple[int, str]] = ()) -> list[str]:
        return list(where_they_land(names, there).spellings.values())

    assert first("Beta", "BETA Ltd") == ["Beta", "Beta"]
    assert first("Beta", "Beta Ltd", "Beta AG") == ["Beta", "Beta Ltd", "Beta AG"]
    assert first("Beta", "Beta AG", there=[(1, "Beta Ltd")]) == ["Beta", "Beta AG"], "another legal form is there"
    assert first("Beta", "Beta AG", there=[(1, "Beta"), (2, "Beta AG")]) == ["Beta", "Beta AG"], "both are there"


def test_a_name_that_landed_on_one_before_keeps_other_legal_forms_from_it() -> None:
    landed = [(1, "Alpha"), (1, "Alpha Ltd")]
    assert meant(["Alpha AG"], landed) == {}
    assert meant(["Alpha Ltd"], [*landed, (2, "Alpha AG")]) == {"Alpha Ltd": 1}, "as it did before"
