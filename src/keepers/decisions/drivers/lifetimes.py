"""What people are worth to each brand as they switch between brands (Rust, Lemon and Zeithaml 2004)."""

from dataclasses import dataclass

import numpy as np

from keepers.decisions.drivers.lifetime_kernels import discounted_purchases
from keepers.decisions.drivers.survey import Survey, UnusableSurveyError
from keepers.decisions.terms.effects import Floats


@dataclass(frozen=True, slots=True)
class Outlook:
    """What lifetime values take for granted.

    years: how far they look
    annual_discount: what money loses in a year of waiting [share a year]
    margin: of what is spent, whatever the brand [share]
    """

    years: float = 3.0
    annual_discount: float = 0.10
    margin: float = 0.30

    def __post_init__(self) -> None:
        if not (0 < self.years <= 50 and 0 <= self.annual_discount <= 10 and 0 < self.margin <= 1):
            raise UnusableSurveyError(
                f"Lifetime values cannot look {self.years:g} years ahead at a discount of {self.annual_discount:g} and "
                f"a margin of {self.margin:g}. Write years up to 50, a discount from 0 and a margin between 0 and 1."
            )


def switching(attraction: Floats, stickiness: float) -> Floats:
    """(n, J, J) chance that a respondent who bought the row's brand last buys the column's next.

    A brand that a respondent does not consider has a column of zeros, and a row as of nothing bought.

    Args:
        attraction: (n, J) e^utility without inertia; 0 where a brand is not considered.
        stickiness: e^β₀.
    """
    rows = np.repeat(attraction[:, None, :], attraction.shape[1], axis=1)
    places = np.arange(attraction.shape[1])
    rows[:, places, places] *= stickiness
    chances: Floats = rows / rows.sum(axis=2, keepdims=True)
    return chances


def lifetime_values(survey: Survey, attraction: Floats, stickiness: float, outlook: Outlook) -> Floats:
    """(n, J) discounted margin of a respondent's purchases of each brand over the horizon [money].

    Σ_t (1 + d)^(−(t + ½) ÷ f) · margin · spend · B_t with B_0 the row of the brand bought last, B_t = B_0 · Mᵗ, over
    f · years purchases. The paper counts the next purchase as made today, and one more: (1 + d)^(−t ÷ f) over
    t = 0 … f · years. Here it is half an interval away, as it is for somebody asked at any moment, and people who buy
    a car every eight years are not credited with one now.

    Args:
        survey: frequency, spend and the brand bought last.
        attraction: (n, J) e^utility without inertia.
        stickiness: e^β₀.
        outlook: horizon, discount, margin.
    """
    found = np.empty(attraction.shape)
    frequency = np.maximum(survey.purchases_a_year, 1e-12)
    waits = (1.0 + outlook.annual_discount) ** (-1.0 / frequency)
    discounted_purchases(attraction, stickiness, survey.last, frequency * outlook.years, waits, found)
    return found * (outlook.margin * survey.spend)[:, None]
