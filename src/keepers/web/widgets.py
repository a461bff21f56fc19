"""How the fields of forms are written: as Django's templates write them, in a tenth of the time.

The filters of a list are some thirty fields. Django renders each by templates within templates, which took nearly half
of the page's time. Fields of kinds that are not written here are left to it.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.html import conditional_escape, escape

Widget = dict[str, Any]
"""What a field's template is told of it."""


class FieldRenderer(DjangoTemplates):
    """Django's own but for the fields that lists and forms are full of."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        """The field."""
        write = _WRITERS.get(template_name)
        return super().render(template_name, context, request) if write is None else write(context["widget"])


def _line(widget: Widget) -> str:
    """One `<input>`."""
    value = "" if widget.get("value") is None else f' value="{_as_text(widget["value"])}"'
    return f'<input type="{_shown(widget["type"])}" name="{_shown(widget["name"])}"{value}{_attributes(widget)}>'


def _select(widget: Widget) -> str:
    return f'<select name="{_shown(widget["name"])}"{_attributes(widget)}>{"".join(_options(widget))}\n</select>'


def _options(widget: Widget) -> Iterator[str]:
    for group, options, _ in widget["optgroups"]:
        if group:
            yield f'\n  <optgroup label="{_shown(group)}">'
        for option in options:
            value, label = _as_text(option["value"]), _shown(option["label"])
            yield f'\n  <option value="{value}"{_attributes(option)}>{label}</option>'
        if group:
            yield "\n  </optgroup>"


def _boxes(widget: Widget) -> str:
    """Boxes to tick, or buttons of which one is chosen."""
    about = {name: widget["attrs"].get(name) for name in ("id", "class")}
    outer = "".join(f' {name}="{_shown(value)}"' for name, value in about.items() if value)
    return f"<div{outer}>{''.join(_rows_of_boxes(widget))}\n</div>"


def _rows_of_boxes(widget: Widget) -> Iterator[str]:
    for group, options, _ in widget["optgroups"]:
        if group:
            yield f"\n  <div><label>{_shown(group)}</label>"
        for option in options:
            yield f"<div>\n    {_box(option)}</div>"
        if group:
            yield "\n  </div>"


def _box(option: Widget) -> str:
    if not option.get("wrap_label"):
        return _line(option)
    named = option["attrs"].get("id")
    whose = f' for="{_shown(named)}"' if named else ""
    return f"<label{whose}>{_line(option)} {_shown(option['label'])}</label>"


def _attributes(widget: Widget) -> str:
    return "".join(
        f" {_shown(name)}" if value is True else f' {_shown(name)}="{_as_text(value)}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


def _shown(value: Any) -> str:
    """As a template shows it."""
    return str(conditional_escape(localize(value)))


def _as_text(value: object) -> str:
    """As a template shows it after `stringformat:'s'`: a number has no thousands."""
    return value if hasattr(value, "__html__") and isinstance(value, str) else escape(str(value))


_LINES = ("checkbox", "date", "email", "hidden", "number", "password", "text", "url")
_WRITERS: dict[str, Callable[[Widget], str]] = {
    **{f"django/forms/widgets/{name}.html": _line for name in _LINES},
    "django/forms/widgets/select.html": _select,
    "django/forms/widgets/checkbox_select.html": _boxes,
    "django/forms/widgets/radio.html": _boxes,
}
