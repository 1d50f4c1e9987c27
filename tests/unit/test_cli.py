"""The command line: what it prints, and its exit codes."""

from __future__ import annotations

import json
import os
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module

import pytest
import typer

import tinyml_hil.cli
from fixtures import places
from tests.unit.conftest import Run
from tinyml_hil.build import Firmware
from tinyml_hil.cli.app import COMMANDS, app

GOOD, CHECKS_FAILED, USAGE, TROUBLE = 0, 1, 2, 3
IMAGE = places.BUILD / "data" / "images" / "00-cat.png"


def test_each_command_is_in_the_module_where_it_is_looked_for() -> None:
    for module in pkgutil.iter_modules(tinyml_hil.cli.__path__, "tinyml_hil.cli."):
        import_module(module.name)
    assert dict(_commands_of(app)) == {
        name: f"tinyml_hil.cli.{module}" for name, (module, _) in COMMANDS.items()
    }


def _commands_of(application: typer.Typer) -> Iterator[tuple[str, str]]:
    """Name and module of each command, and of each group of commands."""
    for command in application.registered_commands:
        assert command.callback
        yield (
            command.name or command.callback.__name__.replace("_", "-"),
            command.callback.__module__,
        )
    for group in application.registered_groups:
        assert group.typer_instance
        ((_, module),) = _commands_of(group.typer_instance)
        yield str(group.name), module


def test_command_that_is_misspelt_is_suggested(run_cli: Run) -> None:
    result = run_cli("tren")
    assert result.returncode == USAGE
    assert "Did you mean 'trend'?" in result.stderr


def test_doctor_lists_every_part(run_cli: Run) -> None:
    result = run_cli("doctor")
    for part in ("Python", "Arm compiler", "target qemu", "litert", "default model"):
        assert part in result.stdout
    assert result.returncode == GOOD


def test_doctor_of_a_target_that_is_missing_ends_with_3(run_cli: Run) -> None:
    result = run_cli("doctor", "--target", "renode", env=os.environ | {"RENODE": "/nowhere"})
    assert result.returncode == TROUBLE
    assert "/nowhere is no program" in result.stdout


def test_build_prints_sizes_and_where_the_files_are(run_cli: Run, built: Firmware) -> None:
    result = run_cli("build")
    assert result.returncode == GOOD
    assert built.build_id in result.stdout
    for suffix in (".elf", ".bin", ".hex", ".map"):
        assert str(built.elf.with_suffix(suffix)) in result.stdout
    assert re.search(r"RAM: arena +64,512", result.stdout)


def test_build_for_another_platform_needs_no_target(run_cli: Run, built: Firmware) -> None:
    result = run_cli("build", "--platform", "stm32h747i-disco")
    assert result.returncode == GOOD
    assert "stm32h747i-disco" in result.stdout


def test_run_shows_the_self_test(run_cli: Run, built: Firmware) -> None:
    result = run_cli("run", "--firmware", built.elf)
    assert result.returncode == GOOD
    assert "image 0: label cat, prediction cat" in result.stdout
    assert "~~~ALL TESTS PASSED~~~" in result.stdout


def test_classify_names_the_class_and_compares_with_the_host(run_cli: Run, built: Firmware) -> None:
    result = run_cli("classify", "--firmware", built.elf, IMAGE)
    assert result.returncode == GOOD
    assert re.search(r"cat +\d+\.\d% +yes", result.stdout)


def test_classify_loads_no_history_and_no_report(run_cli: Run, built: Firmware) -> None:
    env = os.environ | {"PYTHONPROFILEIMPORTTIME": "1"}
    said = run_cli("classify", "--firmware", built.elf, IMAGE, env=env).stderr
    loaded = {line.rpartition("|")[2].strip() for line in said.splitlines()}
    assert "numpy" in loaded
    assert loaded & {"sqlalchemy", "alembic", "sklearn", "matplotlib", "jinja2"} == set()


def test_evaluate_prints_the_table(run_cli: Run, built: Firmware) -> None:
    result = run_cli("evaluate", "--firmware", built.elf, "--images", "2")
    assert result.returncode == GOOD
    assert re.search(r"bit-exact +2/2", result.stdout)


def test_layers_shows_each_op_and_that_it_equals_the_host(run_cli: Run, built: Firmware) -> None:
    result = run_cli("layers", "--firmware", built.elf)
    assert result.returncode == GOOD
    assert re.search(r"1 +CONV_2D +int8 +1/1 +[\d,]+ +\d\.\d\d +\d+\.\d%", result.stdout)


def test_layers_as_json_has_ticks_a_mac_by_layer(run_cli: Run, built: Firmware) -> None:
    result = run_cli("layers", "--firmware", built.elf, "--json")
    quantize, convolution, *_ = json.loads(result.stdout)["layers"]
    assert (quantize["op"], quantize["ticks_per_mac"]) == ("QUANTIZE", None)
    assert convolution["ticks_per_mac"] == convolution["ticks"] / 442_368
    assert quantize["difference"] == convolution["difference"] is None


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["run", "--target", "x"], "there is no target 'x'; there are: qemu, renode, board"),
        (["evaluate", "--target=board", "--lane=memory"], "there is no memory lane to stm32h747i"),
        (["run", "--platform", "stm32h747i-disco"], "runs on renode, board, not on qemu"),
        (["classify", "README.md"], "README.md is not an image of a known format"),
        (["classify", "none.png"], "cannot read none.png"),
        (["evaluate", "--reference", "x"], "--reference is 'x'; it is one of: auto, litert"),
        (["evaluate", "--images", "0"], "--images"),
        (["run", "--arena", "20000"], "--arena 20000: "),
    ],
)
def test_mistake_is_one_message_and_exit_2(
    run_cli: Run, arguments: list[str], complaint: str
) -> None:
    result = run_cli(*arguments)
    assert result.returncode == USAGE
    assert complaint in result.stderr
    assert "Traceback" not in result.stderr
