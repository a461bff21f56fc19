"""What people say of a survey: the file, and what is taken for granted."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from keepers.crm.jobs.receiving import has_short_name

MOST_BYTES = 20_000_000


class AskedForm(forms.Form):
    """What is taken for granted."""

    people = forms.FloatField(
        label=_("People in the market"),
        required=False,
        min_value=1,
        help_text=_("Left empty: your active customers, by the share of people asked who bought yours last."),
    )
    years = forms.FloatField(label=_("Years ahead"), min_value=0.1, max_value=50, initial=3)
    margin = forms.FloatField(label=_("Margin"), min_value=0.001, max_value=1, initial=0.3)
    annual_discount = forms.FloatField(label=_("What money loses in a year"), min_value=0, max_value=10, initial=0.1)
    step = forms.FloatField(label=_("A step, in points of the scale"), min_value=0.001, initial=1)

    @property
    def asked(self) -> dict[str, Any]:
        """As a survey keeps it."""
        return {name: self.cleaned_data[name] for name in ("people", "years", "margin", "annual_discount", "step")}


class UploadForm(AskedForm):
    """A survey to be kept."""

    file = forms.FileField(
        label=_("Survey"),
        widget=forms.FileInput({"accept": ".csv,.tsv,.txt,.xlsx,.ods,.parquet"}),
        validators=[has_short_name],
    )
    brand = forms.CharField(label=_("Your brand, as the survey calls it"), max_length=120)
    field_order = ("file", "brand", "people", "years", "margin", "annual_discount", "step")

    def clean_file(self) -> Any:
        """Small enough for a page."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 20 MB. Study it in a terminal: keepers drivers"))
        return file


class StudyForm(AskedForm):
    """Another look at a survey: which brand is ours, and what a step on each driver would cost."""

    def __init__(
        self, data: Any, *, brands: Sequence[str], drivers: Sequence[str], segments: Sequence[str],
        asked: dict[str, Any],
    ) -> None:  # fmt: skip
        super().__init__(data, initial=asked)
        self.drivers, self.segments = list(drivers), list(segments)
        choices = [(brand, brand) for brand in brands]
        self.fields["brand"] = forms.ChoiceField(label=_("Your brand"), choices=choices)
        for place, driver in enumerate(self.drivers):
            self.fields[f"cost-{place}"] = forms.FloatField(
                label=_("Cost of a step: %(driver)s") % {"driver": driver},
                required=False,
                min_value=0,
                initial=asked.get("costs", {}).get(driver),
            )
        for place, segment in enumerate(self.segments):
            self.fields[f"segment-{place}"] = forms.FloatField(
                label=_("Size in the market: %(segment)s") % {"segment": segment},
                required=False,
                min_value=0,
                initial=asked.get("segment_sizes", {}).get(segment),
                help_text=_("People, or a share, in the same measure for each. Left empty: as many as were asked."),
            )
        self.order_fields(["brand", *AskedForm.base_fields])

    @property
    def asked(self) -> dict[str, Any]:
        """As a survey keeps it."""
        told = ((driver, self.cleaned_data[f"cost-{place}"]) for place, driver in enumerate(self.drivers))
        costs = {driver: cost for driver, cost in told if cost is not None}
        sizes = {segment: self.cleaned_data[f"segment-{place}"] for place, segment in enumerate(self.segments)}
        sizes = {segment: size for segment, size in sizes.items() if size is not None}
        return super().asked | {"brand": self.cleaned_data["brand"], "costs": costs, "segment_sizes": sizes}

    def clean(self) -> dict[str, Any]:
        """All of it."""
        super().clean()
        found: dict[str, Any] = self.cleaned_data
        return found
