"""Where customers are in their life as customers, moved by hand; the rules are `moves`' business."""

from django.db import transaction

from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.models import Customer, StageMove

Stage = Customer.Stage


def move(act: Act, customer: Customer, stage: str, *, reason: str = "") -> StageMove | None:
    """Put a customer into a stage; the rules leave it until they say something else than they do now.

    Returns: the move; None where the customer is there already.
    """
    before = customer.stage
    if before == stage:
        return None
    with transaction.atomic():
        act.touched(customer, stage=stage, stage_held=customer.stage_held or said_by_rules(before))
        made = StageMove.objects.create(
            customer=customer, before=before, after=stage, at=act.at, by=act.by, reason=reason.strip()[:255]
        )
        act.note("edit", customer, {"stage": [before, stage]})
    return made


def said_by_rules(stage: str) -> str:
    """What the rules say of those who are in a stage by rule: who was won back is active to them."""
    return Stage.ACTIVE if stage == Stage.WON_BACK else stage
