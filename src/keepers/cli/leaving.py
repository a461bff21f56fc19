"""The end of a command: its answer is out, so nobody should wait for what the process takes down afterwards."""

import atexit
import os
import sys
import threading


def leave_at_once() -> None:
    """End the process with what was registered for its end, but without taking each module down: 0.4 s after values.

    Where threads still run, or the answer cannot be written out, it returns, and the process ends as any other. So it
    does where the command was called within a process of somebody else's, such as a test's, which is not ours to end.
    """
    if not _is_process_of_command() or any(
        not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()
    ):
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _is_process_of_command() -> bool:
    """Whether the process was begun with this very command line: `keepers …`, `python …/keepers …`, `python -m …`."""
    begun, asked = sys.orig_argv, sys.argv[1:]
    return len(begun) - len(asked) <= 3 and begun[len(begun) - len(asked) :] == asked
