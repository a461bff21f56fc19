"""Every component on one page, for those who build pages."""

from datetime import date

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

GROUPS = ("best", "promising", "steady", "one-time", "slipping", "lost")


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(help_text="As on the letterhead.")
    margin = forms.DecimalField(min_value=0, max_value=1)
    unit = forms.ChoiceField(choices=[("day", "Day"), ("week", "Week")])


def gallery(request: HttpRequest) -> HttpResponse:
    """The gallery of components."""
    form = SampleForm({"name": "", "margin": "2", "unit": "week"})
    return render(request, "web/gallery.html", {"groups": GROUPS, "form": form, "day": date(2026, 8, 12), "nothing": None})
