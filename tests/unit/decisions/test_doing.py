"""What actions are called, and what their names tell."""

from keepers.decisions.doing import (
    category_promoted,
    cost_within,
    parts_of,
    promoted,
    promotes,
    promotion_of,
    promotion_of_category,
)


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
