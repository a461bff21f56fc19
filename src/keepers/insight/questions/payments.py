"""Payments: cards, cash, invoices and what each brings."""

from keepers.insight.answers import Answer, Insight, Scope
from keepers.insight.questions.mix import mix_of
from keepers.warehouse.store import Store


def answer(store: Store, scope: Scope) -> Answer:
    """How do they pay, and what does each bring?"""
    return mix_of(store, scope, column="payment_method", words="payment methods", verb="paid by")


INSIGHT = Insight("payments", "How do they pay?", answer)
