"""What happens before the first page is served: tables, values, the first link."""

import os
from collections.abc import Callable
from datetime import datetime

import django

SETTINGS = "keepers.web.settings"


def make_ready(say: Callable[[str], None], *, at: datetime) -> None:
    """Bring the app database up to date, tell jobs that died from those at work, and publish the newest run if need be.

    Safe to repeat, and for two processes at once.
    """
    set_up()
    from django.core.management import call_command

    from keepers.crm.data.jobs import settle_abandoned
    from keepers.crm.portfolio.publish import publish_newest
    from keepers.web.settings import WORKSPACE

    call_command("migrate", verbosity=0, interactive=False)
    settle_abandoned()
    if published := publish_newest(WORKSPACE, at=at):
        say(f"Published run {published.run_id}: {published.customers:,} customers.")


def first_link(*, at: datetime, for_demo: bool = False) -> str | None:
    """The path of the link that lets the first administrator in; None where there is one already."""
    set_up()
    from django.urls import reverse

    from keepers.crm.people.actions import offer_welcome
    from keepers.crm.people.models import User

    if not for_demo and User.objects.exists():
        return None
    return reverse("welcome", args=[offer_welcome(at=at, for_demo=for_demo)])


def set_up() -> None:
    """Load Django with our settings, once."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    django.setup()
