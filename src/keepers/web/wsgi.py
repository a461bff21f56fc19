"""The application that a web server calls."""

import os
from threading import Thread

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keepers.web.settings")
application = get_wsgi_application()


def _make_warm() -> None:
    from keepers.web.record_reading import make_warm_for_the_pages

    make_warm_for_the_pages()


Thread(target=_make_warm, name="warm-up", daemon=True).start()
