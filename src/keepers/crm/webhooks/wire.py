"""A telling as bytes: always the same ones, since they are signed."""

import json
from typing import Any


def as_bytes(body: dict[str, Any]) -> bytes:
    """The body that is sent."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
