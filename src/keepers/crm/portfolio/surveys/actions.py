"""What changes surveys: keeping one, having it studied under other assumptions, removing it."""

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
from keepers.crm.jobs.actions import BusyError, ask
from keepers.crm.jobs.models import Job
from keepers.crm.people.audit import record
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun
from keepers.crm.portfolio.surveys import tasks
from keepers.crm.portfolio.surveys.models import Survey
from keepers.crm.portfolio.surveys.studying import question_of
from keepers.decisions.drivers.survey import place_of_brand
from keepers.loop.drivers import read_survey

MOST_WORK = 12_000_000  # some minutes of the worker; what takes longer is for a terminal


class TooLargeSurveyError(KeepersError):
    """A survey that would keep everything else waiting for too long."""


def add_survey(path: Path, name: str, asked: Mapping[str, Any], *, currency: str, by: User, at: datetime) -> Survey:
    """Keep a file's answers, without who was asked, and have them studied.

    Args:
        path: the file.
        name: what it is called.
        asked: as `Survey.asked`; an empty `brand` is the first of the file.
        currency: of its money.
        by: who.
        at: when.

    Raises:
        KeepersError: the file cannot be read, does not know the brand, or is too large.
    """
    read = read_survey(path)
    if read.work > MOST_WORK:
        raise TooLargeSurveyError(
            _("This survey is too large for here. Study it in a terminal: keepers drivers survey.csv --brand OURS")
        )
    told = dict(asked) | {"brand": asked.get("brand") or read.brands[0]}
    place_of_brand(read.brands, told["brand"])
    with transaction.atomic():
        survey = Survey.objects.create(
            name=name, rows=_bytes(read.rows), ratings=list(read.ratings), layout=read.layout, asked=told,
            currency=currency, made_by=by, made_at=at,
        )  # fmt: skip
        record(at=at, actor=by, verb="create", noun=Noun.INSIGHT, thing=survey)
        study(survey, told, by=by, at=at)
    return survey


def study(survey: Survey, asked: Mapping[str, Any], *, by: User, at: datetime) -> Job:
    """Have a survey that is kept studied under these assumptions; the worker does it.

    Raises:
        BusyError: it is being studied already.
        KeepersError: a figure cannot be used; says why.
    """
    question_of(asked)
    with transaction.atomic():
        open_ones = Job.objects.filter(state__in=Job.OPEN)
        if open_ones.filter(kind=Job.Kind.SURVEY, home=survey.get_absolute_url()).exists():
            raise BusyError(_("This survey is being studied already; wait until that is done."))
        told = {"survey": survey.pk, "asked": dict(asked)}
        job = ask(Job.Kind.SURVEY, told, by=by, at=at, home=survey.get_absolute_url())
        tasks.study_survey.enqueue(job.pk)
    return job


def remove_survey(survey: Survey, *, by: User, at: datetime) -> None:
    """Remove a survey with all that it told."""
    with transaction.atomic():
        record(at=at, actor=by, verb="delete", noun=Noun.INSIGHT, thing=survey)
        survey.delete()


def _bytes(rows: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(rows, file, compression="zstd")
    return file.getvalue()
