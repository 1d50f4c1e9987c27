"""``--repeat``: a device that does not give the same bits each time is named, and the input."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.changed_firmware import build_changed, copy_sources, replace_once
from tests.unit.conftest import Run, a_test
from tinyml_hil.build import Firmware
from tinyml_hil.record import load_record, load_results
from tinyml_hil.target.qemu import EXECUTABLE

pytestmark = pytest.mark.skipif(
    not shutil.which(EXECUTABLE), reason=f"apt-get install {EXECUTABLE}"
)

BUILT_IN = 10
"""Images that the firmware classifies at boot."""
FLIPPED = 18
"""Which inference after that has a bit of its output flipped, counted from 1."""


@pytest.fixture(scope="module")
def flips_once(built: Firmware, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Firmware of which one inference after its boot gives another bit."""
    sources = copy_sources(tmp_path_factory.mktemp("flips"))
    replace_once(
        sources / "app" / "classifier.c",
        "    ticks = stopwatch_stop();\n    uint32_t used",
        "    ticks = stopwatch_stop();\n"
        "    static uint32_t inferences;\n"
        f"    if (++inferences == {BUILT_IN + FLIPPED}u) {{\n"
        "        *(uint8_t *)engine_output(0).data ^= 1u;\n"
        "    }\n"
        "    uint32_t used",
    )
    return build_changed(built.elf, sources, sources.parent / "built")


def test_input_that_is_unstable_is_named_and_counted(run_cli: Run, flips_once: Path) -> None:
    result = run_cli("evaluate", f"--firmware={flips_once}", "--images=5", "--repeat=5")
    assert result.returncode == 1, result.stderr
    assert re.search(r"^ *bit-exact +5/5", result.stdout, re.MULTILINE)
    assert re.search(r"^ *unstable in 5 runs +1/5", result.stdout, re.MULTILINE)
    unstable = "the device is unstable: run again, it gave other bits than at first, once"
    assert re.search(rf"^image 3: {unstable}$", result.stdout, re.MULTILINE)
    folder = Path(result.stdout.split("run: ")[1].splitlines()[0])
    assert [record.unstable for record in load_results(folder / "results.npz")] == [0, 0, 0, 1, 0]
    assert load_record(folder).numbers["unstable"] == 1


def test_stable_device_passes_and_says_how_often_it_was_asked(
    run_cli: Run, built: Firmware
) -> None:
    result = run_cli("evaluate", f"--firmware={built.elf}", "--images=2", "--repeat=3")
    assert result.returncode == 0, result.stderr
    assert re.search(r"^ *unstable in 3 runs +0/2", result.stdout, re.MULTILINE)


def test_test_of_an_unstable_input_fails(run_pytest: Run, flips_once: Path, tmp_path: Path) -> None:
    test = a_test(
        tmp_path,
        "import pytest\n"
        "from tinyml_hil.session import instability\n"
        "@pytest.mark.parametrize('index', range(5))\n"
        "def test_it(evaluation, dataset, index):\n"
        "    assert not instability(evaluation.record(index), dataset)\n",
    )
    result = run_pytest("--target=qemu", f"--firmware={flips_once}", "--repeat=5", test)
    assert "1 failed, 4 passed" in result.stdout
