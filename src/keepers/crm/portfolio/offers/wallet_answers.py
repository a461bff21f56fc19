"""What customers said of their spending, brought as a file: the worker learns shares of wallet from it."""

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from keepers.core.errors import KeepersError, NothingToDoError
from keepers.crm.jobs import handed_in
from keepers.crm.jobs.actions import BusyError, ask
from keepers.crm.jobs.carrying_out import Teller
from keepers.crm.jobs.models import Job
from keepers.crm.jobs.receiving import has_short_name
from keepers.crm.people.audit import record
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun
from keepers.crm.portfolio import tasks
from keepers.crm.portfolio.publishing.publish import show_wallets_anew
from keepers.loop.market.wallets import wallets_in
from keepers.warehouse.lock import WriterBusyError

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

MOST_BYTES = 50_000_000


class AnswersForm(forms.Form):
    """A file of answers."""

    file = forms.FileField(
        label=_("Answers"),
        widget=forms.FileInput({"accept": ".csv,.tsv,.txt,.xlsx,.ods,.parquet"}),
        validators=[has_short_name],
        help_text=_("A line a customer: customer_id, and category_spend or rank with brands_used."),
    )

    def clean_file(self) -> Any:
        """Small enough for a page."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 50 MB. Bring it in a terminal: keepers wallet"))
        return file


def bring_answers(received: "UploadedFile[Any]", *, by: User, at: datetime) -> Job:
    """Take a file in, and have the worker learn from it.

    Raises:
        BusyError: the worker is learning from another one.
    """
    name = f"wallets-{uuid4().hex}"
    with ExitStack() as unless_done:
        unless_done.callback(handed_in.clear, name)
        handed_in.take_in(name, received)
        job = _have_learned({"handed_in": name, "file": received.name}, by=by, at=at)
        unless_done.pop_all()
    return job


def learn_again(ended: Job, *, by: User, at: datetime) -> Job:
    """Have the worker learn from the file of a job that ended before it was through.

    Raises:
        BusyError: the worker is learning from another one.
        NothingToDoError: the file is gone.
    """
    _file_of(ended)
    return _have_learned(ended.asked, by=by, at=at)


def has_file(job: Job) -> bool:
    """Whether a job ended before it was through with its file."""
    return job.may_start_again and handed_in.file_of(job.asked["handed_in"]) is not None


def learn(job: Job, tell: Teller) -> dict[str, Any]:
    """Learn shares of wallet from the file that a job names, keep them for plans, and show them.

    Raises:
        NothingToDoError: the file is gone.
        KeepersError: it cannot be read, or nothing can be learned from it; says where and what to do.
    """
    workspace, path = settings.WORKSPACE, _file_of(job)
    tell("learning")
    try:
        with workspace.opened(lock_timeout=tasks.LOCK_TIMEOUT) as store:
            asked = wallets_in(store, path, mapping={}, known_at=timezone.now(), keep=True)
        show_wallets_anew(workspace)
    except WriterBusyError:
        raise  # the file is as good as before
    except KeepersError:
        handed_in.clear(job.asked["handed_in"])
        raise
    handed_in.clear(job.asked["handed_in"])
    return {"answered": asked.wallets.table.num_rows, "strangers": asked.strangers}


def _have_learned(told: Mapping[str, Any], *, by: User, at: datetime) -> Job:
    with transaction.atomic():
        if Job.objects.filter(kind=Job.Kind.WALLETS, state__in=Job.OPEN).exists():
            raise BusyError(_now("Another file of answers is being read; wait until that is done."))
        job = ask(Job.Kind.WALLETS, told, by=by, at=at, home=reverse("wallets"))
        tasks.learn_wallets.enqueue(job.pk)
        record(at=at, actor=by, verb="import", noun=Noun.INSIGHT, thing=job, changes={"file": [None, told["file"]]})
    return job


def _file_of(job: Job) -> Path:
    path = handed_in.file_of(job.asked["handed_in"])
    if path is None:
        raise NothingToDoError(_now("The file is gone. Bring it again."))
    return path
