"""What programs sent, how far it is, and the batches by which it reached the warehouse."""

from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

ROWS_AT_ONCE = 1_000


class Kind(models.TextChoices):
    """What is sent in."""

    ORDERS = "orders", _("Orders")
    INTERACTIONS = "interactions", _("Acts at touch points")


class InboxBatch(models.Model):
    """Rows on their way to the warehouse as one, named as the Delta transaction, so they land once."""

    name = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=12, choices=Kind)
    source = models.CharField(max_length=80)
    timezone = models.CharField(max_length=60, default="UTC")
    made_at = models.DateTimeField()
    landed_at = models.DateTimeField(null=True, db_index=True)
    things = models.PositiveIntegerField(default=0)  # orders or acts that landed
    refused = models.PositiveIntegerField(default=0)
    is_import = models.BooleanField(default=False)  # it stands under Data and can be undone

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return self.name


class InboxItem(models.Model):
    """An order or an act of another system: how often it was told anew, and how far its newest version is."""

    kind = models.CharField(max_length=12, choices=Kind)
    source = models.CharField(max_length=80)
    external_id = models.CharField(max_length=255)  # the source's own id of the order or act
    version = models.PositiveIntegerField(default=0)  # 0: none could be taken
    digest = models.CharField(max_length=64, blank=True)  # of the newest version
    told_at = models.DateTimeField()
    landed_version = models.PositiveIntegerField(default=0)
    landed_at = models.DateTimeField(null=True)
    batch = models.ForeignKey(InboxBatch, on_delete=models.SET_NULL, null=True, related_name="items")
    problem = models.TextField(blank=True)  # why the newest telling could not be taken

    class Meta:
        """An id is used once a source."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "source", "external_id"], name="one_inbox_item_an_external_id")
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.external_id}"

    @staticmethod
    def write(items: "Iterable[InboxItem]", fields: Sequence[str]) -> None:
        """Write some fields of many items that are there, in few statements."""
        rows = [copy(item) for item in items]
        for row in rows:
            row.pk = None  # found by what they are called
        called = ["kind", "source", "external_id"]
        InboxItem.objects.bulk_create(
            rows, batch_size=ROWS_AT_ONCE, update_conflicts=True, unique_fields=called, update_fields=fields
        )

    @property
    def state(self) -> str:
        """Where its newest telling is: refused, waiting or landed."""
        if self.problem:
            return "refused"
        return "landed" if self.landed_version == self.version else "waiting"


class InboxRow(models.Model):
    """A version of an order or act that waits for its batch, or one that could not be taken, with the reason."""

    kind = models.CharField(max_length=12, choices=Kind)
    source = models.CharField(max_length=80)
    item = models.ForeignKey(InboxItem, on_delete=models.CASCADE, null=True, related_name="rows")  # null: it has no id
    version = models.PositiveIntegerField(default=0)
    body: models.JSONField[Any, Any] = models.JSONField()
    place = models.PositiveIntegerField()  # in the call that brought it, from 1
    problem = models.TextField(blank=True)
    told_at = models.DateTimeField()
    batch = models.ForeignKey(InboxBatch, on_delete=models.CASCADE, null=True, related_name="rows")

    class Meta:
        """In the order in which they came."""

        ordering: ClassVar[list[str]] = ["pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["kind", "source"], condition=models.Q(batch=None), name="inbox_rows_that_wait")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.source}, {self.place}"


class SentText(models.Model):
    """What an act says that a program sent: it lies in the warehouse and on the timeline, and is found by its words."""

    item = models.OneToOneField(InboxItem, on_delete=models.CASCADE, related_name="text")
    customer_key = models.CharField(max_length=255, db_index=True)  # as the act names them; they may come later
    at = models.DateTimeField()
    title = models.CharField(max_length=255)
    body = models.TextField(blank=True)  # the campaign and what came of it

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.title
