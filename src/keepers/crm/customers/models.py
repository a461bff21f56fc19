"""A customer, whoever they are and whatever they are worth."""

from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers import words


class Customer(models.Model):
    """Someone who bought, by the key that the warehouse knows them by.

    Name, key and e-mail are found by their words (`words.called`), so they have no index here.
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

    def save(self, **options: Any) -> None:
        """A new customer is found by their words at once."""
        is_new = self._state.adding
        super().save(**options)
        if is_new:
            words.take_up()

    def get_absolute_url(self) -> str:
        """The record's page."""
        return reverse("customer", args=[self.pk])
