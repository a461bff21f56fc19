"""What actions are called, and what their names tell."""

from keepers.decisions.terms.doing import (
    as_part,
    category_promoted,
    cost_within,
    parts_of,
    promoted,
    promotes,
    promotion_of,
    promotion_of_category,
)
from keepers.experiments.holding_out import parts_in


def test_a_category_and_a_product_are_never_called_the_same() -> None:
    products = [promotion_of(*pair) for pair in (("category", "Wine"), ("7", "category Wine"), ("7", None))]
    categories = [promotion_of_category(name) for name in ("Wine", "Wine (7)", "Wine + cheese")]
    assert [promoted(action) for action in products] == ["category", "7", "7"]
    assert [promoted(action) for action in categories] == [None, None, None]
    assert [category_promoted(action) for action in categories] == ["Wine", "Wine (7)", "Wine & cheese"]
    for action in (*products, *categories):
        assert promotes(action)
        assert parts_of(action) == (action,)
        assert cost_within(action, 0.5, 30) == 0.5, "an offer is made once"
    assert not promotes("send 4 mailings a year")


def test_a_name_of_several_lines_or_with_a_plus_is_one_part_of_an_action() -> None:
    named = [promotion_of(*pair) for pair in (("A + B", "Set +\nA + + B"), ("7\r\n8", "Käsebrett\nOlive"), ("7", "\n"))]
    named.append(promotion_of_category("Bread\nand + cheese"))
    for action in named:
        assert promotes(action)
        assert parts_in(action) == [action], "holds are found by it"
    assert named[:2] == ["promote Set & A & & B (A & B)", "promote Käsebrett Olive (7 8)"]
    assert [promoted(action) for action in named] == [as_part("A + B"), "7 8", "7", None]
