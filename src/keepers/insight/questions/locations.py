"""Locations: shops, cities or countries and what each brings."""

from keepers.insight.answers import Answer, Insight, Scope
from keepers.insight.questions.mix import mix_of
from keepers.warehouse.store import Store


def answer(store: Store, scope: Scope) -> Answer:
    """Where do they buy, and what does each bring?"""
    return mix_of(store, scope, column="location", words="locations", verb="made in")


INSIGHT = Insight("locations", "Where do they buy?", answer)
