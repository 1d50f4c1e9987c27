"""Ending: a run that somebody interrupts tells its pytest-xdist workers so at once."""

from __future__ import annotations

from typing import Any

import pytest


class Ending:
    """Knows the workers' processes; pytest-xdist itself would wait ten seconds for each to end."""

    def __init__(self) -> None:
        """There are no workers yet."""
        self._nodes: list[Any] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Takes notice of a worker."""
        self._nodes.append(node)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Ends the workers as Ctrl-C does; at a terminal they have heard of it themselves."""
        if excinfo.type is not KeyboardInterrupt:
            return
        for node in self._nodes:
            # execnet has no public way to a process that it started.
            if process := getattr(getattr(node.gateway, "_io", None), "popen", None):
                process.terminate()
