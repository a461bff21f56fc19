"""Scripts that run in the peers' environments, and the peers themselves as the bench asks them."""

from bench.peer import InstalledPeer

LIFETIMES = InstalledPeer("lifetimes", "lifetimes", python="3.11")
PYMC = InstalledPeer("pymc-marketing", "pymc", python="3.12")
