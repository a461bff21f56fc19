"""What can be listened to, as programs name it and as people read it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What happened."""

    CREATED = "customer.created", _("Customer created")
    CHANGED = "customer.changed", _("Customer changed")
    STAGE = "customer.stage", _("Customer moved to another stage")
    CONSENT = "customer.consent", _("Consent given, refused or withdrawn")
    MERGED = "customer.merged", _("Customers merged")
    PARTED = "customer.parted", _("Merge undone")
    DELETED = "customer.deleted", _("Customer taken out")
    ERASED = "customer.erased", _("Customer erased")
    TOUCH_ADDED = "touch.added", _("Act put on a timeline")
    TOUCH_CHANGED = "touch.changed", _("Act on a timeline changed")
    TOUCH_REMOVED = "touch.removed", _("Act taken off a timeline")
    TASK_CREATED = "task.created", _("Task created")
    TASK_CHANGED = "task.changed", _("Task changed")
    TASK_DONE = "task.done", _("Task done")
    TASK_DROPPED = "task.dropped", _("Task dropped")
    APPROVED = "plan.approved", _("Step of the plan carried out")
    IMPORT_LANDED = "import.landed", _("Import landed")
    IMPORT_SWITCHED = "import.switched", _("Import undone or taken back")
    PUBLISHED = "publication.shown", _("Values published")
    PING = "ping", _("Trial")


OFFERED = [choice for choice in Kind.choices if choice[0] != Kind.PING]
"""Those that somebody can ask for; a trial is sent to whoever is tried."""
