"""Imports of people on their way in and afterwards, what they changed so that it can be undone, what has no desk."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.models import Customer
from keepers.crm.jobs.models import Job


class PeopleImport(models.Model):
    """Files of another system on their way in; afterwards what became of each row, and the way back."""

    class Mode(models.TextChoices):
        """What may happen to a row."""

        BOTH = "both", _("Create new ones and update those that are known")
        CREATE = "create", _("Create new ones only")
        UPDATE = "update", _("Update known ones only")

    class Empty(models.TextChoices):
        """What an empty cell means for somebody who is known."""

        LEAVE = "leave", _("Leave what is known")
        CLEAR = "clear", _("Clear what is known")

    class Dates(models.TextChoices):
        """How 03/04 reads."""

        AUTO = "auto", _("As the whole column tells")
        DMY = "dmy", _("Day first: 31/12/2025")
        MDY = "mdy", _("Month first: 12/31/2025")
        YMD = "ymd", _("Year first: 2025-12-31")

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    system = models.CharField(max_length=20, blank=True)  # the CRM that its headers give away
    tables: models.JSONField[Any, Any] = models.JSONField(default=list)  # `layout.Table`s
    problems: models.JSONField[Any, Any] = models.JSONField(default=list)  # files that could not be read: [name, why]
    source = models.CharField(_("Source"), max_length=40, default="file")
    mode = models.CharField(_("What may happen"), max_length=6, choices=Mode, default=Mode.BOTH)
    empty = models.CharField(_("Empty cells"), max_length=5, choices=Empty, default=Empty.LEAVE)
    stage = models.CharField(_("Stage of new ones"), max_length=10, choices=Customer.Stage, default="prospect")
    dates = models.CharField(_("Dates such as 03/04"), max_length=4, choices=Dates, default=Dates.AUTO)
    region = models.CharField(_("Country of telephone numbers"), max_length=2, blank=True)
    consent_source = models.CharField(_("Where consent was given"), max_length=120, blank=True)
    owners: models.JSONField[Any, Any] = models.JSONField(default=dict)  # as the files call them → primary key or null
    check_job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    landing_job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    undo_job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    expected: models.JSONField[Any, Any] = models.JSONField(default=list)  # what the check counted, by table
    made: models.JSONField[Any, Any] = models.JSONField(default=dict)  # custom fields and tags that it brought along
    left_alone: models.JSONField[Any, Any] = models.JSONField(default=list)  # what undoing left, each with its reason
    began_at = models.DateTimeField(null=True)  # the moment that all of its rows bear
    landed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    let_go_at = models.DateTimeField(null=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return ", ".join(dict.fromkeys(table["file"] for table in self.tables)) or str(self.pk)

    def get_absolute_url(self) -> str:
        """The step it is at."""
        return reverse("people_import", args=[self.pk])


PEOPLE, RELATIONS, KEPT, SPEAKERS = "people", "relations", "kept", "speakers"
LANDED = "landed"  # in what a piece added: names of where people work → organisations that are called otherwise
"""The stages of a landing."""


class Piece(models.Model):
    """Some rows of a table that were brought in together in one transaction: how far an import is, and the way back.

    A row of this is written with the rows it speaks of, so an import that was killed goes on after its last piece.
    """

    of = models.ForeignKey(PeopleImport, on_delete=models.CASCADE, related_name="pieces")
    stage = models.CharField(max_length=10)
    table = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    added: models.JSONField[Any, Any] = models.JSONField(default=dict)  # what → runs of primary keys [first, last]
    has_landed = models.BooleanField(default=False)  # whether names landed, which few pieces of many tell
    undone_at = models.DateTimeField(null=True)

    class Meta:
        """As they came."""

        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["of", "stage", "table", "number"], name="one_piece_a_place")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["of", "table"], name="pieces_with_landed", condition=models.Q(has_landed=True))
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.table}.{self.number} of {self.of_id}"


class Before(models.Model):
    """How a customer was before an import changed them."""

    piece = models.ForeignKey(Piece, on_delete=models.CASCADE, related_name="befores")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    was: models.JSONField[Any, Any] = models.JSONField()  # columns of the customer, and whole sets of what they have

    def __str__(self) -> str:
        return f"customer {self.customer_id} before {self.piece_id}"


class RefusedRow(models.Model):
    """A row that could not be brought in although the check had nothing against it."""

    piece = models.ForeignKey(Piece, on_delete=models.CASCADE, related_name="refusals")
    line = models.PositiveIntegerField()
    reason = models.CharField(max_length=255)
    text = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"


class KeptRecord(models.Model):
    """A row of something that has no desk of its own yet, kept whole: a deal, a ticket, a campaign, a product."""

    noun = models.CharField(max_length=20)
    kind = models.CharField(max_length=10)  # what the timeline calls it
    source = models.CharField(max_length=80)
    external_id = models.CharField(max_length=255, blank=True)
    customer = models.ForeignKey(Customer, on_delete=models.SET_NULL, null=True, related_name="kept_records")
    organisation = models.ForeignKey(Customer, on_delete=models.SET_NULL, null=True, related_name="kept_of_people")
    at = models.DateTimeField(null=True)
    title = models.CharField(max_length=255, blank=True)
    body = models.TextField(blank=True)
    status = models.CharField(max_length=120, blank=True)
    amount = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, blank=True, default="", db_default="")  # empty: its file does not say
    actor_name = models.CharField(max_length=150, blank=True)
    data: models.JSONField[Any, Any] = models.JSONField(default=dict)  # header → cell, those that hold something

    class Meta:
        """The newest first; an id is kept once a noun and source."""

        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["customer", "-at"], name="kept_of_a_customer"),
            models.Index(fields=["organisation", "-at"], name="kept_of_an_organisation"),
            models.Index(fields=["at", "id"], name="kept_by_time"),
            models.Index(fields=["noun", "at", "id"], name="kept_of_a_noun"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["source", "noun", "external_id"],
                condition=~models.Q(external_id=""),
                name="one_kept_record_an_id",
            )
        ]

    def __str__(self) -> str:
        return self.title or self.external_id


class SavedMapping(models.Model):
    """What the columns of files with this head were taken for by somebody, for the next time."""

    signature = models.CharField(max_length=64, unique=True)
    noun = models.CharField(max_length=20)
    columns: models.JSONField[Any, Any] = models.JSONField(default=dict)  # header → role
    identity = models.CharField(max_length=20, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.noun} {self.signature[:8]}"
