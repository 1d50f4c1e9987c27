"""Bisect: git bisect with a check, in a worktree of its own that is gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.process import kill_group
from tinyml_hil.project import Project, variable

_SKIP = 125
"""What git bisect takes as: this revision cannot be tested."""
_TROUBLE = (3, _SKIP, 126, 127)
"""Exit codes of a check that could not be made: tinyml-hil's, git's, and the shell's two."""
_CHECK = (
    f'"$@"; code=$?; case $code in {"|".join(map(str, _TROUBLE))}) exit {_SKIP};; esac; exit $code'
)


class Bisect:
    """Looks for the commit that broke a check; the user's own tree and branches are left alone."""

    def __init__(self, repository: Path, good: str, bad: str, check: list[str]) -> None:
        """``repository``: a folder in it. ``check``: program and arguments.

        Raises:
            UsageError: it is no Git repository, or has no such revisions.
            SetupError: there is no git.
        """
        if not shutil.which("git"):
            raise SetupError("git is not installed: apt-get install git")
        self._repository = repository
        self._root = Path(self._git("rev-parse", "--show-toplevel"))
        self._good = self._commit(good)
        self._bad = self._commit(bad)
        self._check = check

    def run(self) -> str:
        """Tests revisions until the first bad commit is found, and describes it.

        Raises:
            UsageError: the check fails at the good revision, or passes at the bad one.
            SetupError: it could not be made where it has to be.
        """
        with self._worktree() as tree:
            self._require(tree, self._good, passes=True)
            self._require(tree, self._bad, passes=False)
            self._call(tree, ["git", "bisect", "start", self._bad, self._good])
            code = self._call(tree, ["git", "bisect", "run", *self._checked()])
            if code:
                raise SetupError(f"git bisect ended with {code}; what it said is above")
            return self._git("log", "-1", "refs/bisect/bad", tree=tree)

    @contextmanager
    def _worktree(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="tinyml-hil-bisect-") as folder:
            tree = Path(folder) / self._root.name
            self._git("worktree", "add", "--detach", str(tree), self._bad)
            try:
                _lend_downloads(self._root, tree)
                yield tree
            finally:
                self._git("worktree", "remove", "--force", str(tree))

    def _require(self, tree: Path, revision: str, passes: bool) -> None:
        """Makes sure that the check tells the two ends apart: git bisect would believe anything."""
        self._git("checkout", "--quiet", "--detach", revision, tree=tree)
        code = self._call(tree, self._checked())
        if code == _SKIP:
            raise SetupError(f"the check could not be made at {revision[:12]}; see above")
        if passes and code:
            raise UsageError(f"the check fails at the good revision, too: {revision[:12]}")
        if not passes and not code:
            raise UsageError(f"the check passes at the bad revision, too: {revision[:12]}")

    def _checked(self) -> list[str]:
        return ["sh", "-c", _CHECK, "sh", *self._check]

    def _call(self, tree: Path, command: list[str]) -> int:
        """Runs a command in the worktree; the harness that it imports is the worktree's."""
        environment = dict(os.environ, PYTHONPATH=f"{tree / 'harness'}{os.pathsep}{tree}")
        environment.pop(variable("history"), None)  # old revisions are no news to the history
        process = subprocess.Popen(command, cwd=tree, env=environment, start_new_session=True)
        try:
            return process.wait()
        except BaseException:
            kill_group(process)
            raise

    def _commit(self, revision: str) -> str:
        try:
            return self._git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        except UsageError:
            raise UsageError(f"there is no revision {revision!r} in {self._root}") from None

    def _git(self, *arguments: str, tree: Path | None = None) -> str:
        command = ["git", "-C", str(tree or self._repository), *arguments]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            raise UsageError(f"git {arguments[0]}: {result.stderr.strip()}")
        return result.stdout.strip()


def _lend_downloads(root: Path, tree: Path) -> None:
    """Copies what was downloaded into a worktree whose project keeps it in its own folder."""
    cache = Project.at(root).cache
    if cache.is_relative_to(root) and (cache / "data").is_dir():
        shutil.copytree(cache / "data", tree / cache.relative_to(root) / "data", dirs_exist_ok=True)
