"""What changes surveys: keeping one, studying it under other assumptions, removing it."""

import io
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.people.audit import record
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun
from keepers.crm.portfolio.surveys.models import Survey
from keepers.decisions.drivers import findings
from keepers.decisions.drivers.lifetimes import Outlook
from keepers.decisions.drivers.market import Question
from keepers.insight.keeping import kept
from keepers.loop.driver_answers import answers_about
from keepers.loop.drivers import Studied, SurveyKept, read_survey, study_kept

MOST_WORK = 600_000  # some seconds; what takes longer is for a terminal


class TooMuchForAPageError(KeepersError):
    """A survey that takes longer to study than a page may."""


def add_survey(path: Path, name: str, asked: Mapping[str, Any], *, by: User, at: datetime) -> Survey:
    """Keep a file's answers, without who was asked, and what they say.

    Args:
        path: the file.
        name: what it is called.
        asked: as `Survey.asked`, and `currency`; an empty `brand` is the first of the file.
        by: who.
        at: when.

    Raises:
        KeepersError: the file cannot be read, nothing can be learned from it, or it is too large for a page.
    """
    read = read_survey(path)
    if read.work > MOST_WORK:
        raise TooMuchForAPageError(
            _("This survey is too large for a page. Study it in a terminal: keepers drivers survey.csv --brand OURS")
        )
    told = dict(asked) | {"brand": asked.get("brand") or read.brands[0]}
    studied = study_kept(read, question_of(told))
    with transaction.atomic():
        survey = Survey(name=name, rows=_bytes(read.rows), ratings=list(read.ratings), layout=read.layout, made_by=by)
        survey.made_at = at
        _fill(survey, told, studied, by=by, at=at)
        record(at=at, actor=by, verb="create", noun=Noun.INSIGHT, thing=survey)
    return survey


def study_again(survey: Survey, asked: Mapping[str, Any], *, by: User, at: datetime) -> Survey:
    """Study a survey that is kept under other assumptions.

    Raises:
        KeepersError: they cannot be used; says why.
    """
    studied = study_kept(rows_of(survey), question_of(asked))
    with transaction.atomic():
        before = survey.asked
        _fill(survey, asked, studied, by=by, at=at)
        changes = {name: [before.get(name), value] for name, value in survey.asked.items() if before.get(name) != value}
        record(at=at, actor=by, verb="edit", noun=Noun.INSIGHT, thing=survey, changes=changes)
    return survey


def remove_survey(survey: Survey, *, by: User, at: datetime) -> None:
    """Remove a survey with all that it told."""
    with transaction.atomic():
        record(at=at, actor=by, verb="delete", noun=Noun.INSIGHT, thing=survey)
        survey.delete()


def rows_of(survey: Survey) -> SurveyKept:
    """The answers that are kept."""
    return SurveyKept(pq.read_table(io.BytesIO(bytes(survey.rows))), tuple(survey.ratings), survey.layout)


def question_of(asked: Mapping[str, Any]) -> Question:
    """What is asked of a survey.

    Raises:
        UnusableSurveyError: a figure cannot be used.
    """
    outlook = Outlook(asked["years"], asked["annual_discount"], asked["margin"])
    people, customers = asked.get("people"), asked.get("customers")
    return Question(asked["brand"], outlook, people, customers, asked["step"], costs=asked.get("costs", {}))


def _fill(survey: Survey, asked: Mapping[str, Any], studied: Studied, *, by: User, at: datetime) -> None:
    currency = str(asked.get("currency", ""))
    survey.asked = {name: value for name, value in asked.items() if name != "currency"}
    survey.currency = currency
    survey.told = studied.as_json() | {"trust": findings.trust(studied.market)}
    survey.answers = {name: kept(answer) for name, answer in answers_about(studied, currency or None).items()}
    survey.studied_by, survey.studied_at = by, at
    survey.save()


def _bytes(rows: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(rows, file, compression="zstd")
    return file.getvalue()
