"""Markers of the plugin: budgets as gates, and quarantine with its last day."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.unit.conftest import Run, a_test
from tinyml_hil.build import Firmware

pytest_plugins = ["pytester"]
TODAY = date.today()


def _quarantined(pytester: pytest.Pytester, until: object, body: str) -> pytest.RunResult:
    pytester.makepyfile(
        "import pytest\n\n\n"
        f"@pytest.mark.quarantine(until='{until}', reason='the probe drops bytes')\n"
        f"def test_it():\n    {body}\n"
    )
    return pytester.runpytest_inprocess("-rxX", "-p", "no:cacheprovider")


def test_quarantined_test_may_fail_on_its_last_day(pytester: pytest.Pytester) -> None:
    result = _quarantined(pytester, TODAY, "assert False")
    result.assert_outcomes(xfailed=1)
    result.stdout.fnmatch_lines([f"*in quarantine until {TODAY}: the probe drops bytes*"])


def test_quarantined_test_may_pass(pytester: pytest.Pytester) -> None:
    _quarantined(pytester, TODAY, "pass").assert_outcomes(xpassed=1)


@pytest.mark.parametrize("body", ["assert False", "pass"])
def test_quarantine_that_ended_fails_the_test_whatever_it_does(
    pytester: pytest.Pytester, body: str
) -> None:
    yesterday = TODAY - timedelta(days=1)
    result = _quarantined(pytester, yesterday, body)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*its quarantine ended on {yesterday}: the probe drops bytes*"])


def test_quarantine_without_a_date_is_refused(pytester: pytest.Pytester) -> None:
    result = _quarantined(pytester, "some day", "pass")
    assert result.ret != 0
    result.stderr.fnmatch_lines(["*quarantine needs a date and a reason*"])


def test_broken_budget_is_one_message(run_pytest: Run, built: Firmware, tmp_path: Path) -> None:
    test = a_test(
        tmp_path,
        "import pytest\n\n\n@pytest.mark.budget('exact')\ndef test_it(budget):\n    budget(0.5)\n",
    )
    result = run_pytest("--target=qemu", f"--firmware={built.elf}", "--images=1", test)
    assert result.returncode == 1
    assert "exact: 50.00 %, the budget is at least 100.00 %; since this run" in result.stdout
    assert "Traceback" not in result.stdout


def test_budget_fixture_without_its_marker_says_which_there_are(
    run_pytest: Run, built: Firmware, tmp_path: Path
) -> None:
    test = a_test(tmp_path, "def test_it(budget):\n    budget(1)\n")
    result = run_pytest("--target=qemu", f"--firmware={built.elf}", "--images=1", test)
    assert result.returncode == 1
    assert "the fixture needs the marker of a budget" in result.stdout


def test_run_that_the_history_does_not_take_passes_with_a_warning(
    run_pytest: Run, built: Firmware, tmp_path: Path
) -> None:
    test = a_test(tmp_path, "def test_it(device):\n    assert device.info\n")
    result = run_pytest(
        *("--target=qemu", f"--firmware={built.elf}", "--images=1", test),
        env=os.environ | {"TINYML_HIL_HISTORY": f"sqlite:///{test}/history.sqlite"},
    )
    assert result.returncode == 0
    assert "warning: not recorded in the history: 2" in result.stdout
