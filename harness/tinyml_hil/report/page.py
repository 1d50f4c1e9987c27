"""Page: renders the contents of a report as HTML and as Markdown."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2

from tinyml_hil.record import (
    COVERAGE,
    SIDES,
    RunRecord,
    coverage_sentence,
    guessing_hint,
    heading_of,
    link_sentence,
    measure_of,
    measures_of,
    repeats_of,
    share_sentences,
    task_of_run,
)
from tinyml_hil.report.backend import whatever_backend
from tinyml_hil.report.chip import Chip
from tinyml_hil.report.contents import Contents
from tinyml_hil.report.templating import new_environment
from tinyml_hil.report.tests import Tests
from tinyml_hil.report.verdicts import VERDICTS
from tinyml_hil.words import shortened

_NO_IMAGE = "No image was run."
_NO_RESULTS = dict.fromkeys(
    ("interrupted", "running"), "The run ended before it had the result of an image."
)
_MOST_FAILURES = 20
_ABSENT = "-"
_LONGEST_NAME = 40
"""Characters of a class on the page; a pointer is told all of them."""
_LONGEST_LIST = 400
"""Characters of a list of names."""


@dataclass(frozen=True)
class Figure:
    """One of the numbers that a reader looks for first."""

    name: str
    value: str
    note: str = ""


def render_page(contents: Contents) -> str:
    """The page: one file that loads nothing."""
    return _render("report.html", contents)


def render_summary(contents: Contents) -> str:
    """A message for a chat."""
    return _render("summary.md", contents)


def _render(template: str, contents: Contents) -> str:
    record = contents.record
    return (
        _environment()
        .get_template(template)
        .render(
            run=record,
            verdict=VERDICTS[record.status].word,
            tone=VERDICTS[record.status].tone,
            sign=VERDICTS[record.status].sign,
            reasons=list(_reasons(record, contents.tests)),
            most_failures=_MOST_FAILURES,
            no_results=_NO_RESULTS.get(record.status, _NO_IMAGE),
            figures=list(_figures(record, contents.chip)),
            chip=contents.chip,
            environment=environment_of(record),
            command=shlex.join(record.command),
            seconds=_seconds(record),
            tests=contents.tests,
            classes=contents.classes,
            why=contents.why,
            gallery=contents.gallery,
            histogram=contents.histogram,
            memory=contents.memory,
            coverage=coverage_sentence(record.coverage) if record.coverage else "",
            transcripts=contents.transcripts,
        )
    )


def stylesheet() -> str:
    """The style of every page."""
    return (Path(__file__).parent / "templates" / "style.css").read_text()


def _environment() -> jinja2.Environment:
    # Here, since matplotlib takes half a second to load, and most commands draw nothing.
    with whatever_backend():
        from tinyml_hil.report import plots

    environment = new_environment()
    environment.filters |= {"number": _number, "percent": _percent, "change": _change}
    environment.globals["plots"] = plots
    environment.filters["heading"] = heading_of
    environment.filters["measured"] = _measured
    environment.filters["first_line"] = _first_line
    environment.filters["short"] = _short
    return environment


def _number(value: float | None) -> str:
    """Thousands separated, and as many decimals as matter."""
    if value is None or not math.isfinite(value):
        return _ABSENT
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.4g}"


def _short(name: str, longest: int = _LONGEST_NAME) -> str:
    return shortened(name, longest)


def _percent(share: float) -> str:
    return f"{share:.1%}" if math.isfinite(share) else _ABSENT


def _measured(value: float | None, budget: dict[str, Any]) -> str:
    """A value of what a budget limits."""
    return _ABSENT if value is None else measure_of(budget["name"]).number(value)


def _change(budget: dict[str, Any]) -> str:
    """By how much a budget's value differs from the baseline."""
    if budget["baseline"] is None:
        return _ABSENT
    return measure_of(budget["name"]).change(budget["value"] - budget["baseline"])


def _first_line(text: str) -> str:
    """For a list of one line each; a backquote would end the quotation."""
    return text.partition("\n")[0].replace("`", "'")


def _reasons(record: RunRecord, tests: Tests) -> Iterator[str]:
    """Why the verdict is what it is, one sentence each."""
    numbers = record.numbers
    if numbers:
        exact, images = numbers["exact"], numbers["images"]
        how = "bit for bit" if "bytes" in numbers else "as far as they were printed"
        answers = task_of_run(record).sentence(numbers)
        yield (
            f"{exact:,.0f} of {images:,.0f} outputs equal the host's, {how}"
            f"{'; ' if answers else ''}{answers}."
        )
    for sentence in share_sentences(record.shares, record.dataset.get("what", "image")):
        yield f"{sentence}."
    if hint := guessing_hint(record):
        yield f"{hint[0].upper()}{hint[1:]}"
    if tests.counts:
        yield f"{tests.counts}."
    if record.status == "interrupted":
        yield "The run was interrupted; what it had until then is here."
    if record.status == "running":
        yield "The run has not ended: it is running still, or it was killed."
    broken = [str(budget["name"]) for budget in record.budgets if not budget["ok"]]
    if broken:
        yield f"Broken budgets: {', '.join(broken)}."
    if record.failures:
        count = len(record.failures)
        yield "One check failed:" if count == 1 else f"{count:,} checks failed:"


def _figures(record: RunRecord, chip: Chip | None) -> Iterator[Figure]:
    numbers, memory, sizes = record.numbers, record.memory, record.firmware["sizes"]
    if numbers:
        exact, images = numbers["exact"], numbers["images"]
        name = "bit-exact images" if "bytes" in numbers else "images equal as printed"
        yield Figure(
            name, f"{exact:,.0f}/{images:,.0f}", f"outputs equal to those of {record.reference}"
        )
        if (repeats := repeats_of(record)) > 1:
            said = f"gave other bits in one of {repeats:,} runs"
            yield Figure("unstable inputs", _number(numbers.get("unstable", 0)), said)
        yield from _answers(record)
    if numbers and record.unit:
        yield Figure(f"{record.unit} an inference", _number(numbers["ticks_mean"]), "mean")
    if record.boot_ticks:
        yield Figure(f"{record.unit} to boot", _number(record.boot_ticks), "self-test included")
    if sum(record.link.values()):
        yield Figure("link errors", _number(sum(record.link.values())), link_sentence(record.link))
    total = sizes["flash"] + sizes["model"] + sizes["selftest"]
    of = _share(total, chip.flash if chip else 0)
    note = f"{of}{_number(sizes['flash'])} without model and self-test"
    yield Figure("flash, bytes", _number(total), note)
    total = sizes["ram"] + sizes["arena"] + sizes["stack"]
    of = _share(total, chip.ram_size if chip else 0)
    note = f"{of}{_number(sizes['ram'])} without arena and stack"
    yield Figure("RAM, bytes", _number(total), note)
    for part in ("arena", "stack"):
        if f"{part}_used" in memory:
            of = f"of {_number(memory[f'{part}_size'])}"
            yield Figure(f"{part} used, bytes", _number(memory[f"{part}_used"]), of)
    if record.coverage:
        share = _percent(measures_of(record)[COVERAGE])
        yield Figure("lines that ran", share, "of the firmware's sources")


def _answers(record: RunRecord) -> Iterator[Figure]:
    """How good the answers are."""
    task, numbers = task_of_run(record), record.numbers
    for name in task.measures:
        if f"{name}_device" in numbers:
            value, host = (
                task.show(name, numbers.get(f"{name}_{side}", math.nan)) for side in SIDES
            )
            yield Figure(f"{name.replace('_', ' ')} on the device", value, f"host {host}")


def _share(used: int, size: int) -> str:
    """How much of a memory is used, to begin a note with; empty where its size is not known."""
    return f"{_percent(used / size)} of {_number(size)}; " if size else ""


def environment_of(record: RunRecord) -> dict[str, dict[str, str]]:
    """What has to be the same for the run to be repeated: tables of names and values."""
    run = {"id": record.id, "target": record.target, "platform": record.platform}
    run |= {
        "reference": _reference(record),
        "lane": record.lane,
        "ticks are": record.unit or "unknown",
    }
    run |= {"started": record.started, "ended": record.ended}
    tables = {
        "Run": run,
        "Firmware": record.firmware,
        "Model": record.model,
        "Dataset": record.dataset,
        "Versions": record.versions,
        "Project": record.git,
    }
    return {
        title: {name.replace("_", " "): _text(value) for name, value in table.items()}
        for title, table in tables.items()
        if table
    }


def _reference(record: RunRecord) -> str:
    """The reference, and why it is that one where that is on record."""
    return (
        f"{record.reference}: {record.reference_why}" if record.reference_why else record.reference
    )


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(v)}" for name, v in value.items())
    if isinstance(value, list):
        return shortened(", ".join(map(_text, value)), _LONGEST_LIST)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(value)
    return str(value)


def _seconds(record: RunRecord) -> int | None:
    """Duration of the run; None if it has not ended."""
    if not record.ended:
        return None
    started, ended = map(datetime.fromisoformat, (record.started, record.ended))
    return round((ended - started).total_seconds())
