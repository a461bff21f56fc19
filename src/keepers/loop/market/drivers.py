"""Study a survey of a market: the file read, its choices learned, and the firm's own customers as the yardstick."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

import keepers
from keepers.decisions.drivers import findings
from keepers.decisions.drivers.answers import Answers, answers_of
from keepers.decisions.drivers.market import Market, Question, study
from keepers.ingest.surveys.brands import read_brand_survey
from keepers.loop.workspace import Workspace, runs_kept


@dataclass(frozen=True, slots=True)
class SurveyFile:
    """A survey on disk, and what to take for whoever did not say.

    mapping: header by column, where it is not recognised
    purchases_a_year, spend: of whoever did not say; None: the median of those who did
    """

    path: Path
    mapping: Mapping[str, str]
    purchases_a_year: float | None = None
    spend: float | None = None


@dataclass(frozen=True, slots=True)
class Studied:
    """A market with what became of the survey's rows."""

    market: Market
    answers: Answers
    layout: str

    def as_json(self) -> dict[str, Any]:
        """The object of `--json`."""
        read = {
            "layout": self.layout,
            "people_asked": self.answers.asked,
            "people_used": self.answers.survey.size,
            "people_left_out": self.answers.left_out,
            "filled_ratings": self.answers.filled,
            "notes": list(self.answers.notes),
        }
        return {"survey": read, "market": findings.as_json(self.market), "run": {"version": keepers.__version__}}


@dataclass(frozen=True, slots=True)
class SurveyKept:
    """A survey's rows without who was asked: respondents are numbered.

    ratings: names of the columns that are ratings
    """

    rows: pa.Table
    ratings: tuple[str, ...]
    layout: str

    @property
    def brands(self) -> list[str]:
        """The brands, in the order of the file."""
        return list(dict.fromkeys(self.rows["brand"].to_pylist()))

    @property
    def segments(self) -> list[str]:
        """The segments that are told, by name; none where all are of one."""
        told = sorted({word for word in self.rows["segment"].cast(pa.string()).to_pylist() if word and word.strip()})
        return told if len(told) > 1 else []

    @property
    def work(self) -> int:
        """How much there is to compute, in ratings of worlds to look at."""
        worlds = 1 + len(self.ratings) + 3 * len(self.brands)
        return int(self.rows.num_rows) * worlds


def read_survey(path: Path) -> SurveyKept:
    """A file's rows, to be kept.

    Raises:
        KeepersError: the file cannot be read; says where and what to do.
    """
    read = read_brand_survey(path)
    numbers = read.rows["respondent"].combine_chunks().dictionary_encode().indices.cast(pa.string())
    place = read.rows.column_names.index("respondent")
    return SurveyKept(read.rows.set_column(place, "respondent", numbers), read.ratings, read.layout)


def study_kept(survey: SurveyKept, question: Question) -> Studied:
    """Study rows that were kept.

    Raises:
        KeepersError: nothing can be learned from them; says why.
    """
    answers = answers_of(survey.rows, survey.ratings)
    return Studied(study(answers.survey, question), answers, survey.layout)


def study_file(file: SurveyFile, question: Question) -> Studied:
    """Read a survey and study it.

    Raises:
        KeepersError: the file cannot be read, or nothing can be learned from it; says where and what to do.
    """
    read = read_brand_survey(file.path, mapping=file.mapping)
    answers = answers_of(read.rows, read.ratings, purchases_a_year=file.purchases_a_year, spend=file.spend)
    return Studied(study(answers.survey, question), answers, read.layout)


def customers_of(base: Mapping[str, Any]) -> float | None:
    """How many customers are expected to be active, as the `base` of a run tells it; None where it does not."""
    alive = base.get("probability_alive")
    return float(base["customers"] * alive["mean"]) if alive else None


def sized_by(question: Question, workspace: Workspace) -> Question:
    """The same question; where it does not say how large the market is, the workspace's customers tell."""
    if question.people is not None or question.customers is not None:
        return question
    if not workspace.exists:
        return question
    with workspace.opened() as store:
        runs = runs_kept(store)
    return replace(question, customers=customers_of(json.loads(runs[-1]["base"] or "{}"))) if runs else question
