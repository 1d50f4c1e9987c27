"""Options: where each comes from, and what is stronger."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tinyml_hil import choices
from tinyml_hil.errors import UsageError
from tinyml_hil.model import REFERENCES
from tinyml_hil.project import Project, variable
from tinyml_hil.session import Options, load_options, option_kinds
from tinyml_hil.target import DRIVERS, FLASHERS, target_class


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have options of their own."""
    for name in option_kinds():
        monkeypatch.delenv(variable(name), raising=False)


def _project(folder: Path, settings: str) -> Project:
    (folder / "pyproject.toml").write_text(f"[tool.tinyml-hil]\n{settings}\n")
    return Project.at(folder)


def test_command_line_is_stronger_than_environment_and_that_than_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = _project(tmp_path, "images = 1\nbaud = 1\narena = 1")
    monkeypatch.setenv("TINYML_HIL_IMAGES", "2")
    monkeypatch.setenv("TINYML_HIL_BAUD", "2")
    options = load_options(project, {"images": 3, "baud": None})
    assert (options.images, options.baud, options.arena) == (3, 2, 1)


def test_every_option_may_be_set_in_the_settings(tmp_path: Path) -> None:
    settings = {
        "target": "renode",
        "platform": "mine",
        "labels": "labels.txt",
        "sample": "7:10",
        "reference": "tensorflow",
        "lane": "uart",
        "reply-timeout": 5,
        "ops": "all",
        "flash": "none",
        "port": "/dev/null",
    }
    text = "\n".join(f"{name} = {value!r}" for name, value in settings.items())
    options = load_options(_project(tmp_path, text), {})
    for name, value in settings.items():
        found = getattr(options, name.replace("-", "_"))
        assert found == (tmp_path / "labels.txt" if name == "labels" else value)


def test_paths_of_the_settings_start_at_the_project_those_given_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = _project(tmp_path, "model = 'models/m.tflite'\nplatform = 'boards/x'")
    monkeypatch.setenv("TINYML_HIL_DATASET", "data")
    options = load_options(project, {})
    assert options.model == tmp_path / "models" / "m.tflite"
    assert options.platform == str(tmp_path / "boards" / "x")
    assert options.dataset == Path("data")


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ("modle = 'x'", "modle: there is no such setting; there are: arena, arithmetic, baselines"),
        ("images = 'x'", "images is 'x', not a int"),
        ("images = 0", "images is 0; it is above 0"),
        ("images = true", "images is True"),
        ("model = 3", "model is 3, not a path"),
        ("op = ['a.c', 3]", "op is 3, not a path"),
        ("lane = 'x'", "--lane is 'x'; it is one of: auto, memory, uart"),
        ("images = 1\nsample = '1:2'", "exclude each other"),
        ("coverage = 1", "coverage is 1, not a bool"),
        ("coverage-sources = '/build'", "--coverage-sources is '/build', not FROM=TO"),
    ],
)
def test_setting_that_cannot_be_used_is_named(
    tmp_path: Path, settings: str, complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        load_options(_project(tmp_path, settings), {})


def test_option_that_may_be_given_several_times_is_a_list_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = _project(tmp_path, "op = ['a.c', 'ops/b.c']")
    from_settings = load_options(project, {"op": None})
    assert from_settings.op == (tmp_path / "a.c", tmp_path / "ops" / "b.c")
    assert Options.from_plain(from_settings.to_plain()) == from_settings
    assert load_options(_project(tmp_path, "op = 'a.c'"), {}).op == (tmp_path / "a.c",)
    monkeypatch.setenv("TINYML_HIL_OP", os.pathsep.join(("c.c", "d.c")))
    assert load_options(project, {}).op == (Path("c.c"), Path("d.c"))
    assert load_options(project, {"op": [Path("e.c")]}).op == (Path("e.c"),)


def test_devices_outdo_a_target_that_was_chosen_where_they_are_stronger_and_the_reverse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = _project(tmp_path, "device = ['qemu', 'renode']")
    assert load_options(project, {}).device == ("qemu", "renode")
    monkeypatch.setenv("TINYML_HIL_TARGET", "renode")
    assert (load_options(project, {}).target, load_options(project, {}).device) == ("renode", ())
    options = load_options(project, {"device": ["qemu", "board:/dev/ttyACM0"]})
    assert options.device == ("qemu", "board:/dev/ttyACM0")
    monkeypatch.delenv("TINYML_HIL_TARGET")
    monkeypatch.setenv("TINYML_HIL_DEVICE", "qemu:mps2-an386  renode")
    assert load_options(project, {}).device == ("qemu:mps2-an386", "renode")


def test_target_and_devices_together_are_refused() -> None:
    with pytest.raises(UsageError, match="--target and --device exclude each other"):
        load_options(Project(Path()), {"target": "qemu", "device": ["renode"]})


def test_number_of_the_environment_that_is_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINYML_HIL_IMAGES", "many")
    with pytest.raises(UsageError, match="TINYML_HIL_IMAGES is 'many', not a number"):
        load_options(Project(tmp_path), {})


@pytest.mark.parametrize(("text", "wanted"), [("1", True), ("true", True), ("0", False)])
def test_option_without_a_value_is_on_or_off_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, wanted: bool
) -> None:
    project = _project(tmp_path, f"coverage = {str(not wanted).lower()}")
    monkeypatch.setenv("TINYML_HIL_COVERAGE", text)
    assert load_options(project, {}).coverage is wanted
    monkeypatch.setenv("TINYML_HIL_COVERAGE", "perhaps")
    with pytest.raises(UsageError, match="TINYML_HIL_COVERAGE is 'perhaps'; it is one of: 1, true"):
        load_options(project, {})


def test_settings_that_are_no_toml_are_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool")
    with pytest.raises(UsageError, match=r"pyproject\.toml is not TOML: "):
        Project.at(tmp_path)


def test_project_is_the_nearest_folder_with_settings_of_python_s(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").touch()
    assert Project.around(inner).root == tmp_path
    (tmp_path / "a" / "pytest.ini").touch()
    assert Project.around(inner).root == tmp_path / "a"


PLACES: list[tuple[dict[str, Any], str, str]] = [
    ({}, "reports", "hil-reports"),
    ({"reports": "out"}, "reports", "out"),
    ({}, "baselines", "baselines"),
    ({"cache": "build"}, "cache", "build"),
]


@pytest.mark.parametrize(("settings", "name", "expected"), PLACES)
def test_places_lie_in_the_project_where_the_settings_say(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, Any],
    name: str,
    expected: str,
) -> None:
    monkeypatch.delenv("TINYML_HIL_REPORTS", raising=False)
    assert getattr(Project(tmp_path, settings), name) == tmp_path / expected


def test_builds_go_to_the_user_s_cache_where_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert Project(tmp_path).cache == tmp_path / "cache" / "tinyml-hil"


def test_history_is_as_the_environment_says_or_the_settings_or_beside_the_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HISTORY", "REPORTS"):
        monkeypatch.delenv(f"TINYML_HIL_{name}", raising=False)
    assert Project(tmp_path).history == f"sqlite:///{tmp_path}/hil-reports/history.sqlite"
    said = Project(tmp_path, {"history": "h.sqlite"})
    assert said.history == f"sqlite:///{tmp_path}/h.sqlite"
    monkeypatch.setenv("TINYML_HIL_HISTORY", "postgresql://x/y")
    assert said.history == "postgresql://x/y"


def test_words_that_options_take_are_those_that_there_is_something_for() -> None:
    assert set(choices.REFERENCES) == {"auto", *REFERENCES}
    assert set(choices.RENODE_DRIVERS) == set(DRIVERS)
    assert set(choices.FLASHERS) == set(FLASHERS)
    assert [target_class(name, Project(Path())).name for name in choices.TARGETS] == [
        *choices.TARGETS
    ]


def test_checkout_of_tflm_is_nothing_to_a_run_of_our_own_engine() -> None:
    assert Options(tflm=Path("checkout")).resuming(Options()) == Options()


def test_run_of_one_checkout_of_tflm_is_not_resumed_with_another() -> None:
    recorded = Options(engine="tflm", tflm=Path("one"))
    with pytest.raises(UsageError, match="the run was not started with --tflm="):
        Options(tflm=Path("other")).resuming(recorded)


def test_run_goes_on_where_it_was_unless_another_place_is_given() -> None:
    recorded = Options(port="/dev/ttyACM0", place="shelf", reply_timeout=300.0, flash="none")
    assert Options().resuming(recorded) == recorded
    now = Options(port="/dev/ttyACM1").resuming(recorded)
    assert (now.port, now.place, now.flash) == ("/dev/ttyACM1", "shelf", "none")


def test_target_outdoes_the_devices_that_share_in_the_settings(tmp_path: Path) -> None:
    project = _project(tmp_path, 'device = ["board:a", "board:b"]\nshare = true')
    options = load_options(project, {"target": "qemu"})
    assert (options.target, options.device, options.share) == ("qemu", (), False)
