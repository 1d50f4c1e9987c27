"""The fixture that runs commands is that of the unit tests."""

from tests.unit.conftest import run_cli

__all__ = ["run_cli"]
