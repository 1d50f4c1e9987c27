"""Notices: what befell a run's devices that no test failed for, said at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tinyml_hil.plugin.state import device_of

if TYPE_CHECKING:
    from tinyml_hil.device import Device

_NAME = "tinyml_hil_notices"
"""Of the plugin, and of what a pytest-xdist worker hands over."""


class Notices:
    """What went wrong on links, which devices were started again; who lost one for good."""

    def __init__(self) -> None:
        """There is nothing to say yet."""
        self._befell: dict[str, list[str]] = {}
        self._told: list[str] = []
        self._given_up: dict[str, str] = {}

    @property
    def lines(self) -> list[str]:
        """What is to be said, by this process and by its workers."""
        return [line for lines in self._befell.values() for line in lines] + self._told

    def observe(self, device: Device, name: str, test: str) -> None:
        """Looks at a device after a test; ``name``: as ``device_of`` the test."""
        from tinyml_hil.record import link_sentence

        of = f"the device {name}" if name else "the device"
        on_the_link = {kind: n for kind, n in device.mishaps.items() if kind != "restarted"}
        said = link_sentence(on_the_link)
        self._befell[name] = [
            *(f"{of} went away and was started again: {why}" for why in device.revivals),
            *([f"{name}: {said}" if name else said] if said else []),
        ]
        if device.given_up:
            self.give_up(name, f"{of} is gone since {test}")

    def give_up(self, name: str, why: str) -> None:
        """Lets the tests that need the device be skipped from now on."""
        self._given_up.setdefault(name, why)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skips a test that needs a device, where an error has told that there is none."""
        why = self._given_up.get(device_of(item))
        if why and "_running_device" in getattr(item, "fixturenames", ()):
            pytest.skip(why)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Lets a pytest-xdist worker hand over what it has to say."""
        if output := getattr(session.config, "workeroutput", None):
            output[_NAME] = self.lines

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes over what a pytest-xdist worker has to say."""
        self._told += getattr(node, "workeroutput", {}).get(_NAME, [])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Says it."""
        for line in self.lines:
            terminalreporter.write_line(f"warning: {line}", yellow=True)


def notices_of(config: pytest.Config) -> Notices:
    """Those of this process."""
    found = config.pluginmanager.get_plugin(_NAME)
    assert isinstance(found, Notices)
    return found


def register(config: pytest.Config) -> None:
    """Begins to take notice."""
    config.pluginmanager.register(Notices(), _NAME)
