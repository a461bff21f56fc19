"""Sentences of a valuation's story."""

from typing import Any

from keepers.cli.stories.value import _newcomers


def worth(source: str, low: float, high: float) -> dict[str, Any]:
    return {
        "source": source,
        "lifetime_value": {"mean": (low + high) / 2, "low": low, "high": high},
        "one_customer": {"low": low / 2, "high": 2 * high},
    }


def test_sources_are_told_apart_only_where_a_range_lies_beside_another() -> None:
    everybody, web, shop = worth("all", 310, 520), worth("channel: web", 309, 527), worth("channel: shop", 308, 533)
    first, second = _newcomers([everybody, web, shop], "EUR")
    assert first.startswith("A new customer is worth")
    assert second == "By channel no difference shows."
    assert len(list(_newcomers([everybody, web], "EUR"))) == 2, "one source alone is told"
    apart = list(_newcomers([everybody, web, worth("channel: shop", 600, 700)], "EUR"))
    assert [sentence.split(" is ")[0] for sentence in apart] == [
        "A new customer", "One from channel: web", "One from channel: shop",
    ]  # fmt: skip
