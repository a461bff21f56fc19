"""A workspace whose web process can be killed: each order on standard input is carried out by a process of its own.

`{"do": "serve", "kill": ["before", 2]}` answers one real request by HTTP and dies by SIGKILL just before its second
commit; without `kill` it answers to the end. What each process says is one line of JSON.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from keepers.web.starting import ask_for_what_waits, set_up

EACH = 12  # subjects of each kind of act, more than there are moments to be killed at


def main() -> None:
    """Put something into the workspace, then carry out orders until there are no more."""
    set_up()
    import_module("keepers.web.urls")  # and all views, once for all processes
    say(**_made())
    for line in sys.stdin:
        order = json.loads(line)
        _in_a_process_of_its_own(order["do"], order.get("kill"))


def say(**told: Any) -> None:
    """One line for the test."""
    print(json.dumps(told), flush=True)


def _in_a_process_of_its_own(what: str, kill: tuple[str, int] | None) -> None:
    from django.db import connections

    connections.close_all()
    if (child := os.fork()) == 0:
        if kill is not None:
            _die(*kill)
        _ORDERS[what]()
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    say(killed=os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL)


def _die(moment: str, which: int) -> None:
    """Have this process killed before or after the so manieth of its commits, of single statements among them."""
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper

    commit, execute, count = BaseDatabaseWrapper._commit, CursorWrapper.execute, [0]

    def counted(commits: Callable[[], Any]) -> Any:
        count[0] += 1
        if count[0] == which and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        done = commits()
        if count[0] == which:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    def executed(self: CursorWrapper, sql: str, params: Any = None) -> Any:
        alone = not self.db.in_atomic_block and sql.startswith(("INSERT", "UPDATE", "DELETE"))
        return counted(lambda: execute(self, sql, params)) if alone else execute(self, sql, params)

    BaseDatabaseWrapper._commit = lambda self: counted(lambda: commit(self))  # type: ignore[method-assign]
    CursorWrapper.execute = executed  # type: ignore[method-assign]


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing: standard output is for the test."""


def _serve() -> None:
    from django.core.wsgi import get_wsgi_application

    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=_Silent) as server:
        say(port=server.server_port)
        server.handle_request()


def _drain() -> None:
    from django.utils import timezone

    from keepers.crm.customers.timeline.outbox import drain

    drain(at=timezone.now())


def _ask() -> None:
    """What a web process does that follows one that was killed."""
    from django.utils import timezone

    ask_for_what_waits(at=timezone.now())


def _acts() -> None:
    from django.conf import settings

    with settings.WORKSPACE.opened() as store:
        say(acts=sorted(row["title"] for row in store.query("interactions").to_pylist()))


_ORDERS: dict[str, Callable[[], None]] = {"serve": _serve, "drain": _drain, "ask": _ask, "acts": _acts}


def _made() -> dict[str, Any]:
    """Alice with her session, pairs that may be one, tellings that were given up on, and acts on their way."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils import timezone

    from keepers.crm.customers.duplicates.models import Pair
    from keepers.crm.customers.models import Customer
    from keepers.crm.customers.timeline.actions import add_touch
    from keepers.crm.people.models import User
    from keepers.crm.webhooks.models import Delivery, Subscription

    now = timezone.now()
    alice = User.objects.create_user("alice@example.com", name="Alice", role="owner")
    session = SessionStore()
    session.update({
        SESSION_KEY: str(alice.pk), HASH_SESSION_KEY: alice.get_session_auth_hash(),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
    })  # fmt: skip
    session.save()
    pairs, tellings = [], []
    webhook = Subscription.objects.create(name="shop", url="https://shop.example.com/", salt="s", made_at=now)
    for number in range(EACH):
        one, other = (Customer.objects.create(key=f"{side}{number}", name="Ada", created_at=now) for side in "KA")
        add_touch(other, by=alice, at=now, kind="note", title=f"note {number}")
        pairs.append(Pair.objects.create(one=one, other=other, probability=0.9, found_at=now).pk)
        tellings.append(
            Delivery.objects.create(
                subscription=webhook, event=f"e{number}", kind="customer.created", body={}, state="dead", attempts=9,
                due_at=now, made_at=now,
            ).pk
        )  # fmt: skip
    return {"session": session.session_key, "webhook": webhook.pk, "pairs": pairs, "tellings": tellings}


if __name__ == "__main__":
    main()
