"""People as lists offer them to pick from."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from keepers.crm.people.models import User
from keepers.crm.people.rights import people_seen_by
from keepers.crm.people.roles import Noun


def people_to_pick(user: User, noun: Noun) -> list[tuple[str, str | Promise]]:
    """Keys and names of those whose things of this kind a user may see, the user first."""
    _own, *others = people_seen_by(user, noun)
    return [(str(user.pk), _("me")), *((str(other.pk), str(other)) for other in others)]
