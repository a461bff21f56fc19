"""`python -m keepers` is `keepers`."""

from keepers.cli.main import main

main()
