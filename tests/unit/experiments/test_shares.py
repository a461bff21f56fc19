"""By what share an action lifts whom: words that tell customers apart, and words that tell nothing."""

import numpy as np
import pyarrow as pa
import pytest

from keepers.experiments.shares import Words, learn_shares

PRIOR = {"scale": 0.1, "spread": 0.5}


def lifted(size: int, *, seed: int) -> tuple[np.ndarray, np.ndarray, Words]:
    """Effects of letters on those who came by letter (a quarter more) and by search (nothing), with chance in them."""
    generator = np.random.default_rng(seed)
    usual = generator.gamma(1.0, 1.5, size)
    by_letter, tall = generator.random(size) < 0.4, generator.random(size) < 0.5
    chance = generator.standard_normal(size) * 2.0 * np.sqrt(usual)
    words = {
        "came by": np.where(by_letter, "letter", "search").tolist(),
        "height": np.where(tall, "tall", "short").tolist(),
        "country": ["here"] * size,
    }
    return usual * 0.25 * by_letter + chance, usual, {name: coded(some) for name, some in words.items()}


def coded(words: list[str | None]) -> pa.DictionaryArray:
    return pa.array(words).dictionary_encode()


def test_what_tells_customers_apart_is_found_and_what_does_not_is_drawn_to_nothing() -> None:
    effects, usual, words = lifted(20_000, seed=1)
    found = learn_shares(effects, usual, words, **PRIOR)
    differs = found.by_word
    assert differs["came by"]["letter"] - differs["came by"]["search"] == pytest.approx(0.25, abs=0.05)
    assert abs(differs["height"]["tall"] - differs["height"]["short"]) < 0.03
    assert "country" not in differs


def test_few_people_hardly_tell_anybody_apart() -> None:
    effects, usual, words = lifted(200, seed=2)
    few = learn_shares(effects, usual, words, **PRIOR).by_word["came by"]
    effects, usual, words = lifted(20_000, seed=2)
    many = learn_shares(effects, usual, words, **PRIOR).by_word["came by"]
    assert abs(few["letter"] - few["search"]) < 0.5 * (many["letter"] - many["search"])


def test_differences_are_around_those_who_were_tried_and_unknown_words_differ_by_nothing() -> None:
    effects, usual, words = lifted(5_000, seed=3)
    found = learn_shares(effects, usual, words, **PRIOR)
    assert float(usual @ found.differences(words)) == pytest.approx(0.0, abs=1e-6 * usual.sum())
    strangers = found.differences({"came by": coded([None, "a friend", "letter"])})
    assert strangers[0] == strangers[1] == 0.0 < strangers[2]
    assert (
        learn_shares(effects, usual, {"country": words["country"]}, **PRIOR).differences(words).tolist()
        == [0.0] * 5_000
    )
