"""Ending: a run that somebody interrupts does no more than it has to, and so do its workers."""

from __future__ import annotations

import signal
import sys
from typing import Any

import pytest

from tinyml_hil.plugin.state import is_worker

_HYPOTHESIS = "hypothesispytest"


class Ending:
    """Knows the workers' processes; pytest-xdist itself would wait ten seconds for each to end."""

    def __init__(self, config: pytest.Config) -> None:
        """There are no workers yet."""
        self._config = config
        self._nodes: list[Any] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Takes notice of a worker."""
        self._nodes.append(node)

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Ends the workers as Ctrl-C does; at a terminal they have heard of it themselves."""
        if excinfo.type is not KeyboardInterrupt:
            return
        if is_worker(self._config):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # its parent's, after the terminal's
        for node in self._nodes:
            # execnet has no public way to a process that it started.
            if process := getattr(getattr(node.gateway, "_io", None), "popen", None):
                process.terminate()
        self._spare_time(excinfo)

    def _spare_time(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Leaves out what takes others long and shows nothing.

        pytest reads the source of all of the traceback, and shows its end; hypothesis loads itself
        to find that nobody used it.
        """
        if not self._config.option.fulltrace:
            shown = excinfo.traceback.filter(excinfo)  # a hidden end would have no place
            excinfo.traceback = shown[-1:] or excinfo.traceback
        plugins = self._config.pluginmanager
        if "hypothesis" not in sys.modules and plugins.has_plugin(_HYPOTHESIS):
            plugins.unregister(name=_HYPOTHESIS)
