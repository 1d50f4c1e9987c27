"""bisect: the commit that broke a check, found without touching the user's tree."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fixtures import places
from tests.unit.conftest import PATIENCE, has_ended
from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.history import Bisect

IDENTITY = {
    **{f"GIT_{role}_NAME": "Somebody" for role in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{role}_EMAIL": "somebody@example.org" for role in ("AUTHOR", "COMMITTER")},
}
COMMITS = 8
BROKEN = 5
CHECK = ["sh", "-c", f"test $(cat number) -lt {BROKEN}"]


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | IDENTITY
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Commits 0 to 7, each with its number in a file, and work that is not committed."""
    folder = tmp_path / "repository"
    folder.mkdir()
    _git(folder, "init", "--quiet", "--initial-branch=main")
    for number in range(COMMITS):
        (folder / "number").write_text(f"{number}\n")
        _git(folder, "add", "number")
        _git(folder, "commit", "--quiet", "--message", f"commit {number}")
        _git(folder, "tag", f"c{number}")
    (folder / "number").write_text("work in progress\n")
    (folder / "notes").write_text("mine\n")
    return folder


def _state(folder: Path) -> list[str]:
    questions = (["status", "--porcelain"], ["rev-parse", "HEAD"], ["worktree", "list"])
    return [_git(folder, *q) for q in (*questions, ["for-each-ref"], ["diff"])]


def test_first_bad_commit_is_found_and_the_tree_is_as_it_was(repository: Path) -> None:
    before = _state(repository)
    assert f"commit {BROKEN}" in Bisect(repository, "c0", "main", CHECK).run()
    assert _state(repository) == before


@pytest.mark.parametrize("code", [3, 125])
def test_revision_whose_check_cannot_be_made_is_skipped(repository: Path, code: int) -> None:
    check = ["sh", "-c", f"n=$(cat number); test $n = 3 && exit {code}; test $n -lt {BROKEN}"]
    assert f"commit {BROKEN}" in Bisect(repository, "c0", "c7", check).run()


def test_only_skipped_revisions_left_is_an_error(repository: Path) -> None:
    check = ["sh", "-c", "n=$(cat number); test $n = 0 && exit; test $n = 7 && exit 1; exit 3"]
    with pytest.raises(SetupError, match="git bisect ended with 2"):
        Bisect(repository, "c0", "c7", check).run()


@pytest.mark.parametrize(
    ("check", "error", "complaint"),
    [
        (["false"], UsageError, "the check fails at the good revision, too"),
        (["true"], UsageError, "the check passes at the bad revision, too"),
        (["no-such-program"], SetupError, "the check could not be made at"),
    ],
)
def test_check_that_does_not_tell_good_from_bad_is_refused(
    repository: Path, check: list[str], error: type[Exception], complaint: str
) -> None:
    before = _state(repository)
    with pytest.raises(error, match=complaint):
        Bisect(repository, "c0", "c7", check).run()
    assert _state(repository) == before


def test_revision_that_is_not_there_is_said(repository: Path) -> None:
    with pytest.raises(UsageError, match="there is no revision 'c9' in "):
        Bisect(repository, "c9", "c7", CHECK)


def test_folder_that_is_no_repository_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"git rev-parse: .*not a git repository"):
        Bisect(tmp_path, "a", "b", CHECK)


def test_check_imports_the_harness_of_its_revision_and_leaves_the_history_alone(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = repository / "harness" / "tinyml_hil"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    _git(repository, "add", "harness")
    _git(repository, "commit", "--quiet", "--message", "a harness", "harness")
    monkeypatch.setenv("TINYML_HIL_HISTORY", "postgresql://team/history")
    told = tmp_path / "told"
    python = "import tinyml_hil as h, os; print(h.__file__, os.environ.get('TINYML_HIL_HISTORY'))"
    check = [
        "sh",
        "-c",
        f'test -d harness || exit 0; {sys.executable} -c "{python}" >{told}; false',
    ]
    Bisect(repository, "c7", "main", check).run()
    where, history = told.read_text().split()
    assert "tinyml-hil-bisect-" in where
    assert history == "None"


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_bisect_leaves_no_process_and_no_worktree(
    repository: Path, tmp_path: Path, signum: signal.Signals
) -> None:
    before = _state(repository)
    started = tmp_path / "started"
    check = ["sh", "-c", f"echo $$ >{started}.part; mv {started}.part {started}; exec sleep 1000"]
    code = (
        f"import sys; sys.path.insert(0, {str(places.ROOT / 'harness')!r}); "
        "from tinyml_hil.cli.app import main; main()"
    )
    command = [sys.executable, "-c", code, "bisect", "--good", "c0", "--bad", "c7", "--", *check]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command, cwd=repository, env=environment, stdout=subprocess.DEVNULL
    ) as process:
        while not started.exists():
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signum)
        assert process.wait(PATIENCE) == 130
    assert has_ended(int(started.read_text()))
    assert list(tmp_path.glob("tinyml-hil-bisect-*")) == []
    assert _state(repository) == before
