"""The words for the groups of customers."""

from django.utils.translation import gettext_lazy as _

GROUP_NAMES = {
    "best": _("best"),
    "promising": _("promising"),
    "steady": _("steady"),
    "one-time": _("one-time"),
    "slipping": _("slipping"),
    "lost": _("lost"),
}
