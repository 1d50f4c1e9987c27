"""The machine that a board's probe is plugged in at: reached by SSH, where a tool plays OpenOCD.

SSH is real: its server runs for each connection, on standard input and output, and listens nowhere.
There is no probe, so OpenOCD is played: what it is told to program is what the board boots next.
"""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from pathlib import Path

from tests.unit.simulated_board import SimulatedBoard

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH')}:/usr/sbin")
_OPENOCD = """#!/bin/sh
printf '%s\\n' "$@" >{calls}
for word; do
    case $word in program*) elf=${{word#"program {{"}} ;; esac
done
[ ! -e {failure} ] || {{ cat {failure}; exit 1; }}
cp "${{elf%%\\}}*}}" {elf}
touch {volume}/image.bin
while [ -e {volume}/image.bin ]; do sleep 0.1; done
"""


class ExporterHost:
    """What stands beside a simulated board."""

    def __init__(self, folder: Path, board: SimulatedBoard) -> None:
        """``folder``: for keys, settings, and the tools."""
        self._folder = folder
        self._calls, self._failure = folder / "calls", folder / "failure"
        board.next_elf = folder / "programmed.elf"
        here, there = folder / "here", folder / "there"
        there.mkdir()
        words = {"calls": self._calls, "failure": self._failure, "volume": board.volume}
        _executable(there / "openocd", _OPENOCD.format(elf=board.next_elf, **words))
        here.mkdir()
        _executable(
            here / "ssh", f'#!/bin/sh\nexec {shutil.which("ssh")} -F {self._client(there)} "$@"\n'
        )
        self.environment = os.environ | {"PATH": f"{here}:{os.environ['PATH']}"}
        """In which SSH reaches it."""

    def fail(self, words: str) -> None:
        """From now on OpenOCD fails, and says so."""
        self._failure.write_text(words)

    @property
    def called(self) -> list[str]:
        """The arguments of OpenOCD's last call."""
        return self._calls.read_text().splitlines()

    def _client(self, tools: Path) -> Path:
        """The settings of SSH's client; ``tools`` come first on the PATH there."""
        for name in ("host", "user"):
            key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self._folder / name)]
            subprocess.run(key, check=True)
        if os.geteuid() == 0:  # made by the service, where that has been started
            Path("/run/sshd").mkdir(exist_ok=True)
        (self._folder / "known").write_text(f"* {(self._folder / 'host.pub').read_text()}")
        server = self._folder / "sshd_config"
        server.write_text(
            f"HostKey {self._folder}/host\nAuthorizedKeysFile {self._folder}/user.pub\n"
            "StrictModes no\nUsePAM no\nPidFile none\n"
            f"SetEnv PATH={tools}:/usr/bin:/bin\n"
        )
        client = self._folder / "ssh_config"
        client.write_text(
            f"ProxyCommand {SSHD} -i -f {server}\nUser {getpass.getuser()}\n"
            f"IdentityFile {self._folder}/user\nIdentitiesOnly yes\n"
            f"UserKnownHostsFile {self._folder}/known\n"
        )
        return client


def _executable(path: Path, content: str) -> None:
    path.write_text(content)
    path.chmod(0o755)
