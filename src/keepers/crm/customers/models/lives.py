"""Who customers are: people and organisations, their stages, and what other systems call them."""

import re
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.finding import words
from keepers.crm.people.models import Team

if TYPE_CHECKING:
    from keepers.crm.customers.models.about import Tag

_PRESENT = models.Q(merged_into__isnull=True)
_TOLD = models.Q(reached_by_hand=False)


def _found_by(column: str, name: str, *order: str) -> models.Index:
    """Those of one city, say, in an order: of those alone who have one, so that a run which tells none writes nothing.

    `lists.filters.Named` asks for what is not empty beside, without which no database would take such an index.
    """
    condition = _PRESENT & models.Q(**{f"{column}__gt": ""})
    return models.Index(Upper(column), *order, name=name, condition=condition)


TOLD_ADDRESS = ("street", "postal_code", "city", "country")  # what imports of orders tell of an address
MADE_UP = "new-"  # ids of customers who were given none begin so, before twelve digits or more
_MADE_UP = re.compile(rf"{MADE_UP}[0-9a-f]{{12,}}$")
FINGERPRINT_DIGITS = 20  # of what rows without an id are known by
_FINGERPRINT = re.compile(rf"#[0-9a-f]{{{FINGERPRINT_DIGITS}}}(-\d+)?$")


class PresentCustomers(models.Manager["Customer"]):
    """Customers but those who were found to be another one."""

    def get_queryset(self) -> models.QuerySet["Customer"]:
        """Without the merged ones."""
        return super().get_queryset().filter(merged_into=None)


class Customer(models.Model):
    """A person or an organisation that bought, or may one day, by the key that the warehouse knows them by.

    Name, key and e-mail are found by their words (`words.called`); the index by name is for lists. E-mail and phone
    repeat the first contact point, street to country (`TOLD_ADDRESS`) the first address.
    """

    class Kind(models.TextChoices):
        """What they are."""

        PERSON = "person", _("Person")
        ORGANISATION = "organisation", _("Organisation")

    class Stage(models.TextChoices):
        """Where they are in their life as a customer."""

        PROSPECT = "prospect", _("Prospect")
        ACTIVE = "active", _("Active")
        SLIPPING = "slipping", _("Slipping")
        LAPSED = "lapsed", _("Lapsed")
        WON_BACK = "won-back", _("Won back")
        CLOSED = "closed", _("Closed")

    key = models.CharField(_("customer id"), max_length=255, unique=True)
    name = models.CharField(_("name"), max_length=255, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=64, blank=True)
    street = models.CharField(_("street"), max_length=255, blank=True, default="", db_default="")
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True, default="", db_default="")
    city = models.CharField(_("city"), max_length=120, blank=True)
    country = models.CharField(_("country"), max_length=80, blank=True)
    named_by_hand = models.BooleanField(default=False)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.PERSON, db_default=Kind.PERSON)
    stage = models.CharField(_("stage"), max_length=10, choices=Stage, default=Stage.ACTIVE, db_default=Stage.ACTIVE)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="customers"
    )
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="customers")
    acquired_by = models.CharField(_("came by"), max_length=120, blank=True, default="", db_default="")
    acquired_on = models.DateField(_("came on"), null=True, blank=True)
    acquisition_cost = models.DecimalField(_("cost to win"), max_digits=18, decimal_places=4, null=True, blank=True)
    tags: "models.ManyToManyField[Tag, Any]" = models.ManyToManyField("Tag", blank=True, related_name="customers")
    created_at = models.DateTimeField(null=True, blank=True)  # null: an import of orders brought them
    changed_at = models.DateTimeField(null=True, blank=True)
    # What the rules said when somebody chose the stage by hand: they leave it until they say something else.
    stage_held = models.CharField(max_length=10, blank=True, default="", db_default="")
    # Contact points and addresses are kept here: imports of orders no longer tell them.
    reached_by_hand = models.BooleanField(default=False, db_default=False)
    # Whom this one was found to be; the row stays, so that a merge can be undone and no key is given twice.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="absorbed", db_index=False
    )

    objects: ClassVar[PresentCustomers] = PresentCustomers()
    everyone: ClassVar["models.Manager[Customer]"] = models.Manager()

    class Meta:
        """The oldest first."""

        ordering: ClassVar[list[str]] = ["pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["name"], name="customers_by_name"),
            models.Index(fields=["stage", "name"], name="customers_by_stage"),
            # Of the merged ones alone: an index of all would be taken for a way to find those who are not.
            models.Index(
                fields=["merged_into"], name="customers_merged", condition=models.Q(merged_into__isnull=False)
            ),
            # Of the others: however many were merged, a page of those who are left reads no more than its rows.
            models.Index(fields=["id"], name="customers_present", condition=_PRESENT),
            # Whom imports of orders tell how to reach; the others are found by their contact points.
            models.Index(fields=["email"], name="customers_by_told_email", condition=_TOLD & models.Q(email__gt="")),
            models.Index(fields=["phone"], name="customers_by_told_phone", condition=_TOLD & models.Q(phone__gt="")),
            _found_by("city", "customers_by_city", "id"),
            _found_by("city", "customers_by_city_and_name", "name", "id"),
            _found_by("country", "customers_by_country", "id"),
            _found_by("country", "customers_by_country_and_name", "name", "id"),
            _found_by("acquired_by", "customers_by_how_they_came", "id"),
            _found_by("acquired_by", "customers_by_came_and_name", "name", "id"),
        ]

    def __str__(self) -> str:
        return self.name or self.given_key or (_now("Somebody without a name") if self.key else "")

    @property
    def given_key(self) -> str:
        """The id that a system or somebody gave them; nothing where it was made up here."""
        return "" if _MADE_UP.match(self.key) else self.key

    def save(self, **options: Any) -> None:
        """A new customer is found by their words at once."""
        is_new = self._state.adding
        super().save(**options)
        if is_new:
            words.take_up()

    def get_absolute_url(self) -> str:
        """The record's page."""
        return reverse("customer", args=[self.pk])


class Firm(models.Model):
    """One row: what this firm is, for reading what customers are reached by."""

    name = models.CharField(_("name of the firm"), max_length=120, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)  # ISO 3166; numbers without + are from there

    def __str__(self) -> str:
        return self.name


class StageMove(models.Model):
    """A customer went from one stage to another, by a rule or by hand."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="moves")
    before = models.CharField(max_length=10, choices=Customer.Stage)
    after = models.CharField(max_length=10, choices=Customer.Stage)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)  # null: a rule
    reason = models.CharField(max_length=255, blank=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"


class ExternalKey(models.Model):
    """What another system calls a customer. A system's own id leads to one customer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="external_keys")
    source = models.CharField(max_length=80)
    external_id = models.CharField(max_length=255)

    class Meta:
        """An id is used once a source."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["source", "external_id"], name="one_customer_an_external_id")
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.external_id}"

    @property
    def is_fingerprint(self) -> bool:
        """Whether it is no id of that system's, but what a row without one is known by."""
        return _FINGERPRINT.match(self.external_id) is not None
