"""Every component on one page, for those who build pages."""

from datetime import date

import pyarrow as pa
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from keepers.crm.entrance import for_everybody
from keepers.crm.portfolio.insight.charts import look_of
from keepers.insight.answers import Answer
from keepers.insight.drawings.pictures import Bars

GROUPS = ("best", "promising", "steady", "one-time", "slipping", "lost")


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(help_text="As on the letterhead.")
    margin = forms.DecimalField(min_value=0, max_value=1)
    unit = forms.ChoiceField(choices=[("day", "Day"), ("week", "Week")])
    told_apart_by = forms.MultipleChoiceField(
        choices=[("channel", "Channel"), ("segment", "Segment")], widget=forms.CheckboxSelectMultiple, required=False
    )


@for_everybody
def gallery(request: HttpRequest) -> HttpResponse:
    """The gallery of components."""
    form = SampleForm({"name": "", "margin": "2", "unit": "week"})
    return render(
        request, "web/gallery.html", {"groups": GROUPS, "form": form, "day": date(2026, 8, 12), "nothing": None}
    )


@for_everybody
def chart(request: HttpRequest) -> HttpResponse:
    """A sample chart in the look that is asked for."""
    from keepers.insight.drawings.charts import svg_of

    rows = pa.table({"group": GROUPS, "customers": [412, 620, 880, 510, 140, 300]})
    answer = Answer("", "", rows, Bars(of="group", length="customers", colour="group"))
    return HttpResponse(svg_of(answer, look_of(request)), content_type="image/svg+xml")
