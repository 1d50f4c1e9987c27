"""A browser; the fixtures that run commands and build firmware are those of the unit tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.unit.conftest import built, run_cli
from tinyml_hil.cli.doctor import browser_fix, find_browser

__all__ = ["built", "run_cli"]

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium."""
    executable = find_browser()
    if not executable:
        pytest.skip(f"there is no browser: {browser_fix()}")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield running
        running.close()
