"""The application that a web server calls."""

import os
from threading import Thread

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keepers.web.settings")
application = get_wsgi_application()


def _make_warm() -> None:
    from keepers.web.starting import ask_beside_others
    from keepers.web.warming import make_warm

    make_warm()
    ask_beside_others()  # this process may follow one that was killed


Thread(target=_make_warm, name="warm-up", daemon=True).start()
