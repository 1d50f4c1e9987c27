"""A run of pytest on record: which tests there were, what failed ones say, and who ended it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.conftest import Run, a_test
from tinyml_hil import report
from tinyml_hil.build import Firmware
from tinyml_hil.plugin.failures import said_by
from tinyml_hil.plugin.tally import Tally
from tinyml_hil.record import RunRecord, load_record

pytest_plugins = ["pytester"]


def _reports(pytester: pytest.Pytester, code: str) -> list[pytest.TestReport]:
    pytester.makepyfile(test_it=code)
    return list(
        pytester.inline_run("-p", "no:cacheprovider").getreports("pytest_runtest_logreport")
    )


def _counted(pytester: pytest.Pytester, code: str) -> list[dict[str, Any]]:
    tally = Tally()
    for one in _reports(pytester, code):
        tally.add(one.nodeid, one)
    return tally.rows()


def _ended(row: dict[str, Any]) -> tuple[int, int, int]:
    return row["passed"], row["failed"], row["skipped"]


def test_tests_of_one_function_are_counted_together(pytester: pytest.Pytester) -> None:
    (row,) = _counted(
        pytester,
        "import pytest\n\n\n@pytest.mark.parametrize('i', range(3))\n"
        "def test_it(i):\n    assert i\n",
    )
    assert row["name"] == "test_it.py::test_it"
    assert _ended(row) == (2, 1, 0)


def test_reason_of_a_skip_is_kept_once(pytester: pytest.Pytester) -> None:
    (row,) = _counted(
        pytester,
        "import pytest\n\n\n@pytest.mark.parametrize('i', range(3))\n"
        "def test_it(i):\n    pytest.skip('it is Wednesday')\n",
    )
    assert _ended(row) == (0, 0, 3)
    assert row["why"] == ["it is Wednesday"]


def test_failure_that_is_expected_is_a_skip_with_its_reason(pytester: pytest.Pytester) -> None:
    (row,) = _counted(
        pytester,
        "import pytest\n\n\n@pytest.mark.xfail(reason='known')\ndef test_it():\n    assert 0\n",
    )
    assert _ended(row) == (0, 0, 1)
    assert row["why"] == ["it failed, as is expected: known"]


@pytest.mark.parametrize("when", ["raise ValueError\n    yield", "yield\n    raise ValueError"])
def test_test_whose_fixture_fails_has_failed(pytester: pytest.Pytester, when: str) -> None:
    (row,) = _counted(
        pytester,
        f"import pytest\n\n\n@pytest.fixture\ndef it():\n    {when}\n\n\n"
        "def test_it(it):\n    pass\n",
    )
    assert _ended(row) == (0, 1, 0)


def _said(pytester: pytest.Pytester, code: str) -> list[str]:
    (failed,) = (one for one in _reports(pytester, code) if one.failed)
    return said_by(failed).splitlines()


def test_failure_says_its_assertion_first_and_nothing_of_its_fixtures(
    pytester: pytest.Pytester,
) -> None:
    said = _said(
        pytester,
        "import pytest\n\n\nclass Device:\n    size = 3\n\n\n"
        "@pytest.fixture\ndef device():\n    return Device()\n\n\n"
        "def test_it(device):\n    assert device.size == 4\n",
    )
    place = f"{pytester.path / 'test_it.py'}:14"
    assert said == ["assert 3 == 4", f"{place}: assert device.size == 4"]


def test_failure_of_its_own_words_is_those_alone(pytester: pytest.Pytester) -> None:
    code = "import pytest\n\n\ndef test_it():\n    pytest.fail('op 5 differs', pytrace=False)\n"
    assert _said(pytester, code) == ["op 5 differs"]


def test_object_that_is_compared_is_named_without_its_address(pytester: pytest.Pytester) -> None:
    said = _said(
        pytester, "class Device:\n    pass\n\n\ndef test_it():\n    assert Device() == 1\n"
    )
    assert said[0] == "assert Device == 1"


@pytest.fixture
def a_run(run_pytest: Run, built: Firmware, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a file of tests on the device; gives what was printed, the run's folder, its record."""
    monkeypatch.setenv("TINYML_HIL_REPORTS", str(tmp_path / "reports"))

    def run(code: str, *arguments: str) -> tuple[str, Path, RunRecord]:
        test = a_test(tmp_path, code)
        given = ("--target=qemu", f"--firmware={built.elf}", "--images=1", *arguments)
        printed = run_pytest(*given, test).stdout
        (folder,) = (tmp_path / "reports").glob("2*")
        return printed, folder, load_record(folder)

    return run


def test_page_has_the_tests_and_why_some_were_skipped(a_run: Any) -> None:
    printed, folder, record = a_run(
        "import pytest\n\n\ndef test_one():\n    pass\n\n\n"
        "def test_two():\n    pytest.skip('it is Wednesday')\n"
    )
    page = (folder / report.PAGE).read_text()
    assert record.status == "passed"
    assert "1 test passed, 1 was skipped." in page
    assert "skipped: it is Wednesday<" in page
    assert "No image was run." in page
    assert f"report: {folder / report.PAGE}\n" in printed


def test_run_that_workers_end_at_its_first_failure_was_not_interrupted(a_run: Any) -> None:
    printed, folder, record = a_run("def test_it():\n    assert 0\n", "-x", "-n", "2")
    assert record.status == "failed", printed
    assert f"report: {folder / report.PAGE}\n" in printed


def test_run_that_ctrl_c_ends_was_interrupted(a_run: Any) -> None:
    _, _, record = a_run("def test_it():\n    raise KeyboardInterrupt\n")
    assert record.status == "interrupted"


def test_interrupted_run_loads_nothing_more_to_end(a_run: Any) -> None:
    printed, _, record = a_run(
        "import atexit\nimport sys\n\n\n"
        "def loaded():\n"
        "    slow = ('hypothesis', 'scipy', 'sklearn', 'matplotlib', 'jinja2')\n"
        "    return {name for name in slow if name in sys.modules}\n\n\n"
        "def test_image(evaluation, image_index, record_result):\n"
        "    record_result(evaluation.record(image_index))\n\n\n"
        "def test_it():\n"
        "    before = loaded()\n"
        "    atexit.register(lambda: print('loaded to end:', sorted(loaded() - before)))\n"
        "    raise KeyboardInterrupt\n"
    )
    assert record.numbers["images"] == 1
    assert "loaded to end: []" in printed


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_interrupted_run_says_where_it_was_even_in_code_that_is_hidden(
    pytester: pytest.Pytester, workers: list[str]
) -> None:
    pytester.makepyfile(
        test_it="def hidden():\n    __tracebackhide__ = True\n    raise KeyboardInterrupt\n\n\n"
        "def test_it():\n    hidden()\n"
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", *workers)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "Traceback" not in result.stderr.str()
    if not workers:
        result.stdout.fnmatch_lines(["*test_it.py:7: KeyboardInterrupt"])


def test_full_trace_of_an_interrupted_run_is_full(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it="def test_it():\n    raise KeyboardInterrupt\n")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "--full-trace")
    result.stdout.fnmatch_lines(["*pytest_runtest_call*", "*test_it.py:2: KeyboardInterrupt"])


def test_file_that_cannot_be_collected_is_a_failure_that_names_it(a_run: Any) -> None:
    _, _, record = a_run("import nothing_like_this\n")
    assert record.status == "failed"
    assert "No module named 'nothing_like_this'" in record.failures[0]
