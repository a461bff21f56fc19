"""From one row a respondent and brand to the arrays of a survey, and what had to be left out or filled in."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from keepers.decisions.drivers.survey import EQUITIES, UNKNOWN, Driver, Survey, UnusableSurveyError, check_survey
from keepers.decisions.terms.effects import Floats

NO_CHOICE = "said of no brand that they would buy it next"
NO_WEIGHT = "have no weight"


@dataclass(frozen=True, slots=True)
class Answers:
    """A survey, and what became of its rows: asked = used + left out, always.

    left_out: how many people could not be used, by why
    filled: ratings of brands that people consider and did not rate; what others gave the brand stands in
    notes: what else was taken for granted, in sentences
    """

    survey: Survey
    asked: int
    left_out: dict[str, int]
    filled: int
    notes: tuple[str, ...]


def answers_of(
    rows: pa.Table,
    ratings: tuple[str, ...],
    *,
    purchases_a_year: float | None = None,
    spend: float | None = None,
) -> Answers:
    """The survey of a table with one row a respondent and brand.

    Args:
        rows: respondent, brand, considered, is_last, next_chance, purchases_a_year, spend, weight, segment, and a
            column of each rating.
        ratings: their names, `kind: name`.
        purchases_a_year: of whoever did not say; None: the median of those who did.
        spend: a purchase, likewise [money].

    Raises:
        UnusableSurveyError: nobody says how often or for how much they buy, a figure is below zero, or too little is
            left to learn from.
    """
    people, who = _places(rows, "respondent")
    brands, which = _places(rows, "brand")
    shape = (len(people), len(brands))
    given = {
        name: _spread(rows, name, who, which, shape) for name in ("considered", "is_last", "next_chance", *ratings)
    }
    about = {name: _about(rows, name, who, len(people)) for name in ("purchases_a_year", "spend", "weight")}
    chances, last = _choices(given, people)
    notes: list[str] = []
    frequency = _told(about["purchases_a_year"], purchases_a_year, "how often they buy in a year", notes)
    money = _told(about["spend"], spend, "what they spend on a purchase", notes)
    weights, unweighted = _weights(about["weight"])
    total = chances.sum(axis=1)
    left_out = {NO_CHOICE: int((total == 0).sum()), NO_WEIGHT: int((unweighted & (total > 0)).sum())}
    kept = np.flatnonzero((total > 0) & ~unweighted)
    if not len(kept):
        raise UnusableSurveyError(
            "Nobody says which brand they would buy next, so no choice can be learned. Add a column next_brand, or "
            'chances in columns "next [Aurora]".'
        )
    considered = (np.nan_to_num(given["considered"]) > 0) | last | (chances > 0)
    survey = Survey(
        brands=tuple(str(brand) for brand in brands),
        drivers=tuple(_driver(name) for name in ratings),
        respondents=people,
        ratings=np.stack([given[name] for name in ratings], axis=2),
        considered=considered,
        last=np.where(last.any(axis=1), last.argmax(axis=1), UNKNOWN).astype(np.int64),
        chances=chances / np.where(total > 0, total, 1.0)[:, None],
        purchases_a_year=frequency,
        spend=money,
        weights=weights,
        segments=_segments(rows, who, len(people)),
    ).of(kept)
    filled = int((np.isnan(survey.ratings) & survey.considered[..., None]).sum())
    left_out = {why: count for why, count in left_out.items() if count}
    return Answers(check_survey(survey), len(people), left_out, filled, tuple(notes))


def _places(rows: pa.Table, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The distinct words of a column in the order they come, and each row's place among them."""
    coded = rows[name].combine_chunks().dictionary_encode()
    words = np.array(coded.dictionary.to_pylist(), dtype=str)
    return words, coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)


def _spread(rows: pa.Table, name: str, who: np.ndarray, which: np.ndarray, shape: tuple[int, int]) -> Floats:
    found = np.full(shape, np.nan)
    found[who, which] = rows[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
    return found


def _choices(given: dict[str, Floats], people: np.ndarray) -> tuple[Floats, np.ndarray]:
    """What they would buy next, and whether a brand was bought last."""
    chances, last = np.nan_to_num(given["next_chance"]), np.nan_to_num(given["is_last"]) > 0
    if (chances < 0).any():
        raise UnusableSurveyError("A chance of being bought next is below zero. Write 0 to 1, or 0 to 100.")
    if twice := [str(people[i]) for i in np.flatnonzero(last.sum(axis=1) > 1)[:1]]:
        raise UnusableSurveyError(f"Respondent {twice[0]} bought two brands last. Mark one.")
    return chances, last


def _about(rows: pa.Table, name: str, who: np.ndarray, people: int) -> Floats:
    """The first figure that each respondent's rows hold."""
    values = rows[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
    found = np.full(people, np.nan)
    told = np.flatnonzero(~np.isnan(values))[::-1]
    found[who[told]] = values[told]
    if (found < 0).any():
        raise UnusableSurveyError(f"A figure in {name} is below zero. Mend it, or leave it empty.")
    return found


def _told(values: Floats, other: float | None, what: str, notes: list[str]) -> Floats:
    """The values, filled where they are missing."""
    missing = np.isnan(values)
    if not missing.any():
        return values
    if other is None and missing.all():
        raise UnusableSurveyError(
            f"The survey does not say {what}, so it cannot tell what they are worth. Add a column purchases_a_year and "
            "one spend, or give one figure for everybody."
        )
    if other is None:
        other = float(np.median(values[~missing]))
        notes.append(f"{int(missing.sum()):,} people did not say {what}; the median, {other:g}, is taken for them.")
    elif not other > 0:
        raise UnusableSurveyError(f"A figure for {what} must be above 0.")
    return np.where(missing, other, values)


def _weights(given: Floats) -> tuple[Floats, np.ndarray]:
    """Weights with mean 1, and who has none although others do."""
    missing = np.isnan(given)
    if missing.all():
        return np.ones(len(given)), np.zeros(len(given), dtype=np.bool_)
    without = missing | (given == 0)
    weights = np.where(without, 0.0, given)
    total = float(weights.sum())
    return weights * (~without).sum() / (total if total > 0 else 1.0), without


def _segments(rows: pa.Table, who: np.ndarray, people: int) -> np.ndarray:
    """The first word that each respondent's rows hold."""
    words = np.array([word or "" for word in rows["segment"].cast(pa.string()).to_pylist()], dtype=str)
    found = np.full(people, "", dtype=words.dtype)
    told = np.flatnonzero(np.char.str_len(np.char.strip(words)))[::-1]
    found[who[told]] = words[told]
    return found


def _driver(name: str) -> Driver:
    kind, _, title = name.partition(": ")
    if kind not in EQUITIES:
        raise UnusableSurveyError(f'"{name}" is of no kind of driver. They are {", ".join(EQUITIES)}.')
    return Driver(kind, title)
