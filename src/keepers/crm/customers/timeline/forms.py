"""What the composer asks."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.timeline.models import Touch


class TouchForm(forms.Form):
    """An act of one kind; each kind asks what it needs."""

    title = forms.CharField(label=_("About"), max_length=255, required=False)
    body = forms.CharField(label=_("Text"), required=False, widget=forms.Textarea({"rows": 3}), max_length=100_000)
    at = forms.DateTimeField(
        label=_("When"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    direction = forms.ChoiceField(label=_("Who went to whom"), choices=Touch.Direction, required=False)
    outcome = forms.ChoiceField(label=_("Outcome"), choices=[("", "–"), *Touch.Outcome.choices], required=False)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=0, max_value=100_000, required=False)
    cost = forms.DecimalField(label=_("Cost"), min_value=0, max_digits=14, decimal_places=2, required=False)

    though_held = forms.CharField(
        label=_("Send it though they are held out, because"),
        max_length=255,
        required=False,
        help_text=_("It is kept, and the experiment counts it."),
    )

    def __init__(
        self, kind: str, told: Any = None, *, initial: dict[str, Any] | None = None, though_held: bool = False
    ) -> None:
        super().__init__(told, auto_id=f"{kind}-%s", initial=initial)
        self.kind = Touch.Kind(kind)
        names = (*ASKED[self.kind], *["though_held"] * though_held)
        self.fields = {name: self.fields[name] for name in names}
        if self.kind in {Touch.Kind.NOTE, Touch.Kind.EMAIL}:
            self.fields["body"].required = True
        if self.kind == Touch.Kind.EMAIL:
            self.fields["title"].required = True

    def clean_at(self) -> datetime | None:
        """When it happened, which is not later than now but for a meeting."""
        at: datetime | None = self.cleaned_data["at"]
        if at is not None and at > timezone.now() and self.kind != Touch.Kind.MEETING:
            raise forms.ValidationError(_("That is still to come. Make a task of it."))
        return at


ASKED: dict[Touch.Kind, tuple[str, ...]] = {
    Touch.Kind.NOTE: ("body",),
    Touch.Kind.CALL: ("outcome", "direction", "at", "minutes", "body"),
    Touch.Kind.EMAIL: ("title", "body"),
    Touch.Kind.VISIT: ("title", "outcome", "at", "minutes", "cost", "body"),
    Touch.Kind.MEETING: ("title", "outcome", "at", "minutes", "body"),
    Touch.Kind.LETTER: ("direction", "title", "at", "cost", "body"),
}
"""The kinds that people tell by hand, in the order of the composer, and what each asks."""
