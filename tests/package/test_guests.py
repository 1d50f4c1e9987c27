"""The wheel beside other plugins of pytest: each keeps its options, and ours works."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.package.conftest import install
from tests.unit.conftest import PATIENCE

OTHERS = ("pytest-timeout", "pytest-embedded", "pytest-cov", "labgrid")
"""pytest-xdist is there, too."""
TEST = """
import tinyml_hil


def test_image(evaluation, image_index):
    assert evaluation.record(image_index).exact


def test_package_is_not_written_to():
    assert tinyml_hil.__version__
"""


@pytest.fixture(scope="module")
def environment(distributions: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and all of the others."""
    folder = tmp_path_factory.mktemp("guests") / "env"
    install(folder, distributions[0], *OTHERS)
    return folder


def _pytest(
    environment: Path, folder: Path, cache: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(TEST)
    variables = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "TINYML_HIL_CACHE": str(cache),
    }
    return subprocess.run(
        [str(environment / "bin" / "pytest"), *arguments],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_others_keep_their_options_and_ours_says_what_its_own_are(
    environment: Path, tmp_path: Path, own_cache: Path
) -> None:
    said = _pytest(environment, tmp_path, own_cache, "--help").stdout
    for option in ("--timeout=", "--embedded-services", "--cov=", "--lg-env", "--numprocesses="):
        assert option in said
    # pytest-embedded has --target.
    assert "--hil-target" in said
    assert "(--target is somebody else's here)" in " ".join(said.split())


def test_a_run_with_all_of_them_in_use_is_green(
    environment: Path, tmp_path: Path, own_cache: Path
) -> None:
    arguments = ("--hil-target=qemu", "--images=4", "--timeout=600", "-n2", "--cov=.")
    # pytest-embedded and labgrid have a fixture target each, of which the former takes labgrid's.
    apart = ("-p", "no:labgrid")
    result = _pytest(environment, tmp_path, own_cache, *arguments, *apart)
    assert "5 passed" in result.stdout, result.stdout + result.stderr
    assert "tinyml_hil" not in result.stdout.partition("warnings summary")[2]


def test_target_of_pytest_embedded_is_not_taken_for_ours(
    environment: Path, tmp_path: Path, own_cache: Path
) -> None:
    result = _pytest(environment, tmp_path, own_cache, "--target=esp32", "--collect-only", "-q")
    assert result.returncode == 0, result.stdout + result.stderr


def test_labgrid_s_fixture_of_the_same_name_does_not_break_collection(
    environment: Path, tmp_path: Path, own_cache: Path
) -> None:
    (tmp_path / "conftest.py").write_text("")
    result = _pytest(environment, tmp_path, own_cache, "--lg-log", "--collect-only", "-q")
    assert "test_image[0-cat]" in result.stdout, result.stdout + result.stderr
