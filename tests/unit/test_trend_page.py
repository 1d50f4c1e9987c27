"""The page of the trend: what it says, draws, links to and folds away."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.unit.runs import a_record, a_run
from tinyml_hil.cli.trend import show_trend
from tinyml_hil.history import open_history
from tinyml_hil.report import PAGE


class _Page(HTMLParser):
    """Counts elements, and collects what a browser would load, and what a reader may open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.elements: list[str] = []
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.loaded += [
            str(v)
            for n, v in attrs
            if n == "src" or (n == "href" and tag == "link")
            if v != "data:,"
        ]
        self.links += [str(v) for n, v in attrs if n == "href" and tag == "a"]

    @property
    def words(self) -> str:
        """What a reader sees, without the elements."""
        return " ".join(re.sub(r"<[^>]+>", " ", self.text.partition("<body>")[2]).split())


def _page(folder: Path, *runs: dict[str, Any]) -> _Page:
    """The page of runs, a day after another, in ``folder``."""
    url = f"sqlite:///{folder / 'history.sqlite'}"
    with open_history(url) as history:
        for day, changes in enumerate(runs, start=1):
            named = {"id": _id(day), "started": f"2026-11-{day:02}T10:00:00Z"}
            history.record(a_run(folder / "runs", **(named | changes)))
    show_trend(html=folder / "trend.html", history=url)
    return _Page((folder / "trend.html").read_text())


def _id(day: int) -> str:
    return f"202611{day:02}-100000-qemu-0001"


def _measured(instructions: float, **changes: Any) -> dict[str, Any]:
    return {"numbers": {**a_record().numbers, "ticks_mean": instructions}, **changes}


def test_page_loads_nothing_and_draws_only_measures_that_moved(tmp_path: Path) -> None:
    page = _page(tmp_path, _measured(1_000), _measured(2_000, status="failed"))
    assert page.loaded == []
    assert page.elements.count("svg") == 1
    assert page.elements.count("circle") == 2
    assert page.text.count('class="bad"/>') == 1


def test_chart_has_values_dates_and_its_unit(tmp_path: Path) -> None:
    flash = {"firmware": {**a_record().firmware}}
    sizes = [a_record().firmware["sizes"] | {"flash": size} for size in (30_000, 31_408)]
    page = _page(tmp_path, *({"firmware": flash["firmware"] | {"sizes": size}} for size in sizes))
    assert "<figcaption><span>flash, bytes</span> <b>31,408</b>" in page.text
    for label in ("31,408", "30,000", "2026-11-01", "2026-11-02"):
        assert f">{label}</text>" in page.text
    assert "2026-11-02 10:00: 31,408 bytes, passed, aaaaaaaaaaaa</title>" in page.text


def test_failure_says_since_when_and_what_changed_with_which_commit(tmp_path: Path) -> None:
    git = {"revision": "b" * 40, "branch": "main", "dirty": False}
    page = _page(
        tmp_path,
        _measured(1_000, git=git),
        _measured(2_000, git=git | {"revision": "c" * 40}, status="failed", failures=["too slow"]),
    )
    assert f"Failed since {_id(2)} (cccccccccccc): 1 run." in page.words
    assert "instructions 1,000 2,000 +1,000 +100.0%" in page.words
    assert "revision bbbbbbbbbbbb → cccccccccccc" in page.words
    assert f"tinyml-hil compare {_id(1)} {_id(2)}" in page.words
    assert "too slow" in page.words


def test_run_is_linked_relatively_where_its_report_is(tmp_path: Path) -> None:
    for day in (1, 2):
        (tmp_path / "runs" / _id(day)).mkdir(parents=True)
    (tmp_path / "runs" / _id(1) / PAGE).write_text("")
    page = _page(tmp_path, _measured(1), _measured(2), _measured(3))
    assert set(page.links) == {f"runs/{_id(1)}/{PAGE}"}


def test_reports_that_were_copied_beside_the_page_are_found(tmp_path: Path) -> None:
    (tmp_path / _id(1)).mkdir()
    (tmp_path / _id(1) / PAGE).write_text("")
    assert f"{_id(1)}/{PAGE}" in _page(tmp_path, {}, {}).links


def test_what_ran_once_is_a_row_of_one_table(tmp_path: Path) -> None:
    models = [{"model": {**a_record().model, "name": name}} for name in ("one", "other")]
    page = _page(tmp_path, models[0], models[1] | {"status": "failed"}, {}, {})
    assert "What ran once: 2" in page.words
    assert page.words.index("other on qemu") < page.words.index("one on qemu")
    assert '<details class="once" open>' in page.text


def test_model_on_a_device_is_one_card_for_all_its_inputs(tmp_path: Path) -> None:
    more = {"dataset": {**a_record().dataset, "sha256": "f" * 64, "images": 1_000}}
    page = _page(tmp_path, {}, {}, more, more | {"status": "failed"})
    assert page.elements.count("article") == 1
    assert page.elements.count("section") == 2
    assert page.words.index("1,000 images") < page.words.index("two, 2 images")


@pytest.mark.parametrize("model", ["<b>&", "mödel"])
def test_name_of_a_model_is_shown_as_it_is(tmp_path: Path, model: str) -> None:
    page = _page(tmp_path, *[{"model": {**a_record().model, "name": model}}] * 2)
    assert (
        f"{model.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')} on qemu"
        in page.text
    )


def test_history_without_a_run_says_so(tmp_path: Path) -> None:
    assert "The history has no run with results yet." in _page(tmp_path).words


def test_measures_that_got_worse_are_said_together_and_drawn_first(tmp_path: Path) -> None:
    sizes = a_record().firmware["sizes"]
    grown = {"firmware": a_record().firmware | {"sizes": sizes | {"flash": 60_000, "ram": 68_000}}}
    page = _page(tmp_path, *[_measured(2_000)] * 4, _measured(1_000) | grown)
    assert (
        f"flash, bytes: 60,000, +30,000 (+100.0%); ram, bytes: 68,000, +34,000 (+100.0%); "
        f"since {_id(5)} (aaaaaaaaaaaa)."
    ) in page.words
    captions = re.findall("<figcaption><span>([^<]+)", page.text)
    assert captions == ["flash, bytes", "ram, bytes", "instructions"]
    assert page.words.index("ram, bytes 34,000") < page.words.index("instructions 2,000")


def test_runs_of_one_day_are_told_apart_by_the_minute(tmp_path: Path) -> None:
    times = ("2026-11-01T10:00:00Z", "2026-11-01T18:30:00Z")
    page = _page(tmp_path, *(_measured(i, started=time) for i, time in enumerate(times, start=1)))
    labels = re.findall(r">(2026-[^<]+)</text>", page.text)
    assert labels == ["2026-11-01 10:00", "2026-11-01 18:30"]
