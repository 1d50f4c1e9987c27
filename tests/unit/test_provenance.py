"""What a run says that it was made with."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tinyml_hil.run.provenance import git_of

OF_CI = ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One commit, on the branch ``mine``, outside of any CI."""
    for name in OF_CI:
        monkeypatch.delenv(name, raising=False)
    _git(tmp_path, "init", "--quiet", "--initial-branch=mine")
    named = ("-c", "user.name=me", "-c", "user.email=me@example.org")
    _git(tmp_path, *named, "commit", "--quiet", "--allow-empty", "--message=first")
    return tmp_path


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True)


def test_branch_is_the_one_that_is_checked_out(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_REF_NAME", "another")
    assert git_of(repository)["branch"] == "mine"


@pytest.mark.parametrize("name", OF_CI)
def test_branch_of_a_commit_that_a_ci_server_checked_out_is_what_that_says(
    repository: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    _git(repository, "checkout", "--quiet", "--detach")
    monkeypatch.setenv(name, "theirs")
    assert git_of(repository)["branch"] == "theirs"


def test_commit_on_no_branch_has_none(repository: Path) -> None:
    _git(repository, "checkout", "--quiet", "--detach")
    assert git_of(repository)["branch"] == ""
