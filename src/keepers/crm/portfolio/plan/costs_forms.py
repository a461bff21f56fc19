"""What is asked about the cost of contacts; left empty, plans go by what is assumed."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from keepers.crm.portfolio.plan.words import CARE, WORDS
from keepers.decisions.terms.costs_writing import shipped
from keepers.decisions.terms.terms import LEVELS

MOST = 1e9
PER_CENT = 100.0


def _money(label: Any, help_text: Any = "") -> forms.FloatField:
    return forms.FloatField(label=label, min_value=0, max_value=MOST, required=False, help_text=help_text)


class CostsForm(forms.Form):
    """Costs in the currency of the values."""

    mailing_cost = _money(_("A mailing"), _("A letter, catalog or voucher, postage included."))
    mailings_now = forms.IntegerField(
        label=_("Mailings a year that everybody gets today"), min_value=0, max_value=366, required=False
    )
    level_now = forms.ChoiceField(label=_("Care that everybody gets today"), required=False)
    hour_cost = _money(_("An hour of staff"), _("Left empty: people are paid anyway."))
    reactive_cost = _money(_("A year of reactive care"), CARE["reactive"])
    accountable_cost = _money(_("A year of accountable care"), CARE["accountable"])
    proactive_cost = _money(_("A year of proactive care"), CARE["proactive"])
    partnership_cost = _money(_("A year of partnership care"), CARE["partnership"])
    offer_cost = _money(_("A personal offer to win somebody back"))
    trial_share = forms.FloatField(
        label=_("Trial by lot, per cent"), min_value=0, max_value=PER_CENT, required=False,
        help_text=_("Of those with whom nobody knows whether an action pays. Left empty: none begins by itself."),
    )  # fmt: skip
    trial_weeks = forms.IntegerField(label=_("Weeks that a trial takes"), min_value=1, max_value=260, required=False)

    def __init__(self, data: Any, *, told: Mapping[str, Any], terms: Mapping[str, Any], currency: str) -> None:
        """With what the file says, and what plans take for granted, in money where a plan of theirs tells it."""
        initial = dict(told)
        if "trial_share" in told:
            initial["trial_share"] = told["trial_share"] * PER_CENT
        super().__init__(data, initial=initial)
        level = self.fields["level_now"]
        assert isinstance(level, forms.ChoiceField)
        level.choices = [("", gettext("basic: nobody follows up")), *((name, WORDS[name]) for name in LEVELS[1:])]
        for name, field in self.fields.items():
            if name.endswith("_cost") and currency:
                field.label = f"{field.label}, {currency}"
        self.fields["mailings_now"].widget.attrs["placeholder"] = gettext("assumed: none")
        usual = _usual_order(terms)
        for name, share in shipped().items():
            if name.endswith("_cost") and share:
                self.fields[name].widget.attrs["placeholder"] = _assumed(share, usual, currency)
            if isinstance(self.fields[name], forms.FloatField):
                self.fields[name].widget.attrs["step"] = "any"

    def said(self) -> dict[str, Any]:
        """As the costs file keeps it; None where nothing is said."""
        said = {name: value if value != "" else None for name, value in self.cleaned_data.items()}
        if said["trial_share"] is not None:
            said["trial_share"] /= PER_CENT
        return said


def _assumed(share: float, usual: float | None, currency: str) -> str:
    if usual is None:
        return gettext("assumed: %(share)g %% of a usual order") % {"share": share * PER_CENT}
    return gettext("assumed: %(cost).2f %(currency)s") % {"cost": share * usual, "currency": currency}


def _usual_order(terms: Mapping[str, Any]) -> float | None:
    """The usual order of the plan that is shown, by a level of care whose cost nobody told."""
    told: Sequence[str] = terms.get("given", ())
    assumed = shipped()
    for level in LEVELS[1:]:
        if terms.get("levels") and f"levels.{level}.cost" not in told:
            return float(terms["levels"][level]["cost"]) / float(assumed[f"{level}_cost"])
    return None
