"""What changes surveys: keeping one, having it studied, removing it."""

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from keepers.crm.jobs import handed_in
from keepers.crm.jobs.actions import BusyError, ask
from keepers.crm.jobs.models import Job
from keepers.crm.people.audit import record
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun
from keepers.crm.portfolio.surveys import tasks
from keepers.crm.portfolio.surveys.models import Survey
from keepers.crm.portfolio.surveys.studying import file_of, question_of

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


def add_survey(
    received: "UploadedFile[Any]", asked: Mapping[str, Any], *, currency: str, by: User, at: datetime
) -> Survey:
    """Take a file in, and have the worker read and study it; its answers are kept then, without who was asked.

    Args:
        received: the file.
        asked: as `Survey.asked`.
        currency: of its money.
        by: who.
        at: when.

    Raises:
        KeepersError: a figure cannot be used; says why.
    """
    question_of(asked)
    with ExitStack() as unless_done, transaction.atomic():
        survey = Survey.objects.create(
            name=received.name or "survey", rows=b"", asked=dict(asked), currency=currency, made_by=by, made_at=at
        )
        unless_done.callback(handed_in.clear, survey.handed_in)
        handed_in.take_in(survey.handed_in, received)
        record(at=at, actor=by, verb="create", noun=Noun.INSIGHT, thing=survey)
        study(survey, asked, by=by, at=at)
        unless_done.pop_all()
    return survey


def study(survey: Survey, asked: Mapping[str, Any], *, by: User, at: datetime) -> Job:
    """Have a survey that is kept studied under these assumptions; the worker does it, and reads its file before.

    Raises:
        BusyError: it is being studied already.
        NothingToDoError: its file is gone, and was not read.
        KeepersError: a figure cannot be used; says why.
    """
    question_of(asked)
    with transaction.atomic():
        if Job.objects.filter(kind=Job.Kind.SURVEY, state__in=Job.OPEN, home=survey.get_absolute_url()).exists():
            raise BusyError(_("This survey is being studied already; wait until that is done."))
        if not survey.rows:
            file_of(survey)
        told = {"survey": survey.pk, "asked": dict(asked), "handed_in": survey.handed_in}
        job = ask(Job.Kind.SURVEY, told, by=by, at=at, home=survey.get_absolute_url())
        tasks.study_survey.enqueue(job.pk)
    return job


def remove_survey(survey: Survey, *, by: User, at: datetime) -> None:
    """Remove a survey with all that it told."""
    with transaction.atomic():
        record(at=at, actor=by, verb="delete", noun=Noun.INSIGHT, thing=survey)
        handed_in.clear(survey.handed_in)
        survey.delete()
