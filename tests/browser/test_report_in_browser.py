"""The report of a real run, opened in a real browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from fixtures import places
from tests.browser.broken import break_firmware
from tests.browser.contrast import LEAST_CONTRAST, READABLE
from tests.unit.conftest import Run
from tests.unit.report_builder import LARGEST_PAGE, make_largest_run, make_run, one_hot
from tinyml_hil.build import Firmware
from tinyml_hil.record import InputRecord, run_folders
from tinyml_hil.report import PAGE
from tinyml_hil.session import Options, Session

PHONE: dict[str, Any] = {"viewport": {"width": 375, "height": 812}}
LIGHT: dict[str, Any] = {"color_scheme": "light"}
DARK: dict[str, Any] = {"color_scheme": "dark"}
SECTIONS = {
    "summary": "dl.figures > div",
    "causes": "td.outputs .bad",
    "classes": "svg.plot g > title",
    "gallery": "article img",
    "ticks": "svg.plot g > title",
    "layers": "svg.plot g > title",
    "memory": "svg.stretched g > title",
    "environment": "table td",
    "transcript": "pre.transcript",
}
"""What has to be there in each section."""


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, run_cli: Run) -> Path:
    """A real run on QEMU: some outputs differ, and some classes are wrong on the host, too.

    The default model has every label of the default images.
    """
    folder = tmp_path_factory.mktemp("run")
    elf = break_firmware(Session(Options(model=places.IC01)), folder)
    reports = folder / "reports"
    result = run_cli(
        *("evaluate", "--model", places.IC01, "--firmware", elf),
        env=os.environ | {"TINYML_HIL_REPORTS": str(reports)},
    )
    assert result.returncode == 1, result.stderr
    (run,) = run_folders(reports)
    return run


@pytest.fixture(scope="session")
def largest_page(tmp_path_factory: pytest.TempPathFactory, built: Firmware) -> Path:
    """The report of 1,000 images, in which every image of a class is taken for the same other."""
    return make_largest_run(tmp_path_factory.mktemp("largest") / "run", built) / PAGE


@pytest.fixture
def page(browser: Browser, run_folder: Path) -> Iterator[Page]:
    """The report, opened."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((run_folder / PAGE).as_uri())
        yield page


@pytest.mark.parametrize("settings", [LIGHT, DARK, PHONE], ids=["light", "dark", "phone"])
def test_page_opens_without_an_error_and_asks_nothing_of_any_network(
    browser: Browser, run_folder: Path, settings: dict[str, Any]
) -> None:
    title, complaints, requests = _open(browser, run_folder / PAGE, settings)
    assert title.startswith("Failed: ")
    assert complaints == []
    assert requests == []


def test_page_of_1000_images_opens_as_quietly(browser: Browser, largest_page: Path) -> None:
    assert largest_page.stat().st_size < LARGEST_PAGE
    assert _open(browser, largest_page, LIGHT) == ("Passed: cifar10 on qemu", [], [])


def _open(
    browser: Browser, file: Path, settings: dict[str, Any]
) -> tuple[str, list[str], list[str]]:
    """Opens a page; gives its title, what the console says, and what it asks of anywhere else."""
    complaints: list[str] = []
    requests: list[str] = []
    with browser.new_context(**settings) as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(file.as_uri(), wait_until="networkidle")
        elsewhere = [
            url for url in requests if not url.startswith("data:") and url != file.as_uri()
        ]
        return page.title(), complaints, elsewhere


@pytest.mark.parametrize(("section", "content"), SECTIONS.items(), ids=SECTIONS.keys())
def test_section_is_filled(page: Page, section: str, content: str) -> None:
    assert page.locator(f"#{section} {content}").count() > 0


def test_confusion_matrix_has_a_cell_for_each_label_and_class(page: Page) -> None:
    cells = page.locator("#classes svg").first.locator("g > title").all_text_contents()
    assert len([title for title in cells if ", taken for " in title]) == 100


def test_there_is_no_section_but_those(page: Page) -> None:
    names = page.locator("section").evaluate_all("all => all.map(section => section.id)")
    links = page.locator("nav a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert names == list(SECTIONS)
    assert links == [f"#{name}" for name in SECTIONS]


def test_images_of_the_gallery_are_drawn(page: Page) -> None:
    widths = page.locator("#gallery img").evaluate_all("all => all.map(i => i.naturalWidth)")
    assert widths
    assert set(widths) == {32}


def _shown(page: Page, attribute: str) -> list[str]:
    articles = page.locator("#gallery article:visible")
    return list(articles.evaluate_all(f"all => all.map(one => one.dataset.{attribute})"))


def test_gallery_is_filtered_by_what_differs(page: Page) -> None:
    everything = _shown(page, "kinds")
    for kind in ("bytes", "class", "label"):
        page.locator("#gallery select").first.select_option(kind)
        wanted = [kinds for kinds in everything if kind in kinds.split()]
        assert _shown(page, "kinds") == wanted
        assert page.locator("#gallery output").inner_text() == f"{len(wanted)} of {len(wanted)}"
    assert any("bytes" in kinds for kinds in everything)
    assert any("label" in kinds for kinds in everything)


def test_gallery_is_filtered_by_label(page: Page) -> None:
    everything = _shown(page, "label")
    one = everything[0]
    page.locator("#gallery select").nth(1).select_option(one)
    assert _shown(page, "label") == [label for label in everything if label == one]
    page.locator("#gallery select").nth(1).select_option("")
    assert _shown(page, "label") == everything


def test_transcript_is_searched(page: Page) -> None:
    transcript = page.locator(".transcript").first
    before = transcript.inner_text()
    page.locator("#transcript input").fill("M-ITEM-[3,")
    lines = transcript.inner_text().strip().splitlines()
    assert lines
    assert all("m-item-[3," in line for line in lines)
    assert page.locator("#transcript mark").first.inner_text() == "m-item-[3,"
    page.locator("#transcript input").fill("")
    assert transcript.inner_text() == before


@pytest.fixture(scope="session")
def page_of_long_names(tmp_path_factory: pytest.TempPathFactory, built: Firmware) -> Path:
    """The report of classes whose names are 300 characters and look like HTML."""
    folder = tmp_path_factory.mktemp("long")
    dataset = Session(Options()).dataset
    images = np.stack([dataset.image(i) for i in range(len(dataset))])
    labels = [dataset.label(i) for i in range(len(dataset))]
    np.savez(folder / "images.npz", images=images, labels=np.array(labels))
    names = [f"<script>Größe{number}</script>{'x' * 300}" for number in range(10)]
    (folder / "labels.txt").write_text("\n".join(names), encoding="utf-8")
    options = Options(
        model=places.IC01,
        firmware=built.elf,
        dataset=folder / "images.npz",
        labels=folder / "labels.txt",
    )
    failures = ["y" * 600]
    return make_run(folder / "run", options, _one_off, "failed", failures) / PAGE


def _one_off(index: int, label: int) -> InputRecord:
    return InputRecord(index, label, one_hot(label), one_hot((label + 1) % 10), 1000)


@pytest.mark.parametrize("settings", [LIGHT, PHONE], ids=["desk", "phone"])
def test_long_names_do_not_widen_the_page(
    browser: Browser, page_of_long_names: Path, settings: dict[str, Any]
) -> None:
    with browser.new_context(**settings) as context:
        page = context.new_page()
        page.goto(page_of_long_names.as_uri())
        widths = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        needed, given = page.evaluate(widths)
        assert needed == given


def test_phone_scrolls_down_only_and_every_table_fits(browser: Browser, run_folder: Path) -> None:
    with browser.new_context(**PHONE) as context:
        page = context.new_page()
        page.goto((run_folder / PAGE).as_uri())
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["viewport"]["width"]
        cut = (
            "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.innerText)"
        )
        assert page.locator(".wide:has(table)").evaluate_all(cut) == []


@pytest.mark.parametrize("settings", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_told_from_its_background(
    browser: Browser, run_folder: Path, largest_page: Path, settings: dict[str, Any]
) -> None:
    with browser.new_context(**settings) as context:
        page = context.new_page()
        for file in (run_folder / PAGE, largest_page):
            page.goto(file.as_uri())
            least = page.evaluate(LEAST_CONTRAST)
            assert least["ratio"] >= READABLE, least


def test_page_is_readable_without_scripts(browser: Browser, run_folder: Path) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto((run_folder / PAGE).as_uri())
        assert page.locator("#gallery article:visible").count() > 0
        assert page.locator(".filters:visible").count() == 0
