"""A customer, whoever they are and whatever they are worth."""

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Customer(models.Model):
    """Someone who bought, by the key that the warehouse knows them by.

    Name, key and e-mail are found by their words (`queries.called`), so they have no index here.
    """

    key = models.CharField(_("customer id"), max_length=255, unique=True)
    name = models.CharField(_("name"), max_length=255, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=64, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    country = models.CharField(_("country"), max_length=80, blank=True)
    named_by_hand = models.BooleanField(default=False)

    class Meta:
        """The oldest first."""

        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return self.name or self.key

    def get_absolute_url(self) -> str:
        """The record's page."""
        return reverse("customer", args=[self.pk])
