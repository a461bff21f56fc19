"""Channels: web, shop, phone and what each brings."""

from keepers.insight.answers import Answer, Insight, Scope
from keepers.insight.questions.mix import mix_of
from keepers.warehouse.store import Store


def answer(store: Store, scope: Scope) -> Answer:
    """Through which channels do they buy, and what does each bring?"""
    return mix_of(store, scope, column="channel", words="channels", verb="bought through")


INSIGHT = Insight("channels", "Through which channels do they buy?", answer)
