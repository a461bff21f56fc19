"""Customers: people and organisations, how they are reached, what they agreed to, and how they belong together."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers import words
from keepers.crm.people.models import Team


class PresentCustomers(models.Manager["Customer"]):
    """Customers but those who were found to be another one."""

    def get_queryset(self) -> models.QuerySet["Customer"]:
        """Without the merged ones."""
        return super().get_queryset().filter(merged_into=None)


class Customer(models.Model):
    """A person or an organisation that bought, or may one day, by the key that the warehouse knows them by.

    Name, key and e-mail are found by their words (`words.called`); the index by name is for lists. E-mail, phone, city
    and country repeat the first contact point and address.
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
        ]

    def __str__(self) -> str:
        return self.name or self.key

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


class ContactPoint(models.Model):
    """A way to reach a customer, as it was written and as machines write it."""

    class Kind(models.TextChoices):
        """What it is reached by."""

        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")
        WEB = "web", _("Web page")
        SOCIAL = "social", _("Social network")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contact_points")
    kind = models.CharField(max_length=6, choices=Kind)
    value = models.CharField(max_length=254)  # e-mail in small letters; phone in E.164 where it is valid
    written = models.CharField(max_length=254)  # as it came
    label = models.CharField(_("label"), max_length=40, blank=True)  # work, home, mobile …
    problem = models.CharField(max_length=255, blank=True)  # why it cannot be used, if it cannot
    position = models.PositiveSmallIntegerField(default=0)  # the first of its kind is the one to use

    class Meta:
        """In the order in which they are to be tried."""

        ordering: ClassVar[list[str]] = ["kind", "position", "pk"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["value"], name="contact_point_value")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["customer", "kind", "value"], name="one_contact_point_a_value")
        ]

    def __str__(self) -> str:
        return self.written or self.value


class Address(models.Model):
    """Where letters and visits go."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    label = models.CharField(_("label"), max_length=40, blank=True)
    street = models.CharField(_("street"), max_length=255, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    region = models.CharField(_("region"), max_length=120, blank=True)
    country = models.CharField(_("country"), max_length=80, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        """The one to use first."""

        ordering: ClassVar[list[str]] = ["position", "pk"]

    def __str__(self) -> str:
        town = " ".join(filter(None, (self.postal_code, self.city)))
        return ", ".join(filter(None, (self.street, town, self.region, self.country)))


class Relation(models.Model):
    """A customer belongs to another."""

    class Kind(models.TextChoices):
        """How; it reads from `customer` to `other`."""

        WORKS_AT = "works-at", _("works at")
        HOUSEHOLD_OF = "household-of", _("belongs to the household of")
        BUYS_THROUGH = "buys-through", _("buys through")
        PART_OF = "part-of", _("is part of")
        REFERRED_BY = "referred-by", _("was brought by")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="relations")
    other = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="related")
    kind = models.CharField(max_length=12, choices=Kind)
    note = models.CharField(_("note"), max_length=255, blank=True)  # a position at work, say
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)

    class Meta:
        """Two belong together once a way, and nobody to themselves."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["customer", "other", "kind"], name="one_relation_a_kind"),
            models.CheckConstraint(
                condition=~models.Q(customer=models.F("other")), name="nobody_is_their_own_relation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer} {self.get_kind_display()} {self.other}"


class Consent(models.Model):
    """What a customer agreed to or refused, with its proof. A change is a new row; the latest counts."""

    class Channel(models.TextChoices):
        """How they may be reached."""

        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")
        LETTER = "letter", _("Letter")
        SMS = "sms", _("Text message")
        WEB = "web", _("Web")

    class Purpose(models.TextChoices):
        """What for."""

        MARKETING = "marketing", _("Offers")
        SERVICE = "service", _("Service")
        RESEARCH = "research", _("Surveys")
        PROFILING = "profiling", _("Being valued")

    class State(models.TextChoices):
        """What they said."""

        GIVEN = "given", _("given")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="consents")
    channel = models.CharField(max_length=6, choices=Channel)
    purpose = models.CharField(max_length=10, choices=Purpose)
    state = models.CharField(max_length=10, choices=State)
    at = models.DateTimeField()
    proof = models.TextField(blank=True)  # the words they agreed to, a form's address, a recording's number
    source = models.CharField(max_length=120, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)  # null: the customer
    is_latest = models.BooleanField(default=True)

    class Meta:
        """One row a channel and purpose counts."""

        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["customer", "channel", "purpose"],
                condition=models.Q(is_latest=True),
                name="one_consent_counts",
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} for {self.purpose}: {self.state}"


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


class StaleCustomer(models.Model):
    """Somebody of whom something changed since their formulas and roll-ups were computed."""

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, related_name="+", primary_key=True)

    def __str__(self) -> str:
        return str(self.pk)


class AcquisitionTold(models.Model):
    """How a customer came, on its way to the warehouse: a version each time it changes, in batches that land once."""

    customer = models.ForeignKey(Customer, on_delete=models.SET_NULL, null=True, related_name="+")
    told: models.JSONField[Any, Any] = models.JSONField()  # of `customer_attributes`; the primary key is its version
    batch = models.CharField(max_length=40, blank=True, db_index=True)
    landed_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        """As they were told."""

        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.told['external_id']} v{self.pk}"


class BulkEdit(models.Model):
    """One field of many customers changed at once; its rows know what was there before."""

    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    field = models.CharField(max_length=80)
    says = models.CharField(max_length=255)  # what was done, in words
    changed = models.PositiveIntegerField(default=0)
    undone_at = models.DateTimeField(null=True)
    left = models.PositiveIntegerField(default=0)  # customers whom the undoing left as they were changed since

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return self.says


class BulkEditRow(models.Model):
    """What a customer had before a bulk edit and after it."""

    edit = models.ForeignKey(BulkEdit, on_delete=models.CASCADE, related_name="rows")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    before: models.JSONField[Any, Any] = models.JSONField(null=True)
    after: models.JSONField[Any, Any] = models.JSONField(null=True)

    class Meta:
        """As they were written."""

        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.before} → {self.after}"
