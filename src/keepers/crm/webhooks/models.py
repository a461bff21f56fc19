"""Who listens to what, and each telling: on its way, delivered, or given up on."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from keepers.crm.webhooks.kinds import Kind


class Subscription(models.Model):
    """A program's address that is told of what happens.

    Its secret is made from the workspace's own and these: `salt` and `generation` (which a rotation counts up), so no
    secret lies in the database.
    """

    name = models.CharField(_("name"), max_length=80)
    url = models.CharField(_("address"), max_length=500)
    kinds: models.JSONField[Any, Any] = models.JSONField(_("what it is told"), default=list)  # of `Kind`; empty: all
    is_active = models.BooleanField(_("is told"), default=True)
    salt = models.CharField(max_length=32)
    generation = models.PositiveIntegerField(default=1)
    old_secret_until = models.DateTimeField(null=True)  # so long the secret of the generation before signs too
    since = models.BigIntegerField(default=0)  # audit rows after this one are told
    failures = models.PositiveIntegerField(default=0)  # in a row
    rests_until = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        """By name."""

        ordering: ClassVar[list[str]] = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("webhook", args=[self.pk])

    def wants(self, kind: str) -> bool:
        """Whether it is told of this."""
        return not self.kinds or kind in self.kinds


class Delivery(models.Model):
    """One telling to one address. It may arrive twice (a process died before it could say so), never not at all."""

    class State(models.TextChoices):
        """Where it is."""

        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        DELIVERED = "delivered", _("delivered")
        DEAD = "dead", _("given up on")

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=60)  # by which the receiver tells repetitions
    kind = models.CharField(max_length=20, choices=Kind)
    body: models.JSONField[Any, Any] = models.JSONField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)  # of HTTP, of the last attempt
    problem = models.CharField(max_length=255, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "due_at"], name="deliveries_due"),
            models.Index(fields=["ended_at"], name="deliveries_ended"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["subscription", "event"], name="one_delivery_an_event")
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.kind}"
