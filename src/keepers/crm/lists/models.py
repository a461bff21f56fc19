"""Views of lists that people keep."""

from datetime import timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext


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


class ManyChanged(models.Model):
    """One field of many rows changed at once; its rows know what was there before.

    field: which
    says: what was done, in words
    changed: how many rows
    left: how many the undoing left, as they were changed since or are not theirs to change
    """

    OFFERED_FOR = timedelta(hours=1)  # that undoing is offered above the list

    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    field = models.CharField(max_length=80)
    says = models.CharField(max_length=255)
    changed = models.PositiveIntegerField(default=0)
    undone_at = models.DateTimeField(null=True)
    left = models.PositiveIntegerField(default=0)

    class Meta:
        """The newest first."""

        abstract = True
        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return self.says

    @property
    def left_in_words(self) -> str:
        """How many its undoing left, in a sentence; empty where it left none."""
        if not self.left:
            return ""
        told = ngettext(
            "%(left)d stays: changed since, or not yours to change.",
            "%(left)d stay: changed since, or not yours to change.",
            self.left,
        )
        return told % {"left": self.left}

    @classmethod
    def offered_to(cls, user: AbstractBaseUser) -> Self | None:
        """What somebody changed last, unless it was undone or is long ago."""
        since = timezone.now() - cls.OFFERED_FOR
        return cls._default_manager.filter(by_id=user.pk, undone_at=None, at__gte=since).first()
