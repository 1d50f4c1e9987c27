"""The page on the Python API: its code runs as it stands there."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures import places
from tests.unit.conftest import Run
from tinyml_hil import paths
from tinyml_hil.build import Firmware, load_platform
from tinyml_hil.target import Link, TargetOptions, Transcript
from tinyml_hil.target.qemu import QemuTarget

PAGE = (places.ROOT / "docs" / "api.md").read_text()
CODE = re.compile(r"<!-- runs as a test(?:: (\S+))? -->\n```python\n(.*?)```", re.DOTALL)
SETTINGS = re.compile(r"```toml\n(\[tool\.tinyml-hil\.targets\].*?)```", re.DOTALL)


def _code(name: str) -> str:
    (found,) = [code for file, code in CODE.findall(PAGE) if file == name]
    return str(found)


def test_session_of_the_page_runs(built: Firmware, tmp_path: Path) -> None:
    environment = os.environ | {"TINYML_HIL_CACHE": str(places.BUILD)}
    command = [sys.executable, "-c", _code("")]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"0 True \d+\n1 True \d+\n", done.stdout)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A user's project with the page's target, in its settings and on a platform of its own."""
    (tmp_path / "network_target.py").write_text(_code("network_target.py"))
    settings = SETTINGS.search(PAGE)
    assert settings
    (tmp_path / "pyproject.toml").write_text(settings[1])
    board = tmp_path / "platforms" / "mps2-an500"
    board.mkdir(parents=True)
    text = (paths.PLATFORMS / "mps2-an500" / "platform.toml").read_text()
    assert 'targets = ["qemu"]' in text
    text = text.replace('targets = ["qemu"]', 'targets = ["qemu", "network"]')
    (board / "platform.toml").write_text(text)
    return tmp_path


@pytest.fixture
def server(built: Firmware, tmp_path: Path) -> Iterator[str]:
    """HOST:PORT at which a device in QEMU, which runs already, has its UART."""
    target = QemuTarget(
        load_platform("mps2-an500"), Transcript(tmp_path / "qemu.log"), TargetOptions()
    )
    link = target.start(built.elf)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, link), daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    target.stop()


def _serve(listener: socket.socket, link: Link) -> None:
    connection, _ = listener.accept()
    with connection:
        threading.Thread(target=_pass_on, args=(connection, link), daemon=True).start()
        try:
            while True:
                connection.sendall(link.read(1.0))
        except Exception:  # the test has ended, and with it the link
            return


def _pass_on(connection: socket.socket, link: Link) -> None:
    try:
        while data := connection.recv(4096):
            link.write(data)
    except OSError:
        return


def test_target_of_the_page_runs_what_the_settings_name(
    run_cli: Run, project: Path, server: str, built: Firmware
) -> None:
    environment = os.environ | {"TINYML_HIL_CACHE": str(places.BUILD)}
    command = [sys.executable, "-m", "tinyml_hil", "evaluate", "--target=network"]
    command += [f"--port={server}", f"--firmware={built.elf}", "--images=1"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1/1" in done.stdout


def test_target_that_cannot_be_loaded_is_named_with_its_place(project: Path) -> None:
    (project / "network_target.py").write_text("")
    command = [sys.executable, "-m", "tinyml_hil", "run", "--target=network"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 2
    assert "the target 'network' is 'network_target:NetworkTarget', which cannot be" in done.stderr


def test_target_that_is_installed_is_found_by_its_entry_point(project: Path) -> None:
    info = project / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[tinyml_hil.targets]\ntheirs = network_target:NetworkTarget\n"
    )
    command = [sys.executable, "-m", "tinyml_hil", "doctor", "--target=theirs", "--json"]
    environment = os.environ | {"PYTHONPATH": str(project)}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    assert '"found": "a socket"' in done.stdout, done.stderr
