"""Acts at touch points, on their way to the warehouse too, and letters by e-mail."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from keepers.crm.customers.models import Customer
from keepers.crm.lists.models import ManyChanged


class Touch(models.Model):
    """One act between the firm and a customer, told by somebody here or brought by an import."""

    class Kind(models.TextChoices):
        """What it was."""

        NOTE = "note", _("Note")
        CALL = "call", _("Call")
        VISIT = "visit", _("Visit")
        MEETING = "meeting", _("Meeting")
        LETTER = "letter", _("Letter")
        EMAIL = "e-mail", _("E-mail")
        CHAT = "chat", _("Chat")
        WEB = "web", _("Web")
        CATALOG = "catalog", _("Catalog")
        CAMPAIGN = "campaign", _("Campaign")
        SURVEY = "survey", _("Survey")
        TICKET = "ticket", _("Ticket")
        DEAL = "deal", _("Deal")
        TASK = "task", _("Task")

    class Direction(models.TextChoices):
        """Who went to whom."""

        OUT = "out", _("we to them")
        IN = "in", _("they to us")

    class Outcome(models.TextChoices):
        """What came of it."""

        REACHED = "reached", _("reached")
        NO_ANSWER = "no answer", _("no answer")
        MESSAGE = "left a message", _("left a message")
        WRONG = "wrong number", _("wrong number or address")
        LATER = "call again", _("asked to be called again")
        INTERESTED = "interested", _("interested")
        NOT_INTERESTED = "not interested", _("not interested")
        ORDERED = "ordered", _("ordered")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="touches", db_index=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    direction = models.CharField(_("direction"), max_length=3, choices=Direction, blank=True)
    at = models.DateTimeField(_("when"))
    title = models.CharField(_("about"), max_length=255, blank=True)
    body = models.TextField(_("text"), blank=True)
    outcome = models.CharField(_("outcome"), max_length=40, blank=True)  # one of `Outcome`, or as an import says
    campaign = models.CharField(_("campaign"), max_length=120, blank=True)
    minutes = models.PositiveIntegerField(_("minutes"), null=True, blank=True)
    cost = models.DecimalField(_("cost"), max_digits=18, decimal_places=4, null=True, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="touches")
    actor_name = models.CharField(max_length=150, blank=True)  # as the source says, for those who are not here
    source = models.CharField(max_length=80, blank=True)  # empty: told here
    external_id = models.CharField(max_length=255, blank=True)
    is_made_up = models.BooleanField(default=False)  # by the demo
    version = models.PositiveIntegerField(default=1)
    removed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["customer", "-at"], name="touches_of_a_customer"),
            models.Index(fields=["at", "id"], name="touches_by_time"),
            models.Index(fields=["kind", "at", "id"], name="touches_of_a_kind"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~models.Q(external_id=""),
                name="one_touch_an_external_id",
            )
        ]

    def __str__(self) -> str:
        return self.title or str(self.get_kind_display())


class OutboxBatch(models.Model):
    """Acts on their way to the warehouse as one, named as the Delta transaction, so they land once; gone afterwards."""

    name = models.CharField(max_length=40, unique=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class OutboxRow(models.Model):
    """A version of an act that the warehouse is still to learn; written in the transaction that made the version."""

    act: models.JSONField[Any, Any] = models.JSONField()  # a row of `interactions`
    batch = models.ForeignKey(OutboxBatch, on_delete=models.CASCADE, null=True, related_name="rows")
    written_at = models.DateTimeField()

    class Meta:
        """In the order in which things happened."""

        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.act['interaction_id']} v{self.act['version']}"


class Mail(models.Model):
    """A letter by e-mail on its way out, and what became of it."""

    class State(models.TextChoices):
        """Where it is."""

        WAITING = "waiting", _("waiting to be sent")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("could not be sent")
        UNSURE = "unsure", _("its sender was stopped: nobody knows whether it went out")

    touch = models.OneToOneField(Touch, on_delete=models.CASCADE, related_name="mail")
    to = models.CharField(max_length=254)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    begun_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.to}: {self.state}"


class TouchEdit(ManyChanged):
    """Something said of many touches at once: what came of them, or that they are off their timelines."""

    @property
    def told(self) -> str:
        """What was done, in a sentence."""
        told = ngettext("%(all)s touch changed (%(says)s).", "%(all)s touches changed (%(says)s).", self.changed)
        return told % {"all": number_format(self.changed, force_grouping=True), "says": self.says}

    @property
    def told_back(self) -> str:
        """What its undoing did, in a sentence."""
        back = self.changed - self.left
        told = ngettext("Undone for %(back)d touch.", "Undone for %(back)d touches.", back) % {"back": back}
        return f"{told} {self.left_in_words}".rstrip()


class TouchEditRow(models.Model):
    """A touch before such a change.

    before: its outcome then
    version: what it became by the change
    """

    edit = models.ForeignKey(TouchEdit, on_delete=models.CASCADE, related_name="rows")
    touch = models.ForeignKey(Touch, on_delete=models.CASCADE, related_name="+")
    before = models.CharField(max_length=40, blank=True)
    version = models.PositiveIntegerField()

    class Meta:
        """As they were written."""

        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.touch_id}: {self.before}"
