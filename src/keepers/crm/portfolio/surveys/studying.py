"""The study of a survey, as the worker does it: its file read, and what it says under what is taken for granted."""

import io
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError, NothingToDoError
from keepers.crm.jobs import handed_in
from keepers.crm.jobs.carrying_out import Teller
from keepers.crm.jobs.models import Job
from keepers.crm.people.audit import record
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun
from keepers.crm.portfolio.surveys.models import Survey
from keepers.decisions.drivers import findings
from keepers.decisions.drivers.lifetimes import Outlook
from keepers.decisions.drivers.market import Question
from keepers.insight.keeping import kept
from keepers.loop.market.driver_answers import answers_about
from keepers.loop.market.drivers import Studied, SurveyKept, read_survey, study_kept

MOST_WORK = 12_000_000  # some minutes of the worker; what takes longer is for a terminal


class TooLargeSurveyError(KeepersError):
    """A survey that would keep everything else waiting for too long."""


def study(job: Job, tell: Teller) -> dict[str, Any]:
    """Study the survey that a job names, once its file is read, and keep what it says.

    Raises:
        NothingToDoError: it was removed meanwhile.
        KeepersError: its file cannot be read, or nothing can be learned from it under what is taken for granted.
    """
    survey, asked = _survey(job), job.asked["asked"]
    if not survey.rows:
        tell("reading")
        try:
            _read_in(survey)
        except (KeepersError, OSError):
            _survey(job)  # where it was removed, that is why
            raise
        survey = _survey(job)
    handed_in.clear(survey.handed_in)
    tell("studying")
    studied = study_kept(rows_of(survey), question_of(asked))
    with transaction.atomic():
        _fill(survey, asked, studied, by=job.asked_by, at=timezone.now())
    return {"survey": survey.pk}


def _read_in(survey: Survey) -> None:
    """Keep a file's answers, without who was asked; a file that is of no use is gone as well."""
    path = file_of(survey)
    try:
        read = read_survey(path)
        if read.work > MOST_WORK:
            raise TooLargeSurveyError(
                _("This survey is too large for here. Study it in a terminal: keepers drivers survey.csv --brand OURS")
            )
    except KeepersError:
        handed_in.clear(survey.handed_in)
        raise
    file = io.BytesIO()
    pq.write_table(read.rows, file, compression="zstd")
    _keep(survey, rows=file.getvalue(), ratings=list(read.ratings), layout=read.layout)


def file_of(survey: Survey) -> Path:
    """The file as it came.

    Raises:
        NothingToDoError: it is gone.
    """
    found = handed_in.file_of(survey.handed_in)
    if found is None:
        raise NothingToDoError(_("The file of this survey is gone. Remove the survey, and bring it again."))
    return found


def rows_of(survey: Survey) -> SurveyKept:
    """The answers that are kept."""
    return SurveyKept(pq.read_table(io.BytesIO(bytes(survey.rows))), tuple(survey.ratings), survey.layout)


def question_of(asked: Mapping[str, Any]) -> Question:
    """What is asked of a survey.

    Raises:
        UnusableSurveyError: a figure cannot be used.
    """
    outlook = Outlook(asked["years"], asked["annual_discount"], asked["margin"])
    return Question(
        asked["brand"],
        outlook,
        people=asked.get("people"),
        customers=asked.get("customers"),
        step=asked["step"],
        costs=asked.get("costs", {}),
        segment_sizes=asked.get("segment_sizes", {}),
    )


def _survey(job: Job) -> Survey:
    found = Survey.objects.filter(pk=job.asked["survey"]).first()
    if found is None:
        raise _removed()
    return found


def _keep(survey: Survey, **told: Any) -> None:
    if not Survey.objects.filter(pk=survey.pk).update(**told):
        raise _removed()


def _removed() -> NothingToDoError:
    return NothingToDoError(_("The survey was removed meanwhile."))


def _fill(survey: Survey, asked: Mapping[str, Any], studied: Studied, *, by: User | None, at: datetime) -> None:
    before = survey.asked
    told = studied.as_json() | {"trust": findings.trust(studied.market)}
    answers = {name: kept(answer) for name, answer in answers_about(studied, survey.currency or None).items()}
    _keep(survey, asked=dict(asked), told=told, answers=answers, studied_by=by, studied_at=at)
    if changes := {name: [before.get(name), value] for name, value in asked.items() if before.get(name) != value}:
        record(at=at, actor=by, verb="edit", noun=Noun.INSIGHT, thing=survey, changes=changes)
