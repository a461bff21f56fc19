"""Study a survey of a market: the file read, its choices learned, and the firm's own customers as the yardstick."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keepers
from keepers.decisions.drivers import findings
from keepers.decisions.drivers.answers import Answers, answers_of
from keepers.decisions.drivers.market import Market, Question, study
from keepers.ingest.brand_survey import read_brand_survey
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
    return replace(question, customers=customers_of(json.loads(runs[-1]["base"]))) if runs else question
