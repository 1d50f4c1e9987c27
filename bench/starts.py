"""Starts of firmware that polls its UART on QEMU: in how many the first command has no answer.

Such firmware keeps its core busy, so that QEMU has to be kept from sleeping through its input; see
``qemu_awake.py``. With ``--busy N``, N processes that only count keep the machine busy as well.

    python -m bench.starts [--starts 200] [--busy 0] [--timeout 30]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests import polled_uart

_COMMAND = b"help%"


def main() -> None:
    """Prints the count and the slowest answer."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--starts", type=int, default=200)
    parser.add_argument("--busy", type=int, default=0, help="processes beside it that only count")
    parser.add_argument("--timeout", type=float, default=30.0, help="seconds for an answer")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as name, ExitStack() as others:
        elf = polled_uart.build(Path(name) / "polled.elf")
        for _ in range(arguments.busy):
            others.enter_context(_busy_process())
        answers = [_seconds_to_answer(elf, arguments.timeout) for _ in range(arguments.starts)]
    answered = [seconds for seconds in answers if seconds is not None]
    print(f"{len(answers) - len(answered)} of {len(answers)} starts without an answer")
    if answered:
        print(f"slowest answer: {max(answered):.3f} s")


def _seconds_to_answer(elf: Path, timeout: float) -> float | None:
    with polled_uart.started(elf, elf.with_name("uart.log")) as link:
        assert polled_uart.says(link, b"ready\n", timeout), "it does not start"
        start = time.perf_counter()
        link.write(_COMMAND)
        answered = polled_uart.says(link, _COMMAND, timeout)
        return time.perf_counter() - start if answered else None


@contextmanager
def _busy_process() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()
