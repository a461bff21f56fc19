"""A name made of what it names: the same content always has the same."""

import json
from hashlib import sha256
from typing import Any


def name_of(content: Any) -> str:
    """64 letters and digits of whatever JSON can hold; other values count as their text."""
    return sha256(json.dumps(content, default=str, sort_keys=True).encode()).hexdigest()
