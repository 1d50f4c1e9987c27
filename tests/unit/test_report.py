"""The report of a run: what its page and its summary say, and that they are whole or not there."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from fixtures import places
from tests.unit.conftest import PATIENCE, Run as RunCommand
from tests.unit.report_builder import LARGEST_PAGE, cifar, make_largest_run, make_run, one_hot
from tinyml_hil import report
from tinyml_hil.build import Firmware
from tinyml_hil.errors import UsageError
from tinyml_hil.record import RECORD, InputRecord, load_record
from tinyml_hil.report import page
from tinyml_hil.report.inputs import read_results
from tinyml_hil.session import Options

GOOD, USAGE = 0, 2
CAT, DEER, DOG, SHIP = 3, 4, 5, 8


@pytest.fixture
def options(built: Firmware) -> Options:
    """A model of int8, as the records here are, the default images, and firmware that is built."""
    return Options(model=places.IC01, firmware=built.elf)


def _page(run: Path) -> str:
    return (run / report.PAGE).read_text()


def _section(page: str, name: str) -> str:
    found = re.search(rf'<section id="{name}">(.*?)</section>', page, re.DOTALL)
    assert found
    return found[1]


def _taken_for_a_dog(index: int, label: int) -> InputRecord:
    """Every cat is a dog, on device and host alike."""
    given = DOG if label == CAT else label
    return InputRecord(index, label, one_hot(given), one_hot(given), 1000 + index)


def _image_7_differs(index: int, label: int) -> InputRecord:
    output = one_hot(label, 100 if index == 7 else 127)
    return InputRecord(index, label, one_hot(label), output, 1000)


class _Addresses(HTMLParser):
    """Collects everything that a page loads, and everything that it links to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if value and name in ("src", "href"):
                (self.linked if tag == "a" else self.loaded).append(value)


def test_run_that_passed_says_so_and_why(tmp_path: Path, options: Options) -> None:
    page = _page(make_run(tmp_path / "run", options))
    assert "<title>Passed: ic01 on qemu</title>" in page
    assert "20 of 20 outputs equal the host&#39;s, bit for bit" in page
    gallery = _section(page, "gallery")
    assert "They differ nowhere: every image has its label" in gallery
    assert gallery.count("data:image/png;base64,") == 12


def test_run_that_failed_shows_each_failure(tmp_path: Path, options: Options) -> None:
    run = make_run(tmp_path / "run", options, status="failed", failures=["first & worst", "second"])
    page = _page(run)
    assert "2 checks failed:" in page
    assert "<pre>first &amp; worst</pre>" in page
    assert "<pre>second</pre>" in page


def test_of_very_many_failures_the_first_are_shown(tmp_path: Path, options: Options) -> None:
    failures = [f"failure {i} of many" for i in range(500)]
    page = _page(make_run(tmp_path / "run", options, status="failed", failures=failures))
    assert page.count(" of many") == 20
    assert "480 failures more" in page


def test_page_loads_nothing_and_links_to_its_own_folder(tmp_path: Path, options: Options) -> None:
    run = make_run(tmp_path / "run", options, _image_7_differs)
    addresses = _Addresses(_page(run))
    assert addresses.loaded
    assert all(address.startswith(("data:", "#")) for address in addresses.loaded)
    files = [link for link in addresses.linked if not link.startswith("#")]
    assert "transcripts/session.log" in files
    assert all((run / link).is_file() for link in files)


def test_gallery_shows_image_classes_and_scores_of_what_differs(
    tmp_path: Path, options: Options
) -> None:
    gallery = _section(_page(make_run(tmp_path / "run", options, _image_7_differs)), "gallery")
    (article,) = re.findall(r"<article.*?</article>", gallery, re.DOTALL)
    assert 'data-kinds="bytes"' in article
    assert ">7 · frog</h3>" in article
    assert "1 of 10 outputs differ, by 27 at most" in article
    assert "data:image/png;base64," in article
    assert "<title>device, frog: 0.8906</title>" in article
    assert "<title>host, frog: 0.9961</title>" in article


def test_gallery_tells_what_differs_from_the_host_from_what_is_wrong(
    tmp_path: Path, options: Options
) -> None:
    page = _page(make_run(tmp_path / "run", options, _taken_for_a_dog))
    kinds = re.findall(r'data-kinds="(.*?)" data-label="(.*?)"', page)
    assert kinds
    assert set(kinds) == {("label", "cat")}


def test_gallery_says_why_it_has_no_images(
    tmp_path: Path, options: Options, built: Firmware
) -> None:
    images = np.random.default_rng(2).integers(0, 256, (3, 3072), np.uint8)
    dataset = cifar(tmp_path / "few.bin", images, np.array([0, 1, 2], np.uint8))
    run = make_run(tmp_path / "run", Options(firmware=built.elf, dataset=dataset), _image_7_differs)
    cifar(dataset, images, np.array([2, 1, 0], np.uint8))
    record = load_record(run)
    results = read_results(run, record)
    assert results
    assert "holds other images now than in the run" in results.no_pixels
    dataset.unlink()
    results = read_results(run, record)
    assert results
    assert f"no dataset at {dataset}" in results.no_pixels
    report.write_report(run)


def test_confusion_matrix_counts_labels_against_classes(tmp_path: Path, options: Options) -> None:
    classes = _section(_page(make_run(tmp_path / "run", options, _taken_for_a_dog)), "classes")
    (cats,) = re.findall(r"<title>cat, taken for dog: (\d+) of (\d+)</title>", classes)
    assert cats[0] == cats[1] != "0"
    assert "<title>cat, taken for cat: 0 of" in classes
    assert "<title>cat: device 0.0%, host 0.0%</title>" in classes
    assert re.search(
        r"title=\"cat\">cat</th><td class=\"n\">\d+</td><td class=\"n\">0.0%</td>",
        classes,
    )


def test_class_without_images_has_no_recall(tmp_path: Path, options: Options) -> None:
    classes = _section(_page(make_run(tmp_path / "run", options, _as_a_deer)), "classes")
    *_, row = re.findall(r"title=\"deer\">deer</th>(.*)</tr>", classes)
    assert re.findall(r">([^<]+)</td>", row) == ["0", "-", "0.0%", "-"]


def _as_a_deer(index: int, label: int) -> InputRecord:
    """Every image is a deer, which the default images have none of."""
    return InputRecord(index, label, one_hot(DEER), one_hot(DEER), 1000)


def test_flash_and_ram_are_shares_of_the_chip_s(tmp_path: Path, options: Options) -> None:
    page = _page(make_run(tmp_path / "run", options))
    assert re.search(r"<h3>Flash: [\d,]+ bytes, \d+\.\d% of 4,194,304</h3>", page)
    assert re.search(r"<h3>RAM: [\d,]+ bytes, \d+\.\d% of 4,194,304</h3>", page)


def test_map_without_ram_leaves_out_its_share(tmp_path: Path, options: Options) -> None:
    run = make_run(tmp_path / "run", options)
    (run / "firmware.map").write_text(
        "\nMemory Configuration\n\nName Origin Length Attributes\nFLASH 0x0 0x400000 xr\n\n"
        "Linker script and memory map\n.text 0x0 0x5\nOUTPUT("
    )
    report.write_report(run)
    assert re.search(r"<h3>RAM: [\d,]+ bytes</h3>", _page(run))


def test_every_colour_of_a_drawing_is_a_variable_of_the_page(
    tmp_path: Path, options: Options
) -> None:
    page = _page(make_run(tmp_path / "run", options, _taken_for_a_dog))
    drawings = re.findall(r"<svg class=\"plot.*?</svg>", page, re.DOTALL)
    styles = " ".join(re.findall(r'style="([^"]*)"', " ".join(drawings)))
    assert {"device", "host", "bad", "good", "raised", "text", "quiet"} <= set(
        re.findall(r"var\(--(\w+)", styles)
    )
    assert re.findall(r"(?<!, )#[0-9a-f]{3,6}", styles) == []


def test_source_is_named_by_the_end_of_its_path(tmp_path: Path, options: Options) -> None:
    run = make_run(tmp_path / "run", options)
    path = "nn/kernels/portable/float/fully_connected"
    (run / "memory.json").write_text(json.dumps({"flash": {path: 300}, "ram": {path: 4}}))
    report.write_report(run)
    memory = _section(_page(run), "memory")
    assert ">…e/float/fully_connected</text>" in memory
    assert f"<title>{path}: 300 bytes</title>" in memory


def test_histogram_has_every_image(tmp_path: Path, options: Options) -> None:
    ticks = _section(_page(make_run(tmp_path / "run", options, _taken_for_a_dog)), "ticks")
    counts = re.findall(r"<title>[^<]*: (\d+) images</title>", ticks)
    assert sum(map(int, counts)) == 20
    for end in ("1,000", "1,019"):
        assert f">{end}</text>" in ticks


def test_unit_that_a_device_garbles_is_drawn_all_the_same(tmp_path: Path, options: Options) -> None:
    page = _page(make_run(tmp_path / "run", options, unit="cyc\x1bles"))
    assert ">cyc?les</text>" in _section(page, "ticks")


def test_layers_have_ticks_a_mac(tmp_path: Path, options: Options) -> None:
    layers = _section(_page(make_run(tmp_path / "run", options)), "layers")
    assert "CONV_2D" in layers
    assert f"{2_000_000 / 442_368:.2f}" in layers


def test_budgets_show_value_limit_change_and_since(tmp_path: Path, options: Options) -> None:
    budget = {"name": "flash", "value": 32_468, "limit": 31_000, "baseline": 30_420, "ok": False}
    budgets = [budget | {"since": "20261122-100000-qemu-0001"}]
    run = make_run(tmp_path / "run", options, status="failed", budgets=budgets)
    summary = _section(_page(run), "summary")
    numbers = ("32,468", "31,000", "30,420", "+2,048")
    for text in ("broken", "flash, bytes", *numbers, "20261122-100000-qemu-0001"):
        assert text in summary
        assert text in (run / report.SUMMARY).read_text()
    assert "Broken budgets: flash." in _page(run)


def test_environment_has_what_a_repetition_needs(
    tmp_path: Path, options: Options, built: Firmware
) -> None:
    environment = _section(_page(make_run(tmp_path / "run", options)), "environment")
    record = load_record(tmp_path / "run")
    for fact in (
        built.build_id,
        record.firmware["sha256"],
        record.model["sha256"],
        record.dataset["sha256"],
        "tinyml-hil evaluate",
    ):
        assert fact in environment


def test_transcript_is_cut_in_the_middle_and_links_to_all_of_it(
    tmp_path: Path, options: Options
) -> None:
    run = make_run(tmp_path / "run", options)
    lines = [f"{i:9.3f} < line {i}" for i in range(100_000)]
    (run / "transcripts" / "session.log").write_text("\n".join(lines) + "\n")
    report.write_report(run)
    transcript = _section(_page(run), "transcript")
    assert "&lt; line 0\n" in transcript
    assert "&lt; line 99999\n" in transcript
    assert "&lt; line 50000\n" not in transcript
    shown = len(re.findall(r"&lt; line \d+\n", transcript))
    assert f"... {100_000 - shown:,} lines left out ..." in transcript
    assert len(transcript) < 500_000


def test_what_a_device_says_is_text_whatever_it_looks_like(
    tmp_path: Path, options: Options
) -> None:
    attack = "<script>alert(1)</script>"
    run = make_run(tmp_path / "run", options, status="failed", failures=[attack])
    (run / "transcripts" / "session.log").write_text(f"< {attack}\n")
    report.write_report(run)
    assert attack not in _page(run)


def test_run_without_any_result_has_a_report(tmp_path: Path, options: Options) -> None:
    run = make_run(tmp_path / "run", options)
    (run / "results.npz").unlink()
    shutil.rmtree(run / "transcripts")
    record = load_record(run)
    record.status, record.ended = "running", ""
    record.numbers, record.memory, record.layers = {}, {}, []
    record.save(run)
    report.write_report(run)
    assert "<title>Not finished: ic01 on qemu</title>" in _page(run)
    assert "ended before it had the result of an image" in _section(_page(run), "classes")


def test_page_of_1000_images_that_all_differ_stays_small(tmp_path: Path, built: Firmware) -> None:
    run = make_largest_run(tmp_path / "run", built)
    page = _page(run)
    assert len(page.encode()) < LARGEST_PAGE
    assert page.count("<article") == 150
    assert "850 more are in" in page


def test_summary_is_a_message_with_verdict_and_numbers(tmp_path: Path, options: Options) -> None:
    run = make_run(tmp_path / "run", options, status="failed", failures=["one `line`\nand more"])
    text = (run / report.SUMMARY).read_text()
    assert text.startswith("**Failed: ic01 on qemu, mps2-an500**\n")
    assert "| bit-exact images | 20/20 |" in text
    assert "- `one 'line'`\n" in text
    assert "and more" not in text


def test_junit_of_an_evaluation_has_its_failures_and_properties(
    tmp_path: Path, options: Options, built: Firmware
) -> None:
    run = make_run(tmp_path / "run", options, status="failed", failures=["<first>\nsecond\x1b"])
    suite = ElementTree.parse(run / "junit.xml").getroot()[0]
    assert suite.get("failures") == "1"
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "<first>"
    assert failure.text == "<first>\nsecond?"
    properties = {p.get("name"): p.get("value") for p in suite.iter("property")}
    assert properties["build_id"] == built.build_id
    assert properties["reference"] == "litert"
    assert properties["accuracy_device"] == "1.0"
    assert properties["ticks_mean"] == "1000.0"
    assert properties["arena_used"] == "39712"
    assert properties["flash_bytes"] == str(built.sizes.flash)
    assert len(properties["model_sha256"] or "") == 64


def test_size_table_outlives_the_elf(tmp_path: Path, built: Firmware) -> None:
    elf = Path(shutil.copy(built.elf, tmp_path / "firmware.elf"))
    shutil.copy(built.elf.with_suffix(".map"), tmp_path / "firmware.map")
    run = make_run(tmp_path / "run", Options(firmware=elf))
    elf.unlink()
    report.write_report(run)
    assert ">app/console</text>" in _section(_page(run), "memory")


def test_memory_that_nobody_owns_besides_arena_and_stack_is_said(
    tmp_path: Path, options: Options
) -> None:
    run = make_run(tmp_path / "run", options)
    table = {"flash": {"app/main": 300}, "ram": {"the tensor arena": 64512, "the stack": 8192}}
    (run / "memory.json").write_text(json.dumps(table))
    report.write_report(run)
    memory = _section(_page(run), "memory")
    assert "<title>app/main: 300 bytes</title>" in memory
    assert memory.count("nothing</p>") == 1


def test_size_table_of_another_elf_is_not_taken(tmp_path: Path, built: Firmware) -> None:
    elf = Path(shutil.copy(built.elf, tmp_path / "firmware.elf"))
    run = make_run(tmp_path / "run", Options(firmware=elf))
    (run / "memory.json").unlink()
    elf.write_bytes(elf.read_bytes() + b"\0")
    report.write_report(run)
    assert "the run's ELF is not there any more" in _section(_page(run), "memory")


@pytest.mark.parametrize("size", [100, 20_000], ids=["in the summary", "in the page"])
def test_killed_in_the_middle_leaves_an_older_report_whole(
    tmp_path: Path, options: Options, size: int
) -> None:
    run = make_run(tmp_path / "run", options, _image_7_differs)
    older = _page(run), (run / report.SUMMARY).read_text()
    record = load_record(run)
    record.status = "failed"
    record.save(run)
    # The kernel kills it when it has written so many bytes of a file.
    code = (
        "import resource, signal, sys; from pathlib import Path; from tinyml_hil import report\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        "report.write_report(Path(sys.argv[1]))"
    )
    command = [sys.executable, "-B", "-c", code, str(run)]
    killed = subprocess.run(command, cwd=places.ROOT, timeout=PATIENCE)
    assert killed.returncode == -signal.SIGXFSZ
    page, summary = _page(run), (run / report.SUMMARY).read_text()
    report.write_report(run)
    assert page == older[0]
    assert summary in (older[1], (run / report.SUMMARY).read_text())
    assert "<title>Failed: ic01 on qemu</title>" in _page(run)


def test_report_command_writes_the_page_again(
    run_cli: RunCommand, tmp_path: Path, options: Options
) -> None:
    run = make_run(tmp_path / "20261122-120000-qemu-0000", options)
    page = _page(run)
    for name in (run, run.name, "latest"):
        (run / report.PAGE).unlink(missing_ok=True)
        env = os.environ | {"TINYML_HIL_REPORTS": str(tmp_path)}
        result = run_cli("report", name, env=env)
        assert result.returncode == GOOD, result.stderr
        assert result.stdout.strip() == str(run / report.PAGE)
        assert _page(run) == page


def test_report_command_opens_the_browser(
    run_cli: RunCommand, tmp_path: Path, options: Options
) -> None:
    run = make_run(tmp_path / "run", options)
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    result = run_cli("report", run, "--open", env=os.environ | {"BROWSER": f"{browser} %s"})
    assert result.returncode == GOOD, result.stderr
    assert (tmp_path / "opened").read_text().strip() == (run / report.PAGE).as_uri()


def test_report_of_a_run_that_is_not_there_is_a_mistake(run_cli: RunCommand) -> None:
    result = run_cli("report", "no-such-run")
    assert result.returncode == USAGE
    assert "no run 'no-such-run'" in result.stderr
    assert "Traceback" not in result.stderr


def test_report_of_a_damaged_record_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text("{")
    with pytest.raises(UsageError, match="is damaged"):
        report.write_report(tmp_path)


def test_mistake_in_the_page_is_one_line_with_where_the_data_is(
    tmp_path: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run(tmp_path, options, status="passed")
    monkeypatch.setattr(page, "VERDICTS", {})
    reason, advice = report.write_report_or_warn(folder).splitlines()
    assert reason == "the run's report was not written: KeyError: 'passed'"
    assert str(folder) in advice


def test_every_run_of_the_suite_ends_with_a_report(
    run_pytest: RunCommand, tmp_path: Path, built: Firmware
) -> None:
    arguments = [
        "--target=qemu",
        f"--firmware={built.elf}",
        "--images=2",
        "harness/tinyml_hil/suite/test_images.py",
    ]
    result = run_pytest(*arguments, env=os.environ | {"TINYML_HIL_REPORTS": str(tmp_path)})
    assert result.returncode == 0, result.stdout
    (run,) = tmp_path.iterdir()
    assert "<title>Passed: cifar10 on qemu</title>" in _page(run)
    assert "m-item-[" in _section(_page(run), "transcript")
