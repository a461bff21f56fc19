"""Fields of forms are written as Django's own templates write them, but for white space that no browser shows."""

import re
from datetime import date

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from keepers.web.widgets import FieldRenderer

CHOICES = [
    ("", "any"),
    ("<a>", gettext_lazy("Tea & more")),
    (1_234_567, 1_234_567),
    ("Hot", [(True, "Cup"), ("pot", mark_safe("<b>Pot</b>"))]),
]
FIELDS = {
    "text": (forms.TextInput(attrs={"aria-label": 'Name "here"', "required": True, "disabled": False}), "Ada <Novak>"),
    "text that is safe": (forms.TextInput(), mark_safe("a&amp;b")),
    "text without a value": (forms.TextInput(), None),
    "number": (forms.NumberInput(attrs={"min": 0, "max": 1_234_567}), 1_234_567),
    "mail": (forms.EmailInput(), "ada@example.com"),
    "address": (forms.URLInput(), "https://example.com/?a=1&b=2"),
    "password": (forms.PasswordInput(), "secret"),
    "hidden": (forms.HiddenInput(), 12_345),
    "day": (forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), date(2026, 7, 1)),
    "box": (forms.CheckboxInput(), True),
    "box that is not ticked": (forms.CheckboxInput(), False),
    "one of": (forms.Select(choices=CHOICES, attrs={"id": "id_kind"}), "<a>"),
    "several of": (forms.SelectMultiple(choices=CHOICES), ["pot", 1_234_567]),
    "boxes": (forms.CheckboxSelectMultiple(choices=CHOICES, attrs={"id": "id_x", "class": "a b"}), ["pot", "<a>"]),
    "buttons": (forms.RadioSelect(choices=CHOICES), "pot"),
    "text of many lines, which is left to Django": (forms.Textarea(), "a\n<b>"),
}


def closed_up(html: str) -> str:
    """Without the white space that no browser shows."""
    return re.sub(r"\s+", " ", html).replace("> <", "><").replace(" </", "</")


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_written_as_django_writes_it(name: str) -> None:
    widget, value = FIELDS[name]
    ours, theirs = (widget.render("a&b", value, renderer=each) for each in (FieldRenderer(), DjangoTemplates()))
    assert closed_up(ours) == closed_up(theirs)
    assert hasattr(ours, "__html__")
