"""The fixtures that run commands and build firmware are those of the unit tests."""

from tests.unit.conftest import built, run_cli

__all__ = ["built", "run_cli"]
