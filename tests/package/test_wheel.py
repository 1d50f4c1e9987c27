"""The wheel, as a stranger has it: no checkout, no rights, a folder with a space and an umlaut."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

from fixtures import places
from tests.package.conftest import Stranger, install, python_for_all


def _contents(folder: Path) -> set[tuple[str, int]]:
    return {
        (str(path.relative_to(folder)), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_wheel_has_data_apart_from_modules_and_the_licence(
    distributions: tuple[Path, Path],
) -> None:
    names = zipfile.ZipFile(distributions[0]).namelist()
    data = [name for name in names if name.startswith("tinyml_hil/data/")]
    assert not [name for name in data if name.endswith((".py", ".pyc", ".o", ".d"))]
    for part in ("firmware/Makefile", "platforms/mps2-an500/platform.toml"):
        assert f"tinyml_hil/data/{part}" in data
    assert "tinyml_hil/data/fixtures/models/cifar10.tflite" in data
    assert "tinyml_hil/py.typed" in names
    assert [name for name in names if name.endswith("licenses/LICENSE")]
    assert not [name for name in names if name.startswith(("tests/", "fixtures/", "bench/"))]


def test_init_writes_a_starting_point_that_is_green_on_qemu(stranger: Stranger) -> None:
    before = _contents(stranger.packages)
    said = stranger.run("tinyml-hil", "init").stdout
    assert "tests/test_on_device.py" in said
    result = stranger.run("pytest", "--target=qemu", "-p", "no:cacheprovider")
    assert "20 passed" in result.stdout
    assert (stranger.home / ".cache" / "tinyml-hil" / "firmware").is_dir()
    (run,) = (stranger.project / "hil-reports").glob("*-qemu-*")
    assert str(places.ROOT) not in (run / "report.html").read_text()
    assert (stranger.project / "hil-reports" / "history.sqlite").is_file()
    assert _contents(stranger.packages) == before


def test_init_again_overwrites_nothing(stranger: Stranger) -> None:
    before = _contents(stranger.project)
    assert "is there already" in stranger.run("tinyml-hil", "init").stdout
    assert _contents(stranger.project) == before


def test_suite_runs_from_anywhere(stranger: Stranger) -> None:
    suite = ("--pyargs", "tinyml_hil.suite")
    result = stranger.run("pytest", "--target=qemu", "--images=2", "-n2", *suite)
    assert " failed" not in result.stdout
    assert "test_output_equals_the_host" not in result.stderr


def test_evaluate_builds_runs_and_reports(stranger: Stranger) -> None:
    said = stranger.run("tinyml-hil", "evaluate", "--images", "3", "--workers", "2").stdout
    assert "3/3" in said
    page = Path(stranger.run("tinyml-hil", "report", "latest").stdout.strip())
    assert page.is_relative_to(stranger.project / "hil-reports")
    assert "qemu" in stranger.run("tinyml-hil", "trend").stdout


def test_platform_of_the_user_s_own_is_a_folder(stranger: Stranger) -> None:
    own = stranger.outside / "that folder" / "my-board"
    shutil.copytree(stranger.packages / "tinyml_hil" / "data" / "platforms" / "mps2-an500", own)
    result = stranger.run("pytest", "--target=qemu", "--images=2", "--platform", own)
    assert "2 passed" in result.stdout
    assert "on qemu, my-board" in result.stdout


def test_files_outside_the_project_after_spaces_change_neither_tests_nor_settings(
    stranger: Stranger,
) -> None:
    (stranger.outside / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    model = stranger.outside / "my model.tflite"
    data = stranger.packages / "tinyml_hil" / "data"
    shutil.copy(data / "fixtures" / "models" / "cifar10.tflite", model)
    images = stranger.outside / "my images"
    shutil.copytree(stranger.home / ".cache/tinyml-hil/data/cifar10-first20", images)
    arguments = ("--target", "qemu", "--model", model, "--dataset", images, "--images", "2")
    result = stranger.run("pytest", *arguments)
    assert f"rootdir: {stranger.project}" in result.stdout
    assert "2 passed" in result.stdout
    assert "my model on qemu" in result.stdout


def test_sdist_installs_into_an_empty_environment_too(
    distributions: tuple[Path, Path], tmp_path: Path
) -> None:
    install(tmp_path / "env", distributions[1])
    program = tmp_path / "env" / "bin" / "tinyml-hil"
    environment = os.environ | {"TINYML_HIL_CACHE": str(tmp_path / "cache")}
    dataset = {"TINYML_HIL_DATASET": str(places.DEFAULT_DATASET)}
    done = subprocess.run(
        [program, "build"], cwd=tmp_path, env=environment | dataset, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "cache" / "firmware") in done.stdout


def test_uninstalling_leaves_nothing_but_the_cache(
    distributions: tuple[Path, Path], tmp_path: Path
) -> None:
    environment = tmp_path / "env"
    subprocess.run([python_for_all(), "-m", "venv", str(environment)], check=True)
    before = {path for path in environment.rglob("*") if "__pycache__" not in path.parts}
    pip = [str(environment / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    install = ["install", "--quiet", "--no-deps", str(distributions[0])]
    subprocess.run([*pip, *install], check=True)
    subprocess.run([*pip, "uninstall", "--quiet", "--yes", "tinyml-hil"], check=True)
    assert {path for path in environment.rglob("*") if "__pycache__" not in path.parts} == before
