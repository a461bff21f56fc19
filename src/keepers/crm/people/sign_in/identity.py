"""The firm's identity provider, as the environment names it."""

from dataclasses import dataclass

from keepers.crm.people.roles import Role


@dataclass(frozen=True, slots=True)
class Provider:
    """Who else may say who somebody is.

    url: where its description is, without /.well-known
    client, secret: what it knows Keepers by
    name: on the button
    domain: whoever has an address there may come without an invitation; empty: nobody
    role: what they are then
    trusts_addresses: whether addresses count that the provider does not call verified
    """

    url: str
    client: str
    secret: str
    name: str
    domain: str = ""
    role: Role = Role.READ_ONLY
    trusts_addresses: bool = False
