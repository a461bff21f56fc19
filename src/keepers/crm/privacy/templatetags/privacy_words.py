"""What rows that are theirs are called: those of the app and those of the warehouse."""

from collections.abc import Mapping

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

register = template.Library()

ROWS: Mapping[str, Promise] = {
    # in the app
    "customers": _("the customer, and whoever was merged with them"),
    "stage moves": _("moves from stage to stage"),
    "external keys": _("ids in other systems"),
    "attachments": _("files kept with them"),
    "custom values": _("values of custom fields"),
    "bulk edit rows": _("what bulk changes did to them"),
    "stale customers": _("computed fields that wait"),
    "acquisition tolds": _("how they came, as it was told"),
    "contact points": _("addresses and numbers to reach them by"),
    "addresses": _("postal addresses"),
    "relations": _("who belongs to whom"),
    "consents": _("what they agreed to and refused"),
    "touches": _("calls, visits, letters and notes"),
    "outbox rows": _("acts on their way to the warehouse"),
    "mails": _("letters"),
    "submissions": _("forms that they sent"),
    "confirmations": _("questions whether they meant it"),
    "visitors": _("browsers of theirs"),
    "visits": _("visits of the site"),
    "befores": _("what imports changed in them"),
    "kept records": _("records of other systems"),
    "pairs": _("possible duplicates"),
    "merges": _("merges"),
    "key changes": _("changes of their id"),
    "holds": _("experiments that hold them out"),
    "held reacheds": _("times they were reached although held out"),
    "trial lots": _("lots in trials"),
    "customer values": _("their place on the pages"),
    "plan lines": _("what the plan says of them"),
    "product offers": _("promotions for them"),
    "customer wallets": _("their share of wallet"),
    "mailed places": _("their place among mailings"),
    "tasks": _("tasks"),
    "members": _("their part in approvals"),
    "choices": _("what was decided on their plan"),
    "takeouts": _("files of all that is known"),
    # in the warehouse
    "order_lines": _("order lines"),
    "customer_attributes": _("names and addresses from files"),
    "customer_keys": _("ids that became one"),
    "customer_summary": _("histories in runs"),
    "customer_values": _("values in runs"),
    "customer_lines": _("order lines kept for their page"),
    "interactions": _("acts at touch points"),
    "assignments": _("lots in experiments"),
    "plan_lines": _("lines of plans"),
    "next_products": _("what they may buy next"),
    "wallets": _("answers on what they spend"),
    "insights": _("insights that name them"),
}


@register.filter
def rows_in_words(table: str) -> str:
    """What the rows of a table are, to somebody who knows no tables."""
    return str(ROWS.get(table) or table.replace("_", " "))
