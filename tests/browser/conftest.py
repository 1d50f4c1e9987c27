"""The fixtures that build firmware and run commands are those of the unit tests."""

from tests.unit.conftest import built, run_cli

__all__ = ["built", "run_cli"]
