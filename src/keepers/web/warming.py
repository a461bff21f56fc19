"""What a server does before its first page is asked for: nobody waits for what is loaded once."""

import atexit
import gc
import logging
from importlib import import_module

from django.conf import settings
from django.db import DatabaseError, connection

from keepers.web.record.reading import make_warm_for_the_pages

LOG = logging.getLogger(__name__)


def make_warm() -> None:
    """Load what pages need, and let Python's search for garbage pass over it from then on.

    That search looks through every object there is, again and again, and a page waits for it: 0.3 s for all that is
    loaded here, which is never garbage.
    """
    import_module(settings.ROOT_URLCONF)
    try:
        make_warm_for_the_pages()
    except DatabaseError as error:
        LOG.warning("The pages could not be made warm: %s", error)
    finally:
        connection.close()
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # libraries call leaked what nobody looked through at the end
