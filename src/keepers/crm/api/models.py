"""Answers that are kept so that a request that is sent again is not done again."""

from typing import Any, ClassVar

from django.db import models


class KeptAnswer(models.Model):
    """What was answered to a request that carried an Idempotency-Key."""

    principal = models.CharField(max_length=80)  # by whose key or session it came
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)  # of method, address and body
    status = models.PositiveSmallIntegerField()
    body = models.TextField(blank=True)
    headers: models.JSONField[Any, Any] = models.JSONField(default=dict)
    at = models.DateTimeField(db_index=True)

    class Meta:
        """A key is used once."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["principal", "key"], name="one_answer_a_key")
        ]

    def __str__(self) -> str:
        return self.key
