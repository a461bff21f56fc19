"""How customers are reached, what they agreed to, and how they belong together."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.models.lives import Customer


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
        RELATED_TO = "related-to", _("is related to")  # as its note says

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

    REFUSALS: ClassVar = (State.REFUSED, State.WITHDRAWN)

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
        """One row a channel and purpose counts, and who said what is found without looking at everybody."""

        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["channel", "purpose", "state", "customer", "is_latest"],  # the last: SQLite asks for it again
                condition=models.Q(is_latest=True),
                name="consents_that_count",
            )
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["customer", "channel", "purpose"],
                condition=models.Q(is_latest=True),
                name="one_consent_counts",
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} for {self.purpose}: {self.state}"


class ConsentRules(models.Model):
    """For what this firm asks before it writes or calls; the latest row counts, and none means as shipped.

    asked_first: channels and purposes, such as `email.marketing`, that take a yes; elsewhere a refusal alone counts
    """

    asked_first: models.JSONField[Any, Any] = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """The latest first."""

        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return ", ".join(self.asked_first)
