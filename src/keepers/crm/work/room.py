"""How much people can still take on on each day."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import cycle, islice

from django.db.models import Count

from keepers.crm.work.days import working_day, working_days
from keepers.crm.work.models import Task


class Room:
    """The working days of a span of time, with the tasks that people have on them already.

    Args:
        people: who takes tasks that are nobody's, in turn.
        a_day: the most that one person gets a day.
        first: day of the span.
        last: day of the span.
    """

    def __init__(self, people: Sequence[int], *, a_day: int, first: date, last: date) -> None:
        self._most, self._last = a_day, last
        self.people = list(people)
        self._turns: Iterator[int] = cycle(self.people)
        counted = Task.objects.filter(state=Task.State.OPEN, due_on__range=(first, last)).order_by()
        self._taken: Counter[tuple[int | None, date]] = Counter()
        for owner, day, count in counted.values_list("owner", "due_on").annotate(count=Count("pk")):
            if day is not None:
                self._taken[owner, day] = count

    def take(self, owner: int | None, due_on: date) -> tuple[int | None, date] | None:
        """Who does it and when: its owner, else the people in turn; None where nobody can."""
        able: list[int | None] = [owner] if owner else list(islice(self._turns, len(self.people)))
        for day in working_days(working_day(due_on)):
            if day > self._last:
                return None
            for each in able or [None]:
                if self._taken[each, day] < self._most:
                    self._taken[each, day] += 1
                    if not owner and self.people:
                        next(self._turns)
                    return each, day
        return None
