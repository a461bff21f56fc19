"""Who is moved by a mailing: our order beside those of two-model learners, on a randomised campaign.

`python -m bench --only uplift --data FOLDER` writes UPLIFT.md.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich.console import Console

from bench import machine
from bench.peer import InstalledPeer, PeerMissingError

PAGE = Path(__file__).parent / "UPLIFT.md"
UPLIFT = InstalledPeer("scikit-uplift and causalml", "uplift", python="3.11")
SPLITS = 50
NOBODY = "No E-Mail"
CASES = (("any mail", "spend"), ("any mail", "visit"), ("Womens E-Mail", "visit"), ("Mens E-Mail", "visit"))
INTRODUCTION = """# Uplift

`python -m bench --only uplift --data FOLDER` writes this page: Hillstrom's e-mail campaign, 64,000 customers, a
third each with a mail for men's wear, for women's, and none. {splits} random halves: learned on one, judged on the
other. *Qini* is the area between the gain of treating the best first and that of treating as many by lot, a
thousand heads: higher is better, 0 knows nothing. The difference is ours less theirs in the same half, with two
intervals of 90 %. The first is of its mean over the halves. They are halves of the same people, so it speaks of these.
The second takes each one's part in the difference, on average over the halves in which they were judged, for a draw: it
allows for other people to be judged, and not for the other orders that other people would teach, so it is still too
narrow. Boosted learners are set as the guides of their packages set them. Processor seconds are of one half."""
HEAD = "| Learner | Qini | Ours ahead by | over halves | over people |\n|---|--:|--:|---|---|\n"
RECOVERED = """## The randomised effect

Any mail against none, a head, with the always-valid interval of 90 %; how many of the halves' intervals hold the effect
in everybody (halves share people with the whole, so more than 90 % should); and the variance that is left by what was
known before.

| Outcome | Effect | Halves that hold it | Variance left |
|---|---|---|---|
"""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Campaign:
    """One arm against nobody, with one outcome."""

    arm: str
    outcome_name: str
    features: pl.DataFrame
    treated: NDArray[np.bool_]
    outcome: Floats

    def halves(self) -> Iterator[NDArray[np.bool_]]:
        """Who is learned from, split by split."""
        for number in range(SPLITS):
            yield np.random.default_rng(1_000 + number).random(len(self.outcome)) < 0.5


def score_uplift(folder: Path | None) -> None:
    """Write UPLIFT.md."""
    if folder is None:
        raise SystemExit("Name the folder that holds hillstrom_email/: --data FOLDER.")
    console = Console()
    rows = pl.read_parquet(folder / "hillstrom_email" / "hillstrom.parquet")
    try:
        peer = UPLIFT.installed()
    except PeerMissingError as missing:
        raise SystemExit(f"The peers cannot be installed: {missing}") from missing
    parts = [INTRODUCTION.format(splits=SPLITS)]
    for arm, outcome in CASES:
        campaign = _campaign(rows, arm, outcome)
        parts.append(_told(campaign, peer))
        console.print(parts[-1], highlight=False)
        PAGE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    described = ", ".join(f"{name}: {told}" for name, told in machine.hardware().items())
    parts += [_recovered(rows), f"Measured on {described}; load {machine.load():.1f}."]
    PAGE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    console.print("\n\n".join(parts[-2:]), highlight=False)


def _campaign(rows: pl.DataFrame, arm: str, outcome: str) -> Campaign:
    inside = rows if arm == "any mail" else rows.filter(pl.col("segment").is_in([arm, NOBODY]))
    features = inside.select(
        "recency", "history", pl.col("history").log().alias("log_history"), "mens", "womens", "newbie"
    ).with_columns(inside.select("zip_code", "channel").to_dummies())
    return Campaign(
        arm=arm,
        outcome_name=outcome,
        features=features.cast(pl.Float64),
        treated=(inside["segment"] != NOBODY).to_numpy(),
        outcome=inside[outcome].cast(pl.Float64).to_numpy(),
    )


def _told(campaign: Campaign, peer: InstalledPeer) -> str:
    """A table: each learner's mean Qini and how far ours is ahead of it."""
    chance = np.full(len(campaign.outcome), campaign.treated.mean())
    ours_scored, cpu = _ours(campaign, chance)
    theirs, cpu_theirs = _theirs(campaign, peer)
    ours = _parts(campaign, ours_scored, chance)
    lines = [f"| Keepers | {ours.mean():.2f} | – | – | – |\n"]
    lines += [_line(name, _parts(campaign, found, chance), ours) for name, found in theirs.items()]
    head = f"## {campaign.arm}: {campaign.outcome_name}\n\n{HEAD}"
    seconds = f"Ours took {cpu / SPLITS:.2f} processor seconds a half, the four together {cpu_theirs / SPLITS:.2f}."
    return f"{head}{''.join(lines)}\n{seconds}"


def _parts(campaign: Campaign, scored: Iterable[Floats], chance: Floats) -> Floats:
    """(splits, people) each one's part in the area of each half; 0 in halves that learned from them."""
    from keepers.experiments.curves import qini_parts

    parts = np.zeros((SPLITS, len(chance)))
    for place, (half, score) in enumerate(zip(campaign.halves(), scored, strict=True)):
        rest = ~half
        judged = qini_parts(score[rest], campaign.treated[rest], campaign.outcome[rest], chance[rest])
        parts[place, rest] = 1_000 * judged * len(rest) / rest.sum()
    return parts


def _line(name: str, theirs: Floats, ours: Floats) -> str:
    ahead = ours - theirs
    mean = ahead.mean()
    around = [1.645 * means.std(ddof=1) / np.sqrt(len(means)) for means in (ahead.mean(axis=1), ahead.mean(axis=0))]
    over = " | ".join(f"{mean - half:+.2f} to {mean + half:+.2f}" for half in around)
    return f"| {name} | {theirs.mean():.2f} | {mean:+.2f} | {over} |\n"


def _ours(campaign: Campaign, chance: Floats) -> tuple[list[Floats], float]:
    from keepers.experiments.targeting import Tried, learn

    known, scores, began = campaign.features.to_numpy(), [], process_time()
    for number, half in enumerate(campaign.halves()):
        tried = Tried(known[half], campaign.treated[half], chance[half], campaign.outcome[half])
        scores.append(learn(tried, np.random.default_rng(number)).effects(known))
    return scores, process_time() - began


def _theirs(campaign: Campaign, peer: InstalledPeer) -> tuple[Mapping[str, Floats], float]:
    with TemporaryDirectory(prefix="keepers-uplift-") as folder:
        file = Path(folder) / "campaign.parquet"
        campaign.features.with_columns(
            treated=pl.Series(campaign.treated.astype(np.int64)),
            outcome=pl.Series(campaign.outcome),
            **{f"half_{number}": pl.Series(half) for number, half in enumerate(campaign.halves())},
        ).write_parquet(file)
        told = peer.answer("scores", file)
        with np.load(f"{file}.scores.npz") as kept:
            return {name: kept[name] for name in kept.files}, float(told["cpu_s"])


def _recovered(rows: pl.DataFrame) -> str:
    """How often the interval of a half's effect holds the effect in everybody."""
    from keepers.experiments.effects import Sample, difference
    from keepers.experiments.intervals import always_valid

    told = []
    for outcome in ("visit", "conversion", "spend"):
        campaign = _campaign(rows, "any mail", outcome)
        known, share = campaign.features.to_numpy(), campaign.treated.mean()
        sample = Sample(campaign.treated.astype(np.intp), np.where(campaign.treated, share, 1 - share), known)
        whole = difference(sample, campaign.outcome, arm=1)
        found = always_valid(whole.mean, whole.standard_error)
        held = 0
        for half in campaign.halves():
            part = Sample(sample.arm[half], sample.probability[half], known[half])
            measured = difference(part, campaign.outcome[half], arm=1)
            interval = always_valid(measured.mean, measured.standard_error, seen=0.5)
            held += interval.low <= whole.mean <= interval.high
        told.append(
            f"| {outcome} | {whole.mean:+.4f} ({found.low:+.4f} to {found.high:+.4f}) | {held} of {SPLITS} | "
            f"{whole.variance_left:.3f} |"
        )
    return RECOVERED + "\n".join(told)
