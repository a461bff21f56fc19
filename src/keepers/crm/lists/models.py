"""Views of lists that people keep."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedView(models.Model):
    """A list as somebody wants to see it again: filters, order and columns under a name."""

    class SharedWith(models.TextChoices):
        """Who else has it among their tabs."""

        NOBODY = "", _("nobody")
        TEAM = "team", _("my team")
        EVERYBODY = "everybody", _("everybody")

    noun = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=80)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    shared_with = models.CharField(_("shared with"), max_length=10, choices=SharedWith, blank=True, default="")
    query: models.JSONField[Any, Any] = models.JSONField(default=dict)  # parameters of the list's address

    class Meta:
        """A person's views of a noun have different names."""

        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["noun", "owner", "name"], name="one_view_a_name")
        ]

    def __str__(self) -> str:
        return self.name
