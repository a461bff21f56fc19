"""A program that calls the API with a key of somebody's."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client

from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Role, Verb
from keepers.crm.people.tokens import make_token

ROOT = "/api/v1"


class Program:
    """A program with a key."""

    def __init__(
        self, user: User, nouns: list[str] | None = None, verbs: list[str] | None = None, role: Role | None = None
    ) -> None:
        made = make_token(
            user,
            at=datetime.now(UTC) - timedelta(days=1),
            name="Program",
            role=role or Role(user.role),
            nouns=Noun.values if nouns is None else nouns,
            verbs=Verb.values if verbs is None else verbs,
            expires_at=None,
        )
        self.secret = made.text
        self._client, self.key = Client(), {"authorization": f"Bearer {made.text}"}

    def __call__(self, method: str, where: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.raw(method, where, "" if body is None else json.dumps(body), **headers)

    def raw(self, method: str, where: str, body: str, **headers: str) -> HttpResponse:
        """Send it as it is."""
        return self._client.generic(method, f"{ROOT}{where}", body, "application/json", headers=self.key | headers)  # type: ignore[return-value]

    def send(self, where: str, parts: dict[str, Any], **headers: str) -> HttpResponse:
        """Send a form with a file."""
        return self._client.post(f"{ROOT}{where}", parts, headers=self.key | headers)  # type: ignore[return-value]
