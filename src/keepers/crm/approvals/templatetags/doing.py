"""What was said of the lines and steps that a page of the plan shows, asked once a page."""

from typing import Any

from django import template
from django.utils import timezone

from keepers.crm.approvals.models import Approval, Choice
from keepers.crm.approvals.queries import approvals_of, choices_on
from keepers.crm.customers.holding.models import Trial
from keepers.crm.portfolio.plan.words import called, in_words
from keepers.decisions.terms.doing import parts_of

register = template.Library()
register.filter(called)
_LINES, _STEPS = "_keepers_choices", "_keepers_approvals"


@register.filter
def can_be_done(action: str) -> bool:
    """Whether there is anything to do."""
    return bool(parts_of(action))


@register.filter
def tried(trial: Trial) -> str:
    """What those who get it get, in words."""
    return in_words(trial.told) if trial.told else called(trial.action)


@register.simple_tag(takes_context=True)
def choice_of(context: template.Context, customer: int) -> Choice | None:
    """What was said of this customer's line, as far as it still counts; the page's `rows` are asked for together."""
    request = context["request"]
    if not hasattr(request, _LINES):
        shown = [row.customer_id for row in context.get("rows") or []] or [customer]
        setattr(request, _LINES, choices_on(shown, timezone.localdate()))
    known: dict[int, Choice] = getattr(request, _LINES)
    return known.get(customer)


@register.simple_tag(takes_context=True)
def approval_of(context: template.Context, step: Any) -> Approval | None:
    """The latest approval of a step of the plan that the page shows."""
    request = context["request"]
    if not hasattr(request, _STEPS):
        setattr(request, _STEPS, approvals_of(context["publication"].run_id))
    known: dict[tuple[str, str], Approval] = getattr(request, _STEPS)
    return known.get((step.decision, step.action))
