"""Keepers from other programs: `with Client("https://crm.example.com", "kp_…") as crm: …`."""

from keepers.client.calls import (
    ApiError,
    ChangedMeanwhileError,
    MissingError,
    NotAllowedError,
    RefusedError,
    UnreachableError,
)
from keepers.client.nouns import Seen
from keepers.client.workspace import Client

__all__ = [
    "ApiError",
    "ChangedMeanwhileError",
    "Client",
    "MissingError",
    "NotAllowedError",
    "RefusedError",
    "Seen",
    "UnreachableError",
]
