"""Columns and filters of who customers are, for every list of customers, whatever else a row of it holds."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import FilteredRelation, Q, QuerySet
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.models import Consent, Customer, CustomField, CustomValue, Tag
from keepers.crm.customers.typed import OF_FIELDS, column_of, value_in
from keepers.crm.lists import groups
from keepers.crm.lists.columns import Column, Text
from keepers.crm.lists.filters import Choice, Data, DayField, Filter, Named, Pick, Range, Related
from keepers.crm.lists.listing import Grouping
from keepers.crm.lists.periods import day_in_words
from keepers.crm.lists.rows import Subject, Summed
from keepers.crm.people.models import Team, User

Kind = CustomField.Kind
CELLS = {
    Kind.TEXT: "text",
    Kind.LINK: "link",
    Kind.CHOICE: "text",
    Kind.CHOICES: "words",
    Kind.YES_NO: "yes-no",
    Kind.DATE: "day",
    Kind.NUMBER: "number",
    Kind.MONEY: "number",
}
_GREATEST_FIRST = frozenset(cell for kind, cell in CELLS.items() if column_of(kind) != "text")
COUNTED = frozenset({Kind.CHOICE, Kind.CHOICES, Kind.YES_NO})


def columns_of(path: str, fields: Sequence[CustomField]) -> tuple[Column, ...]:
    """Who customers are.

    Args:
        path: leads from a row to its customer, with its dot; empty where the row is the customer.
        fields: custom fields, a column each.
    """
    along = path.replace(".", "__")
    customer: Callable[[Any], Any] = attrgetter(path.rstrip(".")) if path else lambda row: row
    own = (
        Column("stage", _("Stage"), "stage", f"{path}stage", shown=False, edit="stage"),
        Column("owner", _("Owner"), "text", f"{path}owner", shown=False, fetch=(f"{along}owner",), edit="owner"),
        Column("team", _("Team"), "text", f"{path}team", shown=False, fetch=(f"{along}team",), edit="team"),
        Column(
            "tags",
            _("Tags"),
            "words",
            "",
            shown=False,
            read=lambda row: sorted(tag.name for tag in customer(row).tags.all()),
            fetch=(f"{along}tags",),
            edit="tags",
        ),
        Column("kind", _("Kind"), "stage", f"{path}kind", shown=False, edit="kind"),
        Column("acquired_by", _("Came by"), "text", f"{path}acquired_by", shown=False, edit="acquired_by"),
        Column("email", _("E-mail"), "text", f"{path}email", shown=False),
        Column("phone", _("Phone"), "text", f"{path}phone", shown=False),
        Column("city", _("City"), "text", f"{path}city", shown=False),
        Column("country", _("Country"), "text", f"{path}country", shown=False),
    )
    return (*own, *(_column(field, customer, f"{along}custom_values") for field in fields))


def is_descending(column: Column) -> bool:
    """Whether the greatest comes first in the order of a custom field's column."""
    return column.kind in _GREATEST_FIRST


def filters_of(user: User | None, row: str, fields: Sequence[CustomField]) -> tuple[Filter, ...]:
    """What lists of customers are narrowed by.

    Args:
        user: whose are "mine"; None for a rule.
        row: the lookup of a row that leads to its customer; `pk` where the row is the customer.
        fields: custom fields, a filter each.
    """
    own: tuple[Filter, ...] = (
        Choice("stage", _("Stage"), "stage", Customer.Stage.choices),
        Choice("kind", _("Kind"), "kind", Customer.Kind.choices),
        Pick("owner", _("Owner"), "owner", cache(lambda: _people(user)), _("owner %(range)s"), _("without an owner")),
        Pick("team", _("Team"), "team", cache(_teams), _("team %(range)s"), _("without a team")),
        Named("acquired_by", _("Came by"), "acquired_by", _("came by %(range)s")),
        Named("city", _("City"), "city", _("in %(range)s")),
        Named("country", _("Country"), "country", _("in %(range)s")),
    )
    if row != "pk":
        own = tuple(Related(each, Customer.objects.all, "pk", row) for each in own)
    tagged = Pick("tags", _("Tag"), "tag", cache(_tags), _("tagged %(range)s"))
    agreed = Agreed("consent", _("Agreed to"))
    return (
        *own,
        Related(tagged, Customer.tags.through.objects.all, "customer_id", row),
        Related(agreed, lambda: Consent.objects.filter(is_latest=True), "customer_id", row),
        *(_filter(field, row) for field in fields),
    )


def groupings_of(along: str, fields: Sequence[CustomField]) -> tuple[Grouping, ...]:
    """What customers are counted by.

    Args:
        along: the lookup that leads from a row to its customer, with its underscores; empty where the row is one.
        fields: custom fields, of which those with choices count, and what is computed.
    """
    own = (
        Grouping("stage", _("Stage"), f"{along}stage"),
        Grouping("owner", _("Owner"), f"{along}owner"),
        Grouping("team", _("Team"), f"{along}team"),
        Grouping("tags", _("Tag"), f"{along}tags"),
        Grouping("kind", _("Kind"), f"{along}kind"),
        Grouping("acquired_by", _("Came by"), f"{along}acquired_by"),
        Grouping("city", _("City"), f"{along}city"),
        Grouping("country", _("Country"), f"{along}country"),
    )
    chosen = [field for field in fields if field.is_computed or field.holds in COUNTED]
    return (*own, *(_grouping(field, along) for field in chosen))


def counted_by(rows: QuerySet[Any], grouping: Grouping, summed: Summed | None = None) -> Iterator[dict[str, Any]]:
    """How many rows are in each group, also in one of a custom field."""
    path = grouping.path
    if grouping.name.startswith(OF_FIELDS):
        rows, path = _with_values(rows, grouping)
    for each in groups.counted_by(rows, grouping, summed, path=path):
        if isinstance(each["holds"], Decimal):
            each["holds"] = int(each["holds"]) if each["holds"] == int(each["holds"]) else each["holds"].normalize()
        yield each


def subject_of(customer: Customer, *, run: str = "") -> Subject:
    """A customer as the subject of a row of a list.

    Args:
        customer: whom the row is about.
        run: whose figures are shown beside the list; empty for those that the pages show now.
    """
    panel = reverse("customer_panel", args=[customer.pk])
    return Subject(
        customer.pk,
        str(customer),
        customer.get_absolute_url(),
        customer.given_key if customer.name else "",
        f"{panel}?{urlencode({'run': run})}" if run else panel,
    )


class Agreed:
    """A consent that counts: given on a channel for a purpose."""

    def __init__(self, name: str, label: Text) -> None:
        self.name, self.label = name, label

    def fields(self) -> dict[str, forms.Field]:
        """One choice."""
        chosen = forms.Select(attrs={"aria-label": self.label})
        return {self.name: forms.ChoiceField(choices=[("", "–"), *_consents()], required=False, widget=chosen)}

    def condition(self, data: Data, path: str) -> Q:
        """It was given, and is the latest word."""
        channel, _dot, purpose = (data.get(self.name) or "").partition(".")
        given = Q(**{f"{path}channel": channel, f"{path}purpose": purpose, f"{path}state": Consent.State.GIVEN})
        return given if purpose else Q()

    def sentence(self, data: Data) -> str:
        """Agreed to e-mail: offers."""
        asked = dict(_consents()).get(data.get(self.name) or "")
        return str(_("agreed to %(what)s")) % {"what": asked} if asked else ""


def _column(field: CustomField, customer: Callable[[Any], Any], fetch: str) -> Column:
    def read(row: Any) -> Any:
        return value_in(field, [each for each in customer(row).custom_values.all() if each.field_id == field.pk])

    name = f"{OF_FIELDS}{field.key}"
    return Column(
        name,
        field.label,
        CELLS[field.holds],
        "",
        order=name,
        shown=False,
        read=read,
        fetch=(fetch,),
        edit="" if field.is_computed else name,
    )


def _filter(field: CustomField, row: str) -> Filter:
    name, says = f"{OF_FIELDS}{field.key}", field.label.replace("%", "%%") + " %(range)s"
    inner: Filter
    if field.holds in {Kind.CHOICE, Kind.CHOICES}:
        inner = Choice(name, field.label, "text", [(choice, choice) for choice in field.choices], says)
    elif field.holds == Kind.YES_NO:
        inner = Choice(name, field.label, "number", [("1", _("yes")), ("0", _("no"))], says)
    elif field.holds == Kind.DATE:
        inner = Range(name, field.label, "day", says, day_in_words, DayField)
    elif column_of(field.holds) == "number":
        inner = Range(name, field.label, "number", says, _figure)
    else:
        inner = Named(name, field.label, "text", says)
    return Related(inner, lambda: CustomValue.objects.filter(field=field), "customer_id", row)


def _grouping(field: CustomField, along: str) -> Grouping:
    column = column_of(field.holds)
    return Grouping(f"{OF_FIELDS}{field.key}", field.label, f"{along}custom_values__{column}")


def _with_values(rows: QuerySet[Any], grouping: Grouping) -> tuple[QuerySet[Any], str]:
    """The rows joined to the values of one custom field alone."""
    link, _dunder, column = grouping.path.rpartition("__")
    field = CustomField.objects.get(noun="customers", key=grouping.name.removeprefix(OF_FIELDS))
    chosen = FilteredRelation(link, condition=Q(**{f"{link}__field": field}))
    return rows.annotate(chosen=chosen), f"chosen__{column}"


def _people(user: User | None) -> list[tuple[str, Text]]:
    people = User.objects.filter(is_active=True).order_by("name", "email")
    named: list[tuple[str, Text]] = [(str(other.pk), str(other)) for other in people if other != user]
    return named if user is None else [(str(user.pk), _("me")), *named]


def _teams() -> list[tuple[str, Text]]:
    return [(str(team.pk), team.name) for team in Team.objects.all()]


def _tags() -> list[tuple[str, Text]]:
    return [(str(tag.pk), tag.name) for tag in Tag.objects.all()]


def _consents() -> list[tuple[str, Text]]:
    return [
        (f"{channel.value}.{purpose.value}", f"{channel.label}: {purpose.label}")
        for purpose in Consent.Purpose
        for channel in Consent.Channel
    ]


def _figure(number: float) -> str:
    return number_format(int(number) if number == int(number) else number, force_grouping=True)
