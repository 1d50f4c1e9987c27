"""`tinyml-hil install-renode`: a complete installation or none, whatever goes wrong."""

from __future__ import annotations

import hashlib
import platform
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

from tinyml_hil.errors import SetupError
from tinyml_hil.target import renode_install


@pytest.fixture
def installer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The installer, with a release of our own making instead of the official one."""
    module = renode_install
    monkeypatch.setattr(module, "URL", f"{tmp_path.as_uri()}/")
    _publish(module, tmp_path, "#!/bin/sh\necho Renode v1.16.1\n", monkeypatch)
    return module


def _publish(
    module: ModuleType, folder: Path, renode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = folder / "renode"
    program.write_text(renode)
    program.chmod(0o755)
    with tarfile.open(folder / "r.tar.gz", "w:gz") as archive:
        archive.add(program, "renode_1.16.1-dotnet_portable/renode")
    program.unlink()
    sha256 = hashlib.sha256((folder / "r.tar.gz").read_bytes()).hexdigest()
    monkeypatch.setattr(
        module, "ARCHIVES", {(platform.system(), platform.machine()): ("r.tar.gz", sha256)}
    )


def _nothing_is_left(folder: Path) -> bool:
    return not folder.parent.exists() or not list(folder.parent.iterdir())


def test_release_is_installed(installer: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "build" / "renode"
    installer.install_renode(folder)
    assert (folder / "renode").stat().st_mode & 0o111
    assert [p.name for p in folder.parent.iterdir()] == ["renode"]


def test_second_run_downloads_nothing(installer: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "build" / "renode"
    installer.install_renode(folder)
    (tmp_path / "r.tar.gz").unlink()
    installer.install_renode(folder)
    assert (folder / "renode").exists()


def test_another_release_is_replaced(installer: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "build" / "renode"
    folder.mkdir(parents=True)
    (folder / "of-an-older-one").touch()
    installer.install_renode(folder)
    assert (folder / "renode").exists()
    assert not (folder / "of-an-older-one").exists()


def test_archive_that_was_brought_by_hand_is_taken(installer: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "build" / "renode"
    folder.parent.mkdir()
    (tmp_path / "r.tar.gz").rename(folder.parent / "r.tar.gz")
    installer.install_renode(folder)
    assert (folder / "renode").exists()


def test_missing_network_says_where_to_put_the_file(installer: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "build" / "renode"
    (tmp_path / "r.tar.gz").unlink()
    with pytest.raises(SetupError) as error:
        installer.install_renode(folder)
    assert f"bring that file here as {folder.parent / 'r.tar.gz'}" in str(error.value)
    assert "RENODE=" in str(error.value)
    assert _nothing_is_left(folder)


def test_wrong_sha256_is_refused(installer: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "build" / "renode"
    with (tmp_path / "r.tar.gz").open("ab") as file:
        file.write(b"x")
    with pytest.raises(SetupError, match=r"was not Renode 1\.16\.1: sha256"):
        installer.install_renode(folder)
    assert _nothing_is_left(folder)


def test_release_that_does_not_run_is_not_installed(
    installer: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "build" / "renode"
    _publish(installer, tmp_path, "#!/bin/sh\necho no libicu here >&2; exit 1\n", monkeypatch)
    with pytest.raises(SetupError, match="does not run on this machine: no libicu"):
        installer.install_renode(folder)
    assert not folder.exists()


def test_machine_without_a_release_is_named(
    installer: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(SetupError, match="no Renode release is pinned for"):
        installer.install_renode(tmp_path / "build" / "renode")
