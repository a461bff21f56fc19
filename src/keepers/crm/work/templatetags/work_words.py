"""What tasks are called on pages."""

from collections.abc import Collection

from django import template

from keepers.crm.work.models import Task

register = template.Library()


@register.filter
def called(task: Task, hidden: Collection[str]) -> str:
    """What a task is called; without the customer's name, for whom that is hidden from."""
    return task.title or str(task.get_kind_display()) if "name" in hidden else str(task)
