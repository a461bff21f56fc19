"""What comes in is read strictly: as JSON and nothing beside it, without characters that no database keeps."""

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.errors import HttpError
from ninja.parser import Parser

NUL = "\x00"
_SUSPICIOUS = re.compile(rb"\\u0000|\\u[dD][89a-fA-F]|\x00")


class StrictParser(Parser):
    """JSON without NaN and infinity, and no text with the character NUL or half of another."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """What was sent."""
        body = request.body
        told: dict[str, Any] = json.loads(body, parse_constant=_refuse_constant)
        if _SUSPICIOUS.search(body):
            for text in _texts(told):
                _refuse_unkeepable(text)
        return told

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        """What the address says."""
        if any(isinstance(value, str) and NUL in value for values in data.lists() for value in values[1]):
            raise HttpError(400, "The address has the character NUL, which no text may have. Leave it out.")
        return super().parse_querydict(data, list_fields, request)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON.")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (text for each in value for text in _texts(each))
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for each in pair for text in _texts(each))


def _refuse_unkeepable(text: str) -> None:
    if NUL in text:
        raise ValueError("The character NUL cannot be kept.")
    text.encode()  # half of a character cannot be written
