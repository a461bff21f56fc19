"""Timed workloads beside the peers: `make bench`, or `python -m bench --quick`."""
