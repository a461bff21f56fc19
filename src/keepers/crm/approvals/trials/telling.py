"""Standing trials as the pages tell them: who is on which, until when, and what was learned so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from keepers.crm.approvals.models import Approval
from keepers.crm.approvals.results import Reading, looks_kept, readings_of
from keepers.crm.customers.holding.models import Trial
from keepers.decisions.terms.doing import parts_of
from keepers.decisions.terms.terms import MAILING, OFFER

MOST = 100
LEAST_SHARE, USUAL_SHARE = 0.01, 0.3  # of those with whom it is in doubt
LEAST_WEEKS, USUAL_WEEKS, MOST_WEEKS = 4, 26, 104


@dataclass(frozen=True, slots=True)
class TrialTold:
    """A trial and the looks at it, the latest last."""

    trial: Trial
    readings: Sequence[Reading]
    stands: bool

    @property
    def last(self) -> Reading | None:
        """The latest."""
        return self.readings[-1] if self.readings else None

    @property
    def verdict(self) -> str:
        """What is known now, in a sentence."""
        if self.last is not None:
            return self.last.verdict
        if not (self.trial.treated and self.trial.held):
            return _("All lots fell on one side, so there is nobody to compare with.")
        return _("No run has looked at it yet: bring the orders since, then value the base.")


def trials_told(trials: Sequence[Trial], *, today: date) -> list[TrialTold]:
    """Several trials with what is known of each, read at once."""
    looks = looks_kept([each.experiment for each in trials])
    return [TrialTold(each, readings_of(looks[each.experiment]), stands(each, today)) for each in trials]


def stands(trial: Trial, day: date) -> bool:
    """Whether customers still keep what its lots gave them."""
    return trial.held_until is None or trial.held_until >= day


def latest_trials() -> list[Trial]:
    """The newest first."""
    return list(Trial.objects.all()[:MOST])


def ways_of(trial: Trial) -> list[Approval.Way]:
    """How a trial's action can reach people."""
    if trial.action in {MAILING, OFFER}:
        return [Approval.Way.LETTER, Approval.Way.EMAIL]
    return [Approval.Way.CALL, Approval.Way.VISIT, Approval.Way.EMAIL]


def parts_tried(trial: Trial) -> tuple[str, ...]:
    """What the trial's action consists of, as experiments tell it apart."""
    return parts_of(trial.action)
