"""The words of a plan for a reader: decisions, actions, evidence and the fixed parts of reasons, in their language."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from keepers.core.percent import percent
from keepers.crm.customers.holding.models import Trial
from keepers.crm.portfolio.models import Publication, PublishedPlan
from keepers.decisions.terms.doing import GIVEN_UP
from keepers.decisions.terms.terms import MAILING, OFFER, told_as

WORDS: Mapping[str, Promise] = {
    "keep": _("keep"),
    "grow": _("grow"),
    "win back": _("win back"),
    "serve cheaper": _("serve cheaper"),
    "stop spending": _("stop spending"),
    "let go": _("let go"),
    "assumed": _("assumed"),
    "observed": _("seen in past mailings"),
    "randomised": _("measured"),
    "basic": _("basic"),
    "reactive": _("reactive"),
    "accountable": _("accountable"),
    "proactive": _("proactive"),
    "partnership": _("partnership"),
    "reactive care": _("reactive care"),
    "accountable care": _("accountable care"),
    "proactive care": _("proactive care"),
    "partnership care": _("partnership care"),
    "send a personal offer": _("send a personal offer"),
    "no contact of our own": _("no contact of our own"),
    "propose to let go: a person decides": _("propose to let go: a person decides"),
    "ask what is missing, by a short call or survey": _("ask what is missing, by a short call or survey"),
    "show how to get the most from what they bought": _("show how to get the most from what they bought"),
    "nudge a second purchase": _("nudge a second purchase"),
    "serve by a cheaper channel": _("serve by a cheaper channel"),
    "change price or terms: a minimum order, postage, slower delivery": _(
        "change price or terms: a minimum order, postage, slower delivery"
    ),
    "mail less often": _("mail less often"),
}
PARTS: Mapping[str, Promise] = {
    MAILING: _("mailings"),
    OFFER: _("offers"),
    "reactive": _("reactive care"),
    "accountable": _("accountable care"),
    "proactive": _("proactive care"),
    "partnership": _("partnership care"),
}
CARE: Mapping[str, Promise] = {
    "reactive": _("Customers are asked to come back with questions; nobody calls by themselves."),
    "accountable": _("After each sale somebody asks whether all is well."),
    "proactive": _("From time to time somebody calls with something of use to the customer."),
    "partnership": _("Somebody works with the customer all the time: calls and visits."),
}
SENTENCES: Mapping[str, Promise] = {
    "Worth keeping.": _("Worth keeping."),
    "May yet become one of the best.": _("May yet become one of the best."),
    "Gone or going, and worth asking back.": _("Gone or going, and worth asking back."),
    "Serving them as now costs more than it brings.": _("Serving them as now costs more than it brings."),
    "Further contact is expected to cost more than it brings.": _(
        "Further contact is expected to cost more than it brings."
    ),
    "Expected to cost more than they bring.": _("Expected to cost more than they bring."),
    "May well turn out to be worth more than they cost.": _("May well turn out to be worth more than they cost."),
    "Has a complaint or request open: answer it first.": _("Has a complaint or request open: answer it first."),
    "The firm is bound to serve them, by law, contract or consent.": _(
        "The firm is bound to serve them, by law, contract or consent."
    ),
    "Brought other customers, whose worth outweighs what they cost.": _(
        "Brought other customers, whose worth outweighs what they cost."
    ),
    "A protected group would be let go clearly more often than others.": _(
        "A protected group would be let go clearly more often than others."
    ),
    "Without them too much would hang on a few whom a rival could take.": _(
        "Without them too much would hang on a few whom a rival could take."
    ),
}
_COUNTED = re.compile(r"(?P<send>send )?(?P<count>[\d.]+) (?P<what>mailings|calls|visits) a year")
_BEFORE = re.compile(r"Before giving up: (?P<remedy>.+)\.$")


def in_words(text: str) -> str:
    """A decision, an action, a word of evidence or a reason as the reader's language says it."""
    if text in WORDS:
        return str(WORDS[text])
    for sentence, told in SENTENCES.items():
        if sentence in text:
            return _BEFORE.sub(_remedy, text.replace(sentence, str(told)))
    return ", ".join(str(WORDS[part]) if part in WORDS else _COUNTED.sub(_counted, part) for part in text.split(", "))


def history_in(reason: str) -> str:
    """What a reason says of the customer's history, without why the plan decided as it did."""
    for sentence in SENTENCES:
        reason = reason.partition(sentence)[0]
    return reason.strip()


def called(part: str) -> str:
    """A part of an action, as experiments tell them apart, in words."""
    return str(PARTS.get(part, part))


def care_in(actions: Iterable[str]) -> list[tuple[str, str]]:
    """The levels of care that actions speak of, each with what is done there."""
    told = " ".join(actions)
    return [(called(level), str(what)) for level, what in CARE.items() if f"{level} care" in told]


def left_out(plan: PublishedPlan) -> dict[str, str]:
    """What it leaves out for want of customers to try it on, and what the costs file would say of these."""
    actions = plan.account.get("too_few_for", [])
    return {"actions": _all_called(actions), "names": ", ".join(map(told_as, actions))} if actions else {}


def waiting(plan: PublishedPlan) -> str:
    """The actions that it leaves to trials, whose customers are on trials of other actions."""
    return _all_called(plan.account.get("waiting_for_others", []))


def trials_next(plan: PublishedPlan) -> str:
    """The actions of which the next run would begin trials, as things stood when it was planned again."""
    return _all_called(plan.account.get("trials_next", []))


@dataclass(frozen=True, slots=True)
class Exposed:
    """How much of the margin to come hangs on the top tenth of the customers [share], who could be taken by a rival.

    given_up: on how many nothing is spent any more, or whom it proposes to let go
    kept_back: how many are not let go for that reason
    without: what would hang on the top tenth without those given up; without_proposed: also without those kept back
    """

    before: float
    given_up: int
    without: float
    kept_back: int
    without_proposed: float

    @property
    def hardly_more(self) -> bool:
        """Whether what would hang on them without those given up reads the same."""
        return percent(self.without) == percent(self.before)


def exposed(plan: PublishedPlan) -> Exposed | None:
    """None of plans that were made before it was told like this."""
    held = plan.account.get("value_held_by_top_tenth", {})
    if "without_stopped" not in held:
        return None
    up = sum(step["people"] for step in plan.steps if step["decision"] in GIVEN_UP)
    return Exposed(held["before"], up, held["without_stopped"], held["kept_back"], held["without_proposed"])


def on_trial(publication: Publication) -> str:
    """The actions that its plan leaves to standing trials: those that stood when it came to the pages, or since."""
    standing = Trial.objects.filter(Q(held_until=None) | Q(held_until__gte=publication.started_at.date()))
    return ", ".join(dict.fromkeys(called(trial.action) for trial in standing))


def _all_called(parts: Iterable[str]) -> str:
    return ", ".join(map(called, parts))


def _remedy(found: re.Match[str]) -> str:
    remedy = found["remedy"]
    return gettext("Before giving up: %(remedy)s.") % {"remedy": WORDS.get(remedy, remedy)}


def _counted(found: re.Match[str]) -> str:
    count, what = float(found["count"]), found["what"]
    n, told = round(count), {"count": found["count"]}
    if what == "calls":
        return ngettext("%(count)s call a year", "%(count)s calls a year", n) % told
    if what == "visits":
        return ngettext("%(count)s visit a year", "%(count)s visits a year", n) % told
    if found["send"]:
        return ngettext("send %(count)s mailing a year", "send %(count)s mailings a year", n) % told
    return ngettext("%(count)s mailing a year", "%(count)s mailings a year", n) % told
