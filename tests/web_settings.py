"""The app's own settings on a workspace of the tests' own, gone when they end."""

import atexit
import os
import shutil
import tempfile

_HOME = tempfile.mkdtemp(prefix="keepers-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ["KEEPERS_HOME"] = _HOME
os.environ.pop("DATABASE_URL", None)

from keepers.web.settings import *  # noqa: E402, F403
from keepers.web.settings import DATABASES  # noqa: E402
from tests import postgresql  # noqa: E402

if postgresql.is_wanted():
    DATABASES["default"] = postgresql.the_tests_server().entry
else:  # a file: bulk writes come by a connection of their own
    DATABASES["default"]["TEST"] = {"NAME": f"{_HOME}/test.sqlite3"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # sign-ins of tests need not be slow
