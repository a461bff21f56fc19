"""A survey of a market as arrays: who was asked, what they think of each brand, and which they would choose next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from keepers.core.errors import KeepersError
from keepers.decisions.terms.effects import Floats, Integers

VALUE, BRAND, RELATIONSHIP = EQUITIES = ("value", "brand", "relationship")
EVERYBODY = "everybody"
LEAST_RESPONDENTS = 20
UNKNOWN = -1


class UnusableSurveyError(KeepersError):
    """A survey from which nothing can be learned."""


@dataclass(frozen=True, slots=True)
class Driver:
    """Something that people rate brands by.

    equity: which of the three it belongs to: what one gets for one's money, the brand's name, or the tie to the firm
    """

    equity: str
    name: str

    @property
    def title(self) -> str:
        """As the survey's columns call it."""
        return f"{self.equity}: {self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What n people said of J brands and K drivers.

    respondents: (n,) what the survey calls them
    ratings: (n, J, K) on the survey's own scale; nan where nothing was said
    considered: (n, J) whether they would think of the brand at all
    last: (n,) the brand bought last; -1 where none is known
    chances: (n, J) the brand that they would buy next: chances that add up to 1
    purchases_a_year: (n,) in the category, whatever the brand
    spend: (n,) a purchase [money]
    weights: (n,) whom a respondent stands for, with mean 1
    segments: (n,) of the market
    """

    brands: tuple[str, ...]
    drivers: tuple[Driver, ...]
    respondents: NDArray[np.str_]
    ratings: Floats
    considered: NDArray[np.bool_]
    last: Integers
    chances: Floats
    purchases_a_year: Floats
    spend: Floats
    weights: Floats
    segments: NDArray[np.str_]

    @property
    def size(self) -> int:
        """How many were asked."""
        return len(self.last)

    @property
    def heads(self) -> float:
        """How many people asked alike would tell as much as these with their weights (Kish 1965): (Σw)² ÷ Σw²."""
        return float(self.weights.sum() ** 2 / (self.weights**2).sum())

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest rating anybody gave."""
        return float(np.nanmin(self.ratings)), float(np.nanmax(self.ratings))

    def brand(self, name: str) -> int:
        """The place of a brand.

        Raises:
            UnusableSurveyError: the survey has none of this name.
        """
        return place_of_brand(self.brands, name)

    def driver(self, name: str) -> int:
        """The place of a driver, by its title or its name alone.

        Raises:
            UnusableSurveyError: the survey has none of this name, or two.
        """
        asked = name.strip().casefold()
        found = [k for k, each in enumerate(self.drivers) if asked in {each.title.casefold(), each.name.casefold()}]
        if len(found) != 1:
            titles = ", ".join(each.title for each in self.drivers)
            raise UnusableSurveyError(f'The survey has {len(found)} drivers "{name}". It has: {titles}.')
        return found[0]

    def of(self, rows: Integers | NDArray[np.bool_]) -> "Survey":
        """The same of some respondents."""
        names = ("respondents", "ratings", "considered", "last", "chances", "purchases_a_year", "spend", "weights")
        return replace(self, **{name: getattr(self, name)[rows] for name in (*names, "segments")})


def place_of_brand(brands: Sequence[str], name: str) -> int:
    """The place of a brand among those of a survey.

    Raises:
        UnusableSurveyError: there is none of this name.
    """
    found = [place for place, brand in enumerate(brands) if brand.casefold() == name.strip().casefold()]
    if not found:
        raise UnusableSurveyError(f'The survey knows no brand "{name}". It has: {", ".join(brands)}.')
    return found[0]


def sized(survey: Survey, sizes: Mapping[str, float]) -> Survey:
    """The survey with weights by which each segment counts as much as it does in the market (post-stratification).

    Args:
        survey: in which respondents of a segment keep their weights beside one another; whoever is of none, theirs.
        sizes: how many people of the market are of each segment, in any one measure; none: nothing changes.

    Raises:
        UnusableSurveyError: a segment has no size, a size no segment, or a size is not above 0.
    """
    if not sizes:
        return survey
    named = survey.segments != ""
    names, place = np.unique(survey.segments[named], return_inverse=True)
    if set(names.tolist()) != set(sizes) or not all(0 < size < np.inf for size in sizes.values()):
        told = ", ".join(f'"{name}"' for name in names.tolist()) or "the survey names none"
        raise UnusableSurveyError(f"Say of every segment how large it is, as a number above 0, or of none: {told}.")
    asked = np.bincount(place, weights=survey.weights[named])
    wanted = np.array([sizes[name] for name in names.tolist()], dtype=np.float64)
    shares = wanted / wanted.sum() * asked.sum()
    weights = survey.weights.copy()
    weights[named] *= (shares / np.maximum(asked, 1e-300))[place]
    return replace(survey, weights=weights)


def check_survey(survey: Survey) -> Survey:
    """The survey, if a choice can be learned from it.

    Raises:
        UnusableSurveyError: fewer people than drivers ask for, fewer than two brands, or a driver that never differs.
    """
    least = max(LEAST_RESPONDENTS, 2 * (len(survey.drivers) + 1))
    if survey.size < least:
        raise UnusableSurveyError(
            f"{survey.size} people can be used, and {len(survey.drivers)} drivers ask for {least} at least. Ask more "
            "people, or leave drivers out."
        )
    if len(survey.brands) < 2:
        raise UnusableSurveyError("The survey has one brand, so nobody had a choice. Ask about the others they know.")
    if not survey.drivers:
        raise UnusableSurveyError('No column is a rating. Head them by kind and name, such as "value: price".')
    within = filled_ratings(survey) - _mean_considered(survey)
    still = [
        driver.title
        for k, driver in enumerate(survey.drivers)
        if not np.any(np.abs(within[..., k][survey.considered]) > 1e-9)
    ]
    if still:
        raise UnusableSurveyError(
            f"Everybody rates all brands alike on {_listed(still)}, so it cannot be why they choose one. Leave it out."
        )
    return survey


def filled_ratings(survey: Survey) -> Floats:
    """(n, J, K) ratings; where somebody gave none, what the others gave that brand on the mean."""
    weights = survey.weights[:, None, None] * ~np.isnan(survey.ratings)
    total = np.nansum(survey.ratings * survey.weights[:, None, None], axis=0)
    count = weights.sum(axis=0)
    over_all = total.sum(axis=0) / np.maximum(count.sum(axis=0), 1e-300)
    means = np.where(count > 0, total / np.where(count > 0, count, 1.0), over_all)
    return np.where(np.isnan(survey.ratings), means, survey.ratings)


def _mean_considered(survey: Survey) -> Floats:
    """(n, 1, K) each respondent's mean over the brands that they consider."""
    taken = survey.considered[..., None]
    filled = filled_ratings(survey)
    mean: Floats = (filled * taken).sum(axis=1, keepdims=True) / np.maximum(taken.sum(axis=1, keepdims=True), 1)
    return mean


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
