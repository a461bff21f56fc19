"""The application that a web server calls."""

import os
from threading import Thread

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keepers.web.settings")
application = get_wsgi_application()


def _make_warm() -> None:
    from keepers.web.warming import make_warm

    make_warm()


Thread(target=_make_warm, name="warm-up", daemon=True).start()
