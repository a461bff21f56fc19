"""A made-up survey of a made-up market, to see what one looks like and what it tells; no real firm is in it."""

from collections.abc import Iterator, Sequence

import numpy as np

BRANDS = ("Alder", "Birch", "Cedar")
DRIVERS = (  # heading, what a point on the scale adds to utility
    ("value: price", 0.30),
    ("value: quality", 0.45),
    ("value: convenience", 0.15),
    ("brand: image", 0.25),
    ("brand: ethics", 0.0),
    ("relationship: service", 0.35),
    ("relationship: rewards", 0.10),
)
SEGMENTS = ("town", "country")
INERTIA = 0.9
RESPONDENTS = 400
_SEED = 2004
_STANDING = (
    (0.4, 0.2, 0.9, 0.5, 0.3, -0.3, 0.0),
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.6, 0.4),
    (-0.6, -0.2, 0.1, -0.2, 0.7, 0.2, 0.0),
)


def made_up_survey(respondents: int = RESPONDENTS, *, seed: int = _SEED) -> list[list[str]]:
    """Header and rows of a file with a row a respondent: ratings from 1 to 10, the brand bought last and the next.

    Who likes a brand likes all of it, so ratings of a brand go together, as they do in life; `brand: ethics` moves
    nobody, so a study should find about nothing there.
    """
    generator = np.random.default_rng(seed)
    shape = (respondents, len(BRANDS), len(DRIVERS))
    liking = generator.normal(scale=1.1, size=shape[:2])[..., None]
    ratings = 6.0 + np.array(_STANDING) + liking + generator.normal(scale=1.3, size=shape)
    ratings = np.clip(np.round(ratings), 1, 10)
    last = generator.choice(len(BRANDS), size=respondents, p=(0.45, 0.35, 0.20))
    weights = np.array([weight for _, weight in DRIVERS])
    utilities = ratings @ weights + INERTIA * (last[:, None] == np.arange(len(BRANDS)))
    chosen = (utilities + generator.gumbel(size=shape[:2])).argmax(axis=1)
    often = np.maximum(1, generator.poisson(6, size=respondents))
    spend = np.round(generator.gamma(8, 4.5, size=respondents), 2)
    segments = generator.choice(SEGMENTS, size=respondents, p=(0.6, 0.4))
    return list(_lines(ratings, last, chosen, often, spend, segments))


def _lines(
    ratings: np.ndarray,
    last: np.ndarray,
    chosen: np.ndarray,
    often: np.ndarray,
    spend: np.ndarray,
    segments: np.ndarray,
) -> Iterator[list[str]]:
    yield _header()
    for i in range(len(last)):
        told = [str(i + 1), BRANDS[last[i]], BRANDS[chosen[i]], str(often[i]), f"{spend[i]:.2f}", str(segments[i])]
        yield told + [f"{ratings[i, j, k]:.0f}" for j in range(len(BRANDS)) for k in range(len(DRIVERS))]


def _header() -> list[str]:
    about: Sequence[str] = ("respondent", "last_brand", "next_brand", "purchases_a_year", "spend", "segment")
    return [*about, *(f"{title} [{brand}]" for brand in BRANDS for title, _ in DRIVERS)]
