"""Who the customers are, as numbers a model can use: covariates and groups, standardised, each distinct pattern once.

    design, pattern = Design.of([Numbers("income", income), Groups.of("channel", channel)])
    histories = Histories.of(repeat_orders, age_at_last_order, age, pattern=pattern)

A number is measured from its mean in its standard deviations, so that its unit does not matter. A group is a column of
its own, 1 for its customers and 0 for the others; all groups of one term have a column, because none is special: it is
the ridge of `covariates` that tells the groups from their common mean. Small groups are taken together as `OTHER`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from keepers.clv.histories import Floats, Integers
from keepers.core.errors import KeepersError
from keepers.core.told import Told

OTHER, UNKNOWN, EVERYBODY = "other", "unknown", "everybody"
LEAST_GROUP = 30.0  # customers; a smaller group tells nothing that its prior does not
_NEARLY_THE_SAME = 0.95  # correlation of two columns beyond which the data hardly tell them apart


class InvalidCovariatesError(KeepersError):
    """Covariates that do not belong to the customers, or customers whose pattern the design does not have."""


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A numeric covariate: its name and (n,) values, nan where it is not known."""

    name: str
    values: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """A term that parts the customers into groups (channel, cohort, segment).

    codes: (n,) which of the `levels` each customer belongs to
    """

    name: str
    codes: Integers
    levels: tuple[str, ...]

    @classmethod
    def of(cls, name: str, labels: ArrayLike) -> Self:
        """From (n,) labels; an empty one is a group that is not known."""
        texts = np.asarray(labels, dtype=np.str_)
        levels, codes = np.unique(np.where(texts == "", UNKNOWN, texts), return_inverse=True)
        return cls(name, np.asarray(codes, dtype=np.int64), tuple(str(level) for level in levels))


Term = Numbers | Groups


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the design: (value − centre) / step of a number, or 1 for the customers of a group.

    term: what the customers are told apart by
    level: which group of the term; None for a number, `UNKNOWN` for those whose number is not known
    customers: how many belong to the group, or have the number
    """

    term: str
    level: str | None
    customers: float
    is_group: bool = True
    centre: float = 0.0
    step: float = 1.0

    @property
    def title(self) -> str:
        """How sentences call it."""
        return self.term if self.level is None else f"{self.term} {self.level}"


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The columns, and each distinct pattern of a customer once.

    patterns: (m, p) value of each column [–]
    share: (m,) customers with the pattern, as a share of all
    warnings: full sentences about columns that tell little or cannot be told apart
    """

    columns: tuple[Column, ...]
    patterns: Floats
    share: Floats
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        terms: Sequence[Term],
        *,
        weight: Floats | None = None,
        least_group: float = LEAST_GROUP,
        most_values: int | None = None,
    ) -> tuple["Design", Integers]:
        """The design, and for each customer the row of `patterns` that describes them.

        Args:
            terms: what is known of the same (n,) customers.
            weight: (n,) how many customers each row stands for.
            least_group: groups of fewer customers are taken together.
            most_values: a number with more distinct values is rounded to as many bins with equally many customers, so
                that more customers share a pattern; None: as it is.

        Raises:
            InvalidCovariatesError: the terms differ in length, two have one name, or a number is infinite.
        """
        _check(terms)
        rows = _length(terms[0]) if terms else 0
        weights = np.ones(rows) if weight is None else np.asarray(weight, dtype=np.float64)
        warnings: list[str] = []
        coded = [
            _numeric(term, weights, most_values, warnings)
            if isinstance(term, Numbers)
            else _grouped(term, weights, least_group, warnings)
            for term in terms
        ]
        columns = tuple(column for each in coded for column in each.columns)
        patterns, pattern = _crossed(coded, rows)
        share = np.bincount(pattern, weights=weights, minlength=len(patterns)) / max(float(weights.sum()), 1e-300)
        return cls(columns, patterns, share, (*warnings, *_alike(columns, patterns, share))), pattern

    @property
    def names(self) -> tuple[str, ...]:
        """(p,) titles of the columns."""
        return tuple(column.title for column in self.columns)

    @property
    def labels(self) -> tuple[str, ...]:
        """(m,) each pattern in words, no two alike: "channel web, income 41.5"."""
        told = [", ".join(_in_words(self.columns, values)) or EVERYBODY for values in self.patterns]
        seen = [told[:place].count(label) for place, label in enumerate(told)]
        return tuple(f"{label} ({before + 1})" if before else label for label, before in zip(told, seen, strict=True))

    @property
    def blocks(self) -> tuple[tuple[str, Integers], ...]:
        """Which columns share one ridge: all numbers together (called ""), and the groups of each term."""
        names = np.array([column.term if column.is_group else "" for column in self.columns], dtype=np.str_)
        return tuple((str(name), np.flatnonzero(names == name)) for name in dict.fromkeys(names.tolist()))

    def of_others(self, terms: Sequence[Term]) -> tuple["Design", Integers]:
        """The same columns for other customers; one of a group never seen counts as `OTHER`, or as the common mean.

        Raises:
            InvalidCovariatesError: a term of the design is missing.
        """
        _check(terms)
        known = {term.name: term for term in terms}
        wanted = dict.fromkeys(column.term for column in self.columns)
        if missing := sorted(set(wanted) - set(known)):
            told = ", ".join(missing)
            raise InvalidCovariatesError(f"These customers have no {told}, which the model was fitted with.")
        coded = [
            _as_fitted(known[name], tuple(column for column in self.columns if column.term == name)) for name in wanted
        ]
        patterns, pattern = _crossed(coded, _length(terms[0]) if terms else 0)
        share = np.bincount(pattern, minlength=len(patterns)) / max(len(pattern), 1)
        return replace(self, patterns=patterns, share=share), pattern


def _in_words(columns: Sequence[Column], values: Floats) -> Iterator[str]:
    """What a pattern says of its customers: their groups, and their numbers in the unit they came in."""
    unknown = {column.term for column, value in zip(columns, values, strict=True) if column.level == UNKNOWN and value}
    for column, value in zip(columns, values, strict=True):
        if column.level is None and column.term not in unknown:
            yield f"{column.term} {column.centre + column.step * value:.4g}"
        elif column.level is not None and value:
            yield column.title


@dataclass(frozen=True, slots=True, eq=False)
class _Coded:
    """A term: its columns, their (levels, columns) values, and each customer's level (n,)."""

    columns: tuple[Column, ...]
    table: Floats
    codes: Integers


def _numeric(term: Numbers, weight: Floats, most_values: int | None, warnings: list[str]) -> _Coded:
    values, codes = np.unique(np.asarray(term.values, dtype=np.float64), return_inverse=True)
    if most_values is not None and np.isfinite(values).sum() > most_values:
        values, codes = _binned(values, codes, weight, most_values)
    mass = np.bincount(codes, weights=weight, minlength=len(values))
    known = np.isfinite(values)
    total, unknown = float(mass[known].sum()), float(mass[~known].sum())
    centre = float(values[known] @ mass[known]) / total if total > 0 else 0.0
    away = np.where(known, values - centre, 0.0)
    step = float(np.sqrt(away**2 @ mass / total)) if total > 0 else 0.0
    if not step > 1e-12 * abs(centre):
        warnings.append(
            Told.of("%(name)s is the same for all customers, so it tells nothing and is left out.", name=term.name)
        )
        return _Coded((), np.zeros((1, 0)), np.zeros(len(codes), dtype=np.int64))
    columns = [Column(term.name, None, total, is_group=False, centre=centre, step=step)]
    table = [away / step]
    if unknown >= LEAST_GROUP:
        columns.append(Column(term.name, UNKNOWN, unknown, is_group=False))
        table.append((~known).astype(np.float64))
    elif unknown:
        words = "%(name)s is not known of %(customers)s customers; the mean stands in for it."
        warnings.append(Told.of(words, name=term.name, customers=f"{unknown:g}"))
    return _Coded(tuple(columns), np.column_stack(table), np.asarray(codes, dtype=np.int64))


def _binned(values: Floats, codes: Integers, weight: Floats, most: int) -> tuple[Floats, Integers]:
    """Sorted distinct values as the means of bins that hold about equally many customers; nan stays nan."""
    known = np.isfinite(values)
    mass = np.bincount(codes, weights=weight, minlength=len(values))[known]
    middle = (np.cumsum(mass) - mass / 2) / mass.sum()
    bins = np.minimum((middle * most).astype(np.int64), most - 1)
    total = np.bincount(bins, weights=mass, minlength=most)
    mean = np.bincount(bins, weights=mass * values[known], minlength=most) / np.maximum(total, 1e-300)
    binned = values.copy()
    binned[known] = mean[bins]
    distinct, place = np.unique(binned, return_inverse=True)
    return distinct, np.asarray(place, dtype=np.int64)[codes]


def _grouped(term: Groups, weight: Floats, least_group: float, warnings: list[str]) -> _Coded:
    size = np.bincount(term.codes, weights=weight, minlength=len(term.levels))
    present = np.flatnonzero(size > 0)
    small = present[size[present] < least_group]
    names = list(term.levels)
    if len(small) > 1 or (len(small) == 1 and OTHER in names):
        words = '%(name)s: %(groups)s groups of fewer than %(least)s customers are taken together as "%(other)s".'
        warnings.append(Told.of(words, name=term.name, groups=len(small), least=f"{least_group:g}", other=OTHER))
        for place in small:
            names[place] = OTHER
    kept = sorted({names[place] for place in present})
    if len(kept) < 2:
        warnings.append(Told.of("%(name)s has one group only, so it tells nothing and is left out.", name=term.name))
        return _Coded((), np.zeros((1, 0)), np.zeros(len(term.codes), dtype=np.int64))
    place_of = np.array([kept.index(name) if name in kept else 0 for name in names], dtype=np.int64)
    sizes = np.bincount(place_of, weights=size, minlength=len(kept))
    columns = tuple(Column(term.name, level, float(count)) for level, count in zip(kept, sizes, strict=True))
    return _Coded(columns, np.eye(len(kept)), place_of[term.codes])


def _as_fitted(term: Term, columns: tuple[Column, ...]) -> _Coded:
    if isinstance(term, Numbers):
        values, codes = np.unique(np.asarray(term.values, dtype=np.float64), return_inverse=True)
        known = np.isfinite(values)
        number = columns[0]
        table = [np.where(known, (values - number.centre) / number.step, 0.0)]
        table += [(~known).astype(np.float64) for _ in columns[1:]]
        return _Coded(columns, np.column_stack(table), np.asarray(codes, dtype=np.int64))
    levels = [column.level for column in columns]
    named = [level if level in levels else OTHER for level in term.levels]
    return _Coded(columns, np.array([[float(name == level) for level in levels] for name in named]), term.codes)


def _crossed(coded: Sequence[_Coded], rows: int) -> tuple[Floats, Integers]:
    """The distinct combinations of the terms' levels as (m, p) values, and each customer's combination."""
    pattern, patterns = np.zeros(rows, dtype=np.int64), np.zeros((1, 0))
    for each in coded:
        both, pattern = np.unique(pattern * len(each.table) + each.codes, return_inverse=True)
        before, level = np.divmod(both, len(each.table))
        patterns = np.column_stack([patterns[before], each.table[level]])
    return np.ascontiguousarray(patterns), np.asarray(pattern, dtype=np.int64)


def _alike(columns: Sequence[Column], patterns: Floats, share: Floats) -> Iterator[str]:
    """A sentence for each two columns of different terms that say nearly the same."""
    away = patterns - share @ patterns
    spread = np.sqrt(share @ away**2)
    together = (away * share[:, None]).T @ away / np.maximum(np.outer(spread, spread), 1e-300)
    for i, one in enumerate(columns):
        for j, other in enumerate(columns[:i]):
            if abs(together[i, j]) > _NEARLY_THE_SAME and other.term != one.term:
                yield Told.of(
                    "%(other)s and %(one)s say nearly the same of the customers (correlation %(correlation)s), so the "
                    "data cannot tell their effects apart; read them together.",
                    other=other.title,
                    one=one.title,
                    correlation=f"{together[i, j]:.2f}",
                )


def _check(terms: Sequence[Term]) -> None:
    names = [term.name for term in terms]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InvalidCovariatesError(f"Two covariates are called {', '.join(twice)}; give each a name of its own.")
    lengths = {term.name: _length(term) for term in terms}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise InvalidCovariatesError(f"The covariates differ in length ({told}); give one value a customer.")
    for term in terms:
        if isinstance(term, Numbers) and np.isinf(np.asarray(term.values, dtype=np.float64)).any():
            raise InvalidCovariatesError(f"{term.name} holds infinite values; leave what is not known empty (nan).")


def _length(term: Term) -> int:
    return len(term.values if isinstance(term, Numbers) else term.codes)
