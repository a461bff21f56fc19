"""What a server does before its first page is asked for: nobody waits for what is loaded once."""

import atexit
import gc
from importlib import import_module

from django.conf import settings

from keepers.web.record_reading import make_warm_for_the_pages


def make_warm() -> None:
    """Load what pages need, and let Python's search for garbage pass over it from then on.

    That search looks through every object there is, again and again, and a page waits for it: 0.3 s for all that is
    loaded here, which is never garbage.
    """
    import_module(settings.ROOT_URLCONF)
    make_warm_for_the_pages()
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # libraries call leaked what nobody looked through at the end
