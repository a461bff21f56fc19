"""Words of acting on the plan."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from keepers.crm.approvals.models import Approval
from keepers.decisions.terms.doing import parts_of, promotes
from keepers.decisions.terms.terms import MAILING, OFFER

PASSED_OVER: Mapping[str, Promise] = {
    "held": _("held out of it, or of everything, by an earlier lot"),
    "decided": _("accepted, dismissed or snoozed by somebody"),
    "under_way": _("reached by the same action already"),
    "refused": _("do not want to be reached like this"),
    "not_agreed": _("did not agree to it, where that is asked for"),
    "closed": _("closed"),
}
UNADDRESSED: Mapping[str, Promise] = {
    Approval.Way.CALL: _("no telephone number that can be used"),
    Approval.Way.LETTER: _("no street"),
    Approval.Way.EMAIL: _("no e-mail address that can be used"),
}
"""What is not known here of somebody whom a way is to reach."""
BY_THE_WAY = {"refused", "not_agreed"}  # why somebody is not reached who may be by another way


def way_of(action: str) -> Approval.Way:
    """How an action reaches people, unless somebody says otherwise."""
    parts = parts_of(action)
    if parts in {(MAILING,), (OFFER,)} or promotes(action):
        return Approval.Way.LETTER
    return Approval.Way.CALL if "care" in action else Approval.Way.TO_DO
