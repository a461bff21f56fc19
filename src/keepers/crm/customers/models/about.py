"""What else is written on a customer: tags, files, and fields of the firm's own."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.models.lives import Customer


class Tag(models.Model):
    """A word that people put on customers."""

    name = models.CharField(_("name"), max_length=60, unique=True)

    class Meta:
        """By name."""

        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class Attachment(models.Model):
    """A file that belongs to a customer; it lies in the workspace's `attachments`."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=255)
    stored_as = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=120, blank=True)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-added_at", "-pk"]

    def __str__(self) -> str:
        return self.name


class CustomField(models.Model):
    """Something that this firm knows of its customers beyond what every firm does."""

    class Kind(models.TextChoices):
        """What it holds."""

        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        MONEY = "money", _("Money")
        DATE = "date", _("Date")
        CHOICE = "choice", _("One of a list")
        CHOICES = "choices", _("Several of a list")
        YES_NO = "yes-no", _("Yes or no")
        LINK = "link", _("Link")
        FORMULA = "formula", _("Formula")
        ROLL_UP = "roll-up", _("Roll-up")

    noun = models.CharField(max_length=20, default="customers")
    key = models.SlugField(_("key"), max_length=60)  # in files, addresses and the API
    label = models.CharField(_("label"), max_length=120)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    choices: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    formula = models.TextField(blank=True)
    roll_up: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)  # of, measure, days, where
    result = models.CharField(max_length=8, choices=Kind, blank=True, default="", db_default="")  # of what is computed
    reads: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)  # fields that it is computed from
    # How far a computing of the whole base is: customers up to this key are done. Null: all are.
    counted_to = models.BigIntegerField(null=True)
    counted_as_of = models.DateField(null=True)
    is_required = models.BooleanField(_("must be filled"), default=False)
    position = models.PositiveSmallIntegerField(default=0)
    removed_at = models.DateTimeField(null=True, blank=True)  # its values stay until somebody purges them

    class Meta:
        """In the order of forms."""

        ordering: ClassVar[list[str]] = ["position", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["noun", "key"], name="one_field_a_key")
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_computed(self) -> bool:
        """Whether nobody writes it."""
        return self.kind in {self.Kind.FORMULA, self.Kind.ROLL_UP}

    @property
    def holds(self) -> "CustomField.Kind":
        """The kind of its values: of what is computed, that of what comes out."""
        return self.Kind(self.result or self.kind)


class CustomValue(models.Model):
    """What a custom field holds for a customer, in the column of its kind, so that lists filter and sort by an index.

    Texts, links and choices are `text` (a row each where there are several), numbers, money and yes or no are `number`.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="custom_values", db_index=False)
    field = models.ForeignKey(CustomField, on_delete=models.CASCADE, related_name="values", db_index=False)
    place = models.PositiveSmallIntegerField(default=0)  # of one among several
    text = models.TextField(blank=True, default="", db_default="")
    number = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    day = models.DateField(null=True)

    class Meta:
        """One value a place."""

        ordering: ClassVar[list[str]] = ["field", "place"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["customer", "field", "place"], name="one_value_a_place")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["field", "number", "customer"], name="custom_values_by_number"),
            models.Index(fields=["field", "day", "customer"], name="custom_values_by_day"),
            models.Index(fields=["field", "text"], name="custom_values_by_text"),
        ]

    def __str__(self) -> str:
        return f"{self.field_id} of {self.customer_id}"
