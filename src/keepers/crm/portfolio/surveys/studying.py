"""The study of a survey, as the worker does it: what is taken for granted, and what it says under that."""

import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow.parquet as pq
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from keepers.core.errors import NothingToDoError
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
from keepers.loop.driver_answers import answers_about
from keepers.loop.drivers import Studied, SurveyKept, study_kept


def study(job: Job, tell: Teller) -> dict[str, Any]:
    """Study the survey that a job names, and keep what it says.

    Raises:
        NothingToDoError: it was removed meanwhile.
        KeepersError: nothing can be learned from it under what is taken for granted; says why.
    """
    survey, asked = _survey(job), job.asked["asked"]
    tell("studying")
    studied = study_kept(rows_of(survey), question_of(asked))
    with transaction.atomic():
        _fill(_survey(job), asked, studied, by=job.asked_by, at=timezone.now())
    return {"survey": survey.pk}


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
        raise NothingToDoError(_("The survey was removed meanwhile."))
    return found


def _fill(survey: Survey, asked: Mapping[str, Any], studied: Studied, *, by: User | None, at: datetime) -> None:
    before = survey.asked
    survey.asked = dict(asked)
    survey.told = studied.as_json() | {"trust": findings.trust(studied.market)}
    survey.answers = {name: kept(answer) for name, answer in answers_about(studied, survey.currency or None).items()}
    survey.studied_by, survey.studied_at = by, at
    survey.save()
    if changes := {name: [before.get(name), value] for name, value in asked.items() if before.get(name) != value}:
        record(at=at, actor=by, verb="edit", noun=Noun.INSIGHT, thing=survey, changes=changes)
