"""What users fill in: files, how they are read, and what valuations take for granted."""

from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from keepers.core.errors import KeepersError
from keepers.core.periods import TimeUnit
from keepers.crm.data.assumption_words import TERM_WORDS
from keepers.crm.data.heads import COLUMN_WORDS, chosen_now, is_unfit, lead_of, named_twice
from keepers.crm.data.models import AssumptionSet, Upload
from keepers.crm.data.queries import NO_HOLDOUT, fields_of, request_from
from keepers.crm.jobs.receiving import FilesField
from keepers.valuation.assumptions import MODELS, SPEND_MODELS, TERMS

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

UNITS = [(TimeUnit.DAY, _("Day")), (TimeUnit.WEEK, _("Week")), (TimeUnit.MONTH, _("Month"))]
ENDINGS = ".csv,.tsv,.txt,.tab,.parquet,.pq,.xlsx,.xlsm,.xls,.ods,.json,.jsonl,.ndjson,.gz,.zip"


class UploadForm(forms.Form):
    """Order files."""

    orders = FilesField(label=_("Order files"), endings=ENDINGS)


class ColumnsForm(forms.ModelForm):  # type: ignore[type-arg]
    """Which column is which, and how dates, duplicates and days are read."""

    source = forms.CharField(
        label=_("Source"),
        max_length=60,
        help_text=_(
            "The shop or system whose order numbers these are. A later export of the same source replaces the orders "
            "that it repeats; another source keeps its own."
        ),
    )
    timezone = forms.CharField(
        label=_("Time zone"),
        max_length=60,
        widget=forms.TextInput({"list": "zones", "autocomplete": "off"}),
        help_text=_("Times without a zone are in this one; it decides to which day an order belongs."),
    )

    class Meta:
        """How the files are read."""

        model = Upload
        fields = ("source", "dates", "duplicates", "timezone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.head = lead_of(self.instance)
        now = chosen_now(self.instance)
        self.headers = {f"column-{number}": header for number, header in enumerate(now)}
        choices = [("", _("– not used –")), *COLUMN_WORDS.items()]
        for name, header in self.headers.items():
            self.fields[name] = forms.ChoiceField(label=header, choices=choices, required=False, initial=now[header])

    @property
    def chosen(self) -> dict[str, str]:
        """Header → column."""
        return {header: self.cleaned_data.get(name, "") for name, header in self.headers.items()}

    @property
    def answers(self) -> dict[str, str]:
        """Source, dates, duplicates and time zone."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}

    def clean_timezone(self) -> str:
        """A zone that there is."""
        zone: str = self.cleaned_data["timezone"].strip()
        if zone not in available_timezones():
            raise forms.ValidationError(
                _now("There is no time zone “%(zone)s”. Write a name such as Europe/Berlin or UTC.") % {"zone": zone}
            )
        return zone

    def clean(self) -> dict[str, Any]:
        """A date and a customer or an order number, and no column twice."""
        cleaned = super().clean() or {}
        if self.head is not None and self.head["preset"] is None:
            for column in is_unfit(self.chosen):
                self.add_error(None, _LACKS[column])
        for column in named_twice(self.chosen):
            self.add_error(
                None,
                _now("“%(column)s” is chosen for several headers; choose it for one.")
                % {"column": COLUMN_WORDS[column]},
            )
        return cleaned


_LACKS = {
    "ordered_at": _("Choose which column holds the date of the order."),
    "customer_id": _("Choose which column names the customer, or the number of the order."),
}


class CurrencyField(forms.RegexField):
    """Three letters of ISO 4217, or nothing."""

    def __init__(self, **kwargs: Any) -> None:
        wrong = {"invalid": _("Write three letters, such as EUR.")}
        super().__init__(regex="^[A-Za-z]{3}$", required=False, max_length=3, error_messages=wrong, **kwargs)


class AssumptionsForm(forms.Form):
    """What valuations take for granted."""

    margin = forms.FloatField(
        label=_("Margin, per cent"),
        min_value=0.01,
        max_value=100,
        help_text=_("What is earned of each 100 of revenue, where the orders carry no cost of their own."),
    )
    annual_discount = forms.FloatField(
        label=_("Annual discount, per cent"),
        min_value=0,
        max_value=999,
        help_text=_("What money loses in a year of waiting."),
    )
    horizon = forms.CharField(
        label=_("Horizon"), max_length=12, help_text=_("How far expected orders and period value look: 26w, 12m, 1y.")
    )
    value_cap = forms.CharField(
        label=_("Value cap"), max_length=12, help_text=_("How far residual value looks: 3y, 5y. Nothing later counts.")
    )
    unit = forms.ChoiceField(
        label=_("Time unit"), choices=UNITS, help_text=_("The unit of the fit. It rescales and moves no value.")
    )
    currency = CurrencyField(
        label=_("Currency"), help_text=_("Three letters, such as EUR. Left empty: the orders’ own.")
    )
    model = forms.ChoiceField(
        label=_("Model"),
        choices=[("auto", _("The best on past orders")), *((name, name) for name in MODELS)],
        help_text=_("How people order and leave."),
    )
    spend = forms.ChoiceField(
        label=_("Model of spend"),
        choices=[("auto", _("The best on past orders")), *((name, name) for name in SPEND_MODELS)],
        help_text=_("How the amounts of a customer’s orders scatter."),
    )
    cost_to_serve = forms.FloatField(
        label=_("Cost to serve, a year"),
        min_value=0,
        max_value=1e9,
        required=False,
        help_text=_("What serving a customer costs a year; values are net of it. Left empty: nothing is taken off."),
    )
    holdout = forms.CharField(
        label=_("Hold-out"),
        max_length=12,
        required=False,
        help_text=_(
            "The end of the history on which forecasts are graded: 26w, or none. Left empty: a third, at most a year."
        ),
    )
    by = forms.MultipleChoiceField(
        label=_("Told apart by"),
        choices=[(name, TERM_WORDS[name]) for name in TERMS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Customers are told apart by this, as on their first order, where that forecast better."),
    )

    @classmethod
    def of(cls, chosen: AssumptionSet) -> "AssumptionsForm":
        """The form as it stands."""
        fields = fields_of(chosen)
        percent = {name: f"{100 * fields[name]:.6g}" for name in ("margin", "annual_discount")}
        return cls(initial=fields | percent)

    def clean(self) -> dict[str, Any]:
        """Lengths of time that can be read, and shares instead of per cents."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        for name in ("margin", "annual_discount"):
            cleaned[name] = round(cleaned[name] / 100, 8)
        cleaned["currency"] = cleaned["currency"].upper()
        for name in ("horizon", "value_cap", "holdout"):
            cleaned[name] = cleaned[name].strip().lower()
            self._must_be_read(name, cleaned)
        return cleaned

    def _must_be_read(self, name: str, cleaned: dict[str, Any]) -> None:
        sound = {"horizon": "1w", "value_cap": "1w", "holdout": NO_HOLDOUT}
        try:
            request_from(cleaned | sound | {name: cleaned[name]}, again=False)
        except KeepersError as error:
            self.add_error(name, str(error))


class RatesForm(forms.Form):
    """A table of exchange rates."""

    rates = forms.FileField(
        label=_("Rate table"),
        widget=forms.FileInput({"accept": ".csv"}),
        help_text=_("A CSV of date, currency and rate: what one unit is worth in the currency to report in."),
        error_messages={"required": _("Choose a file first."), "empty": _("This file is empty.")},
    )
    converts_to = CurrencyField(
        label=_("The rates convert to"),
        help_text=_("Three letters, such as EUR. Rates to another currency take the place of those kept before."),
    )

    def clean_converts_to(self) -> str:
        """In capitals, as orders have it."""
        code: str = self.cleaned_data["converts_to"]
        return code.upper()


def received_files(form: UploadForm) -> "list[UploadedFile[Any]]":
    """The files of a valid form."""
    files: list[UploadedFile[Any]] = form.cleaned_data["orders"]
    return files
