import pytest

from keepers.core.money import money, money_range


@pytest.mark.parametrize(
    ("amount", "currency", "read"),
    [
        (1_842_000, "EUR", "€1.84 m"),
        (12_345, "USD", "$12 k"),
        (9_999.6, "USD", "$10 k"),
        (1_234, "GBP", "£1.2 k"),
        (412.4, "EUR", "€412"),
        (4.2, "SEK", "SEK 4.20"),
        (4.2, None, "4.20"),
        (-50, "EUR", "−€50"),
        (0, "EUR", "€0"),
        (None, "EUR", "–"),
        (float("nan"), "EUR", "–"),
    ],
)
def test_money_is_short_and_rounded(amount: float | None, currency: str | None, read: str) -> None:
    assert money(amount, currency) == read


def test_a_range_leaves_the_sign_to_the_figure_beside_it() -> None:
    assert money_range(268, 640) == "268 – 640"
    assert money_range(None, 640) == "–"
