"""An invitation as a letter by e-mail, where a mail server is set."""

from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from keepers.crm.people.actions import INVITATION_LASTS
from keepers.crm.people.models import User


def mail_invitation(invited: User, link: str, *, by: User) -> bool | None:
    """Send the link at once, since only its fingerprint is kept; whether it went. None: no mail server is set."""
    if not settings.EMAIL_HOST:
        return None
    body = _(
        "%(by)s invites you to Keepers, where the firm knows what its customers are worth.\n\n"
        "Open this link within %(days)d days; it lets you in once:\n%(link)s\n"
    ) % {"by": by, "days": INVITATION_LASTS.days, "link": link}
    letter = EmailMessage(_("Your invitation to Keepers"), body, to=[invited.email], reply_to=[by.email])
    try:
        letter.send()
    except (SMTPException, OSError):
        return False
    return True
