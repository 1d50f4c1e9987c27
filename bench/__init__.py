"""Measurements: each module prints figures of its own, and is run by `python -m bench.NAME`."""
