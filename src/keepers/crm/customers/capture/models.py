"""Forms for a firm's own site, what was sent by them, and visits of those who agreed to it."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.models import Consent, Customer
from keepers.crm.customers.timeline.models import Touch


class WebForm(models.Model):
    """What the firm asks on its site, what people agree to there, and whose they are then."""

    key = models.CharField(max_length=16, unique=True)  # in addresses; no secret
    name = models.CharField(_("name"), max_length=80)
    title = models.CharField(_("heading"), max_length=120)
    intro = models.TextField(_("text above"), blank=True, max_length=2_000)
    asks: models.JSONField[Any, Any] = models.JSONField(default=list)  # names of fields, in their order
    needs: models.JSONField[Any, Any] = models.JSONField(default=list)  # those that must be filled
    thanks = models.CharField(_("thanks"), max_length=500)
    consent_text = models.TextField(_("what people agree to"), blank=True, max_length=2_000)  # empty: nothing is asked
    confirms = models.BooleanField(_("consent counts once confirmed by a link in a letter"), default=False)
    channel = models.CharField(_("by which channel"), max_length=6, choices=Consent.Channel, default="email")
    purpose = models.CharField(_("what for"), max_length=10, choices=Consent.Purpose, default="marketing")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    acquired_by = models.CharField(_("came by"), max_length=120, blank=True)
    sites: models.JSONField[Any, Any] = models.JSONField(default=list)  # origins that may use it, such as https://shop
    salt = models.CharField(max_length=32)
    is_active = models.BooleanField(_("is open"), default=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        """By name."""

        ordering: ClassVar[list[str]] = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page in Settings."""
        return reverse("web_form", args=[self.pk])


class Submission(models.Model):
    """A form that somebody sent. Each token counts once, so sending twice changes nothing."""

    form = models.ForeignKey(WebForm, on_delete=models.CASCADE, related_name="submissions")
    token = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()
    customer = models.ForeignKey(Customer, on_delete=models.SET_NULL, null=True, related_name="+")
    is_new = models.BooleanField(default=False)  # it made the customer
    was_forgotten = models.BooleanField(default=False)  # by somebody erased at their own wish: nothing is kept

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return f"{self.form} {self.at:%Y-%m-%d %H:%M}"


class Confirmation(models.Model):
    """What somebody ticked and is to confirm by the link in a letter, which shows that the address is theirs."""

    form = models.ForeignKey(WebForm, on_delete=models.CASCADE, related_name="confirmations")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=40, unique=True)  # the link has it with a signature, which is kept nowhere
    email = models.CharField(max_length=254, db_index=True)  # where the letters go, in small letters
    text = models.TextField()  # what was shown
    channel = models.CharField(max_length=6, choices=Consent.Channel)
    purpose = models.CharField(max_length=10, choices=Consent.Purpose)
    page = models.CharField(max_length=400)  # where the form stood
    asked_at = models.DateTimeField()
    letters = models.PositiveSmallIntegerField(default=0)  # within a day of the last
    lettered_at = models.DateTimeField(null=True)  # the last
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return f"{self.form} {self.asked_at:%Y-%m-%d %H:%M}"


class Visitor(models.Model):
    """A browser whose user agreed to be known again, and whom it turned out to be."""

    form = models.ForeignKey(WebForm, on_delete=models.CASCADE, related_name="visitors")
    key = models.CharField(max_length=40)  # made by the browser
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, null=True, related_name="+")
    first_at = models.DateTimeField()

    class Meta:
        """A key is used once a form."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["form", "key"], name="one_visitor_a_key")
        ]

    def __str__(self) -> str:
        return self.key


class Visit(models.Model):
    """Pages that a visitor saw one after another. It becomes an act on the timeline when it is over."""

    visitor = models.ForeignKey(Visitor, on_delete=models.CASCADE, related_name="visits")
    began_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)
    pages: models.JSONField[Any, Any] = models.JSONField(default=list)  # address without what follows ?, and title
    touch = models.OneToOneField(Touch, on_delete=models.SET_NULL, null=True, related_name="+")
    is_over = models.BooleanField(default=False)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return f"{self.visitor} {self.began_at:%Y-%m-%d %H:%M}"
