"""What the status of an order or a payment means for its money: taken back, never paid, or never sold."""

import polars as pl

TAKEN_BACK = (
    "cancelled", "canceled", "cancelled by customer", "void", "voided", "refunded", "fully refunded", "refund", "returned", "expired",
    "storniert", "retourniert", "erstattet", "annule", "annulé", "annulée", "remboursé", "remboursée", "cancelado", "cancelada",
    "reembolsado", "anulado", "preklicano", "stornirano", "vrnjeno", "annullato", "rimborsato", "geannuleerd", "已取消", "已退款",
    "chargeback", "charged back", "disputed and lost",
)  # fmt: skip
NOT_PAID = (
    "failed", "declined", "rejected", "unpaid", "incomplete", "blocked", "uncaptured", "requires_payment_method",
    "requires_action", "requires_confirmation", "requires_capture", "abandoned", "fehlgeschlagen", "abgelehnt", "unbezahlt",
    "échoué", "refusé", "impayé", "fallido", "rechazado", "impagado", "neplačano", "zavrnjeno", "fallito",
)  # fmt: skip
NOT_SOLD = (
    "lost", "closed lost", "prospecting", "engaging", "qualification", "qualified to buy", "proposal", "negotiation",
    "needs analysis", "value proposition", "appointment scheduled", "presentation scheduled", "decision maker bought-in",
    "contract sent", "quote", "quoted", "draft", "angebot", "entwurf", "devis", "brouillon", "presupuesto", "borrador",
    "perception analysis", "id. decision makers", "proposal/price quote", "negotiation/review", "open",
)  # fmt: skip


def taken_back(status: pl.Expr) -> pl.Expr:
    """Orders that were cancelled or paid back in full: on record, worth nothing, no occasion."""
    return _is_one_of(status, TAKEN_BACK)


def not_paid(status: pl.Expr) -> pl.Expr:
    """Payments that never succeeded."""
    return _is_one_of(status, NOT_PAID)


def not_sold(status: pl.Expr) -> pl.Expr:
    """Deals and quotes that are no order, or not yet."""
    return _is_one_of(status, NOT_SOLD)


def _is_one_of(status: pl.Expr, words: tuple[str, ...]) -> pl.Expr:
    return status.str.strip_chars().str.to_lowercase().is_in(list(words)).fill_null(value=False)
