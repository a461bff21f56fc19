"""A key that tests hold: it answers what a page asks of a browser, as a stick or a phone would."""

import json
import re
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

SITE = "testserver"
PRESENT, VERIFIED, TOLD = 0x01, 0x04, 0x40


@dataclass
class SoftKey:
    """An ES256 key for one account at one site."""

    origin: str = f"https://{SITE}"
    id: bytes = field(default_factory=lambda: token_bytes(16))
    secret: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user: str = ""

    def made(self, options: dict[str, Any]) -> str:
        """What the browser posts once the key was made."""
        self.user = options["publicKey"]["user"]["id"]
        public = AttestedCredentialData.create(
            bytes(16), self.id, ES256.from_cryptography_key(self.secret.public_key())
        )
        told = AuthenticatorData.create(self._site, PRESENT | VERIFIED | TOLD, 0, bytes(public))
        return self._answer({
            "clientDataJSON": websafe_encode(self._client("webauthn.create", options)),
            "attestationObject": websafe_encode(AttestationObject.create("none", told, {})),
        })  # fmt: skip

    def shown(self, options: dict[str, Any]) -> str:
        """What the browser posts once the key was shown."""
        client, told = (
            self._client("webauthn.get", options),
            AuthenticatorData.create(self._site, PRESENT | VERIFIED, 1),
        )
        signature = self.secret.sign(told + sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer({
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(told),
            "signature": websafe_encode(signature),
            "userHandle": self.user,
        })  # fmt: skip

    @property
    def _site(self) -> bytes:
        return sha256(SITE.encode()).digest()

    def _client(self, kind: str, options: dict[str, Any]) -> CollectedClientData:
        challenge = websafe_decode(options["publicKey"]["challenge"])
        return CollectedClientData.create(type=kind, challenge=challenge, origin=self.origin)

    def _answer(self, response: dict[str, str]) -> str:
        told = {"id": websafe_encode(self.id), "rawId": websafe_encode(self.id), "type": "public-key"}
        return json.dumps(told | {"response": response, "clientExtensionResults": {"credProps": {"rk": True}}})


def options_in(page: str) -> dict[str, Any]:
    """What a page asks the browser."""
    found = re.search(r'<script id="key-options" type="application/json">(.*?)</script>', page)
    assert found
    options: dict[str, Any] = next(iter(json.loads(found[1]).values()))
    return options
