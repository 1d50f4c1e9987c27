"""The page of the trend, opened in a real browser, on a desk and on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from bench.trend import SLOWER, fill
from tests.browser.contrast import LEAST_CONTRAST, READABLE
from tinyml_hil.cli.trend import show_trend

DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 375, "height": 812}}
BOTH = pytest.mark.parametrize("settings", [DESK, PHONE], ids=["desk", "phone"])
NIGHTS = 12


@pytest.fixture(scope="module")
def trend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of twelve nights of 20 models on 4 devices, of which one regressed."""
    folder = tmp_path_factory.mktemp("trend")
    url = f"sqlite:///{folder / 'history.sqlite'}"
    fill(url, folder, NIGHTS * 80)
    show_trend(html=folder / "trend.html", history=url)
    return folder / "trend.html"


def _shown(page: Page) -> set[tuple[str, str]]:
    """Models and branches."""
    rows = page.locator("[data-model]:visible")
    pairs = rows.evaluate_all("all => all.map(({dataset}) => [dataset.model, dataset.branch])")
    return {(model, branch) for model, branch in pairs}


@BOTH
def test_regression_is_in_the_first_screenful(
    browser: Browser, trend: Path, settings: dict[str, Any]
) -> None:
    with browser.new_context(**settings) as context:
        page = context.new_page()
        page.goto(trend.as_uri())
        first = page.locator("article").first
        assert first.locator("h2").inner_text() == f"✕ Failed {SLOWER[0]} on qemu, {SLOWER[1]}"
        row = first.locator("tr", has_text="instructions").first
        box = row.bounding_box()
        assert "+7.0%" in row.inner_text()
        assert box is not None
        assert box["y"] + box["height"] <= settings["viewport"]["height"]


@BOTH
def test_nothing_is_wider_than_the_screen_with_all_unfolded(
    browser: Browser, trend: Path, settings: dict[str, Any]
) -> None:
    with browser.new_context(**settings) as context:
        page = context.new_page()
        page.goto(trend.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        assert (
            page.evaluate("document.documentElement.scrollWidth") == settings["viewport"]["width"]
        )
        wide = "all => all.filter((one) => one.scrollWidth > one.clientWidth).length"
        assert page.locator(".wide").evaluate_all(wide) == 0


def test_page_is_quiet_and_asks_nothing_of_any_network(browser: Browser, trend: Path) -> None:
    said: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.append(request.url))
        page.goto(trend.as_uri(), wait_until="networkidle")
    assert [one for one in said if not one.startswith("data:")] == [trend.as_uri()]


def test_filter_leaves_what_is_of_a_model_and_a_branch(browser: Browser, trend: Path) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(trend.as_uri())
        everything = _shown(page)
        page.get_by_label("model").select_option("ic02")
        assert _shown(page) == {one for one in everything if one[0] == "ic02"}
        page.get_by_label("branch").select_option("main")
        assert _shown(page) == {("ic02", "main")}
        page.get_by_label("device").select_option("qemu, mps2-an500")
        assert page.locator(".filters output").inner_text().startswith("1 of ")
        for name in ("model", "branch", "device"):
            page.get_by_label(name).select_option("*")
        assert _shown(page) == everything


def test_run_that_is_pointed_at_is_said_and_its_report_is_a_click_away(
    browser: Browser, trend: Path
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(trend.as_uri())
        figure = page.locator("article figure").first
        last = figure.locator("a").last
        last.hover()
        assert "instructions, failed" in figure.locator("output").inner_text()
        last.click()
        assert page.url.endswith("/report.html")
        assert page.locator("h1").inner_text() in page.url


def test_without_scripts_everything_is_shown(browser: Browser, trend: Path) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(trend.as_uri())
        page.locator(".once summary").click()
        assert page.locator("[data-model]:visible").count() == page.locator("[data-model]").count()
        assert page.locator(".filters:visible").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_told_from_its_background(browser: Browser, trend: Path, scheme: Any) -> None:
    with browser.new_context(color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(trend.as_uri())
        # One card of each kind; there are a hundred alike.
        page.evaluate("document.querySelectorAll('.card ~ .card').forEach((one) => one.remove())")
        page.locator(".card summary").first.click()
        least = page.evaluate(LEAST_CONTRAST)
        assert least["ratio"] >= READABLE, least
