"""What happens before the worker is ended: jobs under way stop where nothing of their work is half done."""

import logging
import time
from collections.abc import Callable

LOG = logging.getLogger(__name__)
LOOKS_EVERY = 0.1  # seconds


def let_jobs_stop(say: Callable[[str], None], *, within: float, is_gone: Callable[[], bool]) -> None:
    """Ask the jobs under way to stop at their next safe point, and wait until they have.

    Args:
        say: tells whoever stops the program.
        within: seconds that they have.
        is_gone: whether the worker has ended by itself.
    """
    from django.db import DatabaseError, connection

    from keepers.crm.jobs.ending import are_under_way, ask_to_stop, say_stopped

    try:
        if jobs := ask_to_stop():
            names = ", ".join(job.get_kind_display() for job in jobs)
            say(f"Under way: {names}. Waiting up to {within:.0f} seconds for a safe point to stop at.")
            until = time.monotonic() + within
            while are_under_way(jobs) and not is_gone() and time.monotonic() < until:
                time.sleep(LOOKS_EVERY)
            how = "Ended in the midst" if are_under_way(jobs) else "Stopped"
            say(f"{how}; nothing is lost or doubled. After the next start its page offers to start it again.")
            say_stopped(jobs)
    except DatabaseError as error:
        LOG.warning("Jobs could not be asked to stop: %s", error)
    finally:
        connection.close()
