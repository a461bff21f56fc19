"""Secrets and signatures as Standard Webhooks has them, so that receivers verify with the libraries that there are."""

import base64
import hmac
from datetime import datetime
from hashlib import sha256

from django.conf import settings

from keepers.crm.webhooks.models import Subscription

BEGINS = "whsec_"


def secret_of(subscription: Subscription, generation: int | None = None) -> str:
    """The secret that the receiver is given."""
    return BEGINS + base64.b64encode(_key(subscription, generation or subscription.generation)).decode()


def headers_of(subscription: Subscription, event: str, body: bytes, *, at: datetime) -> dict[str, str]:
    """What goes with a telling; while a secret is being rotated, signatures by both.

    Args:
        subscription: who is told.
        event: the telling's id.
        body: its bytes.
        at: when it goes out; receivers refuse what is old.
    """
    stamp = str(int(at.timestamp()))
    generations = [subscription.generation]
    if subscription.old_secret_until is not None and at < subscription.old_secret_until:
        generations.append(subscription.generation - 1)
    signed = f"{event}.{stamp}.".encode() + body
    signatures = [hmac.new(_key(subscription, each), signed, sha256).digest() for each in generations]
    return {
        "webhook-id": event,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(each).decode()}" for each in signatures),
    }


def _key(subscription: Subscription, generation: int) -> bytes:
    made_of = f"webhook {subscription.salt} {generation}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), made_of, sha256).digest()
