"""Tasks as a file."""

from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.exchange.leaving import Leaving, column, in_steps, of_customer
from keepers.crm.people.rights import allowed
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.work.models import Task

TASKS = Leaving(
    _("Tasks"),
    Noun.TASKS,
    lambda user: [
        *of_customer(user),
        column("kind", lambda task: task.kind),
        column("title", lambda task: task.title),
        column("note", lambda task: task.note or None),
        column("due_on", lambda task: task.due_on),
        column("state", lambda task: task.state),
        column("owner", lambda task: task.owner.email if task.owner else None),
    ],
    lambda user: in_steps(allowed(user, Verb.EXPORT, Noun.TASKS, Task.objects.select_related("customer", "owner"))),
)
