"""A design says who the customers are without depending on units, and tells what it left out."""

import numpy as np
import pytest

from keepers.clv.kinds.design import OTHER, Design, Groups, InvalidCovariatesError, Numbers


def test_numbers_are_measured_from_their_mean_in_standard_deviations() -> None:
    design, pattern = Design.of([Numbers("income", np.array([10.0, 20.0, 20.0, 30.0]))])
    values = design.patterns[pattern, 0]
    assert values == pytest.approx(np.array([-1, 0, 0, 1]) * np.sqrt(2))
    assert (design.columns[0].centre, design.columns[0].step) == pytest.approx((20.0, np.sqrt(50.0)))
    assert design.share == pytest.approx([0.25, 0.5, 0.25])


def test_the_unit_of_a_number_does_not_matter() -> None:
    income = np.array([1.0, 2.0, 5.0, 9.0])
    one, _ = Design.of([Numbers("income", income)])
    other, _ = Design.of([Numbers("income", 1000 * income + 7)])
    assert other.patterns == pytest.approx(one.patterns)


def test_every_group_has_a_column_of_its_own() -> None:
    design, pattern = Design.of([Groups.of("channel", ["web", "shop", "web", ""])], least_group=1)
    assert design.names == ("channel shop", "channel unknown", "channel web")
    assert design.patterns[pattern].tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 0]]


def test_equal_customers_share_a_pattern() -> None:
    random = np.random.default_rng(1)
    labels, numbers = random.choice(["a", "b", "c"], 500), random.integers(0, 4, 500).astype(float)
    design, pattern = Design.of([Groups.of("segment", labels), Numbers("size", numbers)])
    assert len(design.patterns) == 12
    again = design.patterns[pattern]
    assert again[:, :3].argmax(axis=1).tolist() == ["abc".index(label) for label in labels]
    assert np.corrcoef(again[:, 3], numbers)[0, 1] == pytest.approx(1.0)


def test_small_groups_are_taken_together_and_told_of() -> None:
    labels = ["web"] * 50 + ["shop"] * 40 + ["fax"] * 3 + ["telex"] * 2
    design, _ = Design.of([Groups.of("channel", labels)])
    assert design.names == ("channel other", "channel shop", "channel web")
    assert design.columns[0].customers == 5
    assert "2 groups of fewer than 30 customers" in design.warnings[0]


def test_a_number_can_be_rounded_to_a_few_bins() -> None:
    values = np.random.default_rng(2).lognormal(size=5_000)
    design, pattern = Design.of([Numbers("basket", values)], most_values=12)
    assert len(design.patterns) == 12
    assert np.bincount(pattern) == pytest.approx(np.full(12, 5_000 / 12), abs=2)
    back = design.patterns[pattern, 0] * design.columns[0].step + design.columns[0].centre
    assert back.mean() == pytest.approx(values.mean())


def test_what_is_the_same_for_all_is_left_out_and_told_of() -> None:
    design, pattern = Design.of([Numbers("year", np.full(9, 2024.0)), Groups.of("country", ["DE"] * 9)])
    assert design.columns == ()
    assert pattern.tolist() == [0] * 9
    assert "the same for all" in design.warnings[0]
    assert "one group only" in design.warnings[1]


def test_unknown_numbers_count_as_the_mean_and_many_of_them_as_a_group() -> None:
    few = np.concatenate([np.arange(100.0), [np.nan]])
    design, pattern = Design.of([Numbers("age", few)])
    assert design.patterns[pattern[-1]].tolist() == [0.0]
    assert "not known of 1 customers" in design.warnings[0]
    many, pattern = Design.of([Numbers("age", np.concatenate([np.arange(100.0), np.full(40, np.nan)]))])
    assert many.names == ("age", "age unknown")
    assert many.patterns[pattern[-1]].tolist() == [0.0, 1.0]


def test_columns_that_say_the_same_are_told_of() -> None:
    random = np.random.default_rng(3)
    size = random.normal(size=300)
    design, _ = Design.of([Numbers("staff", size), Numbers("turnover", size + 0.01 * random.normal(size=300))])
    assert len(design.warnings) == 1
    assert "staff and turnover say nearly the same" in design.warnings[0]


def test_other_customers_are_described_by_the_same_columns() -> None:
    labels = ["web"] * 40 + ["shop"] * 40 + ["fax", "telex"]
    terms = [Groups.of("channel", labels), Numbers("age", np.arange(82.0))]
    design, _ = Design.of(terms)
    new, pattern = design.of_others([Numbers("age", np.array([40.5, 0.0])), Groups.of("channel", ["drone", "web"])])
    rows = new.patterns[pattern]
    assert rows[0].tolist() == [1.0, 0.0, 0.0, 0.0]  # never seen: as the other small groups
    assert rows[1, :3].tolist() == [0.0, 0.0, 1.0]
    assert rows[1, 3] == pytest.approx(-40.5 / design.columns[3].step)
    assert OTHER in design.names[0]


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ([Numbers("a", np.arange(3.0)), Numbers("a", np.arange(3.0))], "Two covariates"),
        ([Numbers("a", np.arange(3.0)), Groups.of("b", ["x", "y"])], "differ in length"),
        ([Numbers("a", np.array([1.0, np.inf]))], "infinite"),
    ],
)
def test_terms_that_cannot_be_are_refused(terms, told) -> None:
    with pytest.raises(InvalidCovariatesError, match=told):
        Design.of(terms)


def test_a_missing_term_is_named() -> None:
    design, _ = Design.of([Groups.of("channel", ["a", "b"])], least_group=1)
    with pytest.raises(InvalidCovariatesError, match="have no channel"):
        design.of_others([Numbers("age", np.arange(2.0))])
