"""What jobs say, in words for somebody at a browser."""

import re
from collections.abc import Mapping
from tempfile import gettempdir

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from keepers.core.told import WARNING, Told
from keepers.crm.jobs.models import Job

_SENTENCE = re.compile(r'(?<=[.!?])\s+(?=[A-Z"“„])')
_OPTION = re.compile(r"(?<!\w)--[a-z]|\bkeepers [a-z]+\b")
_QUOTED, _PLACE = re.compile(r'"[^"]*"'), re.compile(r'"(\d+)"')
_SHOWN_ANYWAY = "Its headers are:"

STAGES: Mapping[str, Promise] = {
    "looking": _("Looking at whole columns"),
    "reading": _("Reading"),
    "writing": _("Numbering the lines, dropping duplicates"),
    "comparing": _("Comparing with what is there"),
    "landing": _("Bringing the lines in"),
    "fitting": _("Fitting the models"),
    "forecasting": _("Forecasting every customer"),
    "grading": _("Grading the forecast on the past"),
    "keeping": _("Keeping the run"),
    "planning": _("Working out what to do about everybody"),
    "studying": _("Learning from the survey"),
    "learning": _("Learning from the answers"),
    "publishing": _("Publishing to the pages"),
    "undoing": _("Taking it back"),
    "pairing": _("Comparing customers"),
    "merging": _("Merging"),
    "gathering": _("Gathering what is known"),
    "forgetting": _("Taking it out of the pages"),
    "erasing": _("Writing the warehouse's files anew"),
    "waiting": _("Waiting for whoever is reading"),
    "drawing": _("Drawing lots"),
    "listing": _("Keeping the list"),
    "giving": _("Giving people their tasks"),
    "changing": _("Writing it for each customer"),
}
STAGES_OF: Mapping[str, tuple[str, ...]] = {
    Job.Kind.CHECK: ("looking", "reading", "writing", "comparing"),
    Job.Kind.LANDING: ("landing",),
    Job.Kind.RUN: ("reading", "fitting", "forecasting", "grading", "keeping", "publishing"),
    Job.Kind.PLAN: ("planning", "publishing"),
    Job.Kind.SURVEY: ("reading", "studying"),
    Job.Kind.WALLETS: ("learning",),
    Job.Kind.PREVIEW: ("reading", "fitting", "forecasting"),
    Job.Kind.PEOPLE_CHECK: ("looking", "reading", "comparing"),
    Job.Kind.PEOPLE_LANDING: ("landing",),
    Job.Kind.PEOPLE_UNDO: ("undoing",),
    Job.Kind.PAIRS: ("pairing",),
    Job.Kind.MERGES: ("merging",),
    Job.Kind.MERGES_UNDO: ("undoing",),
    Job.Kind.TAKEOUT: ("gathering",),
    Job.Kind.FORGETTING: ("forgetting", "erasing", "waiting"),
    Job.Kind.APPROVAL: ("drawing", "listing", "giving"),
    Job.Kind.BULK_EDIT: ("changing",),
    Job.Kind.BULK_UNDO: ("undoing",),
}
ADVICE: Mapping[str, Promise] = {
    "AmbiguousDatesError": _("Choose among the columns how dates such as 03/04 read, or mend those lines."),
    "UnknownColumnsError": _("Choose which column is which; if it is no file of orders, leave it out."),
    "ContractsNotOrdersError": _("Choose which column is which; if it is no file of orders, leave it out."),
    "NoUsableRowsError": _("Look at the reasons for the rows; then choose the columns again or mend the file."),
    "NothingAcceptedError": _("Look at the reasons for the rows; then choose the columns again or mend the file."),
    "UnknownZoneError": _("Choose another time zone among the columns."),
    "UnreadableFileError": _("Mend the file and upload it again."),
    "EmptyFileError": _("Mend the file and upload it again."),
    "SeveralCurrenciesError": _("Name the currency to report in among the settings, and bring a rate table there."),
    "InvalidRatesError": _("Mend the rate table and upload it again in the settings."),
    "WriterBusyError": _("Something else is being written just now. Start again in a minute."),
    "NoCustomersError": _("Check in the import which column is the customer, and the signs of the amounts."),
    "InvalidAssumptionError": _("Change it in the settings."),
    "InvalidPeriodError": _("Change it in the settings."),
    "NotPreparedError": _("Go back to the columns and check again."),
}


def error_in_words(job: Job) -> str:
    """Why a job was not done, without the command line's options, and what to do next."""
    told = in_browser(job.error)
    advice = ADVICE.get(job.error_kind)
    return f"{told} {advice}" if advice else told


def in_words(sentence: str) -> str:
    """A sentence in the reader's language, as far as it knows its words, without what only a terminal needs.

    What it warns of is told without saying so first.
    """
    if not isinstance(sentence, Told):
        return gettext(sentence.removeprefix(WARNING))
    words, many = (each.removeprefix(WARNING) for each in (sentence.words, sentence.many))
    told = ngettext(words, many, sentence.number) if many else gettext(words)
    return told % {
        name: in_words(figure) if isinstance(figure, Told) else figure for name, figure in sentence.figures.items()
    }


def in_browser(message: str) -> str:
    """The sentences of an error that mean something without a command line; where uploads lie is nobody's business.

    What stands in quotes is a name of the reader's, which neither ends a sentence nor names an option.
    """
    folders = rf"{re.escape(str(settings.WORKSPACE.uploads))}/[\w/-]+/files/|{re.escape(gettempdir())}/keepers-[\w-]+/"
    told = re.sub(folders, "", message)
    names = _QUOTED.findall(told)
    places = iter(range(len(names)))
    sentences = _SENTENCE.split(_QUOTED.sub(lambda _name: f'"{next(places)}"', told))
    kept = [each for each in sentences if not _OPTION.search(each) and not each.startswith(_SHOWN_ANYWAY)]
    return _PLACE.sub(lambda place: names[int(place[1])], " ".join(kept or sentences[:1]))


def stages_of(job: Job) -> list[tuple[Promise, str]]:
    """The stages of a job, each done, at work or to come."""
    names = STAGES_OF[job.kind]
    at = names.index(job.stage) if job.stage in names else -1
    return [
        (STAGES[name], "done" if place < at else "now" if place == at else "later") for place, name in enumerate(names)
    ]
