"""Surveys of the market with what they told."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse


class Survey(models.Model):
    """A survey without who was asked, what is taken for granted, and what it says under that.

    Until the worker has read its file it has no rows.
    """

    name = models.CharField(max_length=200)  # of the file
    rows = models.BinaryField()  # Parquet: a row a respondent and brand, respondents numbered; empty: not read yet
    ratings: models.JSONField[Any, Any] = models.JSONField(default=list)  # names of the columns that are ratings
    layout = models.CharField(max_length=4)
    asked: models.JSONField[Any, Any] = models.JSONField(default=dict)  # brand, people, years, discount, margin, costs
    currency = models.CharField(max_length=3, blank=True)
    told: models.JSONField[Any, Any] = models.JSONField(
        default=dict
    )  # what the study found, as `keepers drivers --json`
    answers: models.JSONField[Any, Any] = models.JSONField(default=dict)  # the same as answers of Insight, by name
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    studied_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    studied_at = models.DateTimeField(null=True)  # None: not yet

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page in Insight."""
        return reverse("survey", args=[self.pk])

    @property
    def finding(self) -> str:
        """What it says in a sentence; empty until it was studied."""
        return str(self.answers["equity"]["finding"]) if self.answers else ""

    @property
    def handed_in(self) -> str:
        """What its file lies under until it was read."""
        return f"survey-{self.pk}"

    @property
    def drawn_as(self) -> str:
        """What names its drawings: another study draws anew."""
        return f"survey-{self.pk}-{self.studied_at or self.made_at:%Y%m%dT%H%M%S%f}"
