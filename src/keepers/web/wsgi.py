"""The application that a web server calls."""

import os
from threading import Thread

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.utils import timezone

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keepers.web.settings")
application = get_wsgi_application()


def _make_warm() -> None:
    from keepers.web.starting import ask_for_what_waits
    from keepers.web.warming import make_warm

    make_warm()
    ask_for_what_waits(at=timezone.now())  # this process may follow one that was killed
    connection.close()


Thread(target=_make_warm, name="warm-up", daemon=True).start()
