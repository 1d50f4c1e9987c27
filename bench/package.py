"""What the package costs: bytes that pip downloads for it, and what it adds to each start.

    python -m bench.package

Starts are the fastest of several, each a process of its own, as a user has them. The plugin's share
is the difference of two starts of pytest in a folder with one test, with the plugin and without.
The download is every wheel that `pip install tinyml-hil` takes into an empty environment.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
RUNS = 15
LARGEST_SHARE_MS = 50.0
"""The most that the plugin may add to a start of pytest that tests no firmware."""


def main() -> int:
    """Prints the figures; 1 if the plugin takes more than its share."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-download", action="store_true", help="only time starts")
    if not parser.parse_args().no_download:
        _print_download()
    _print_ms("tinyml-hil --help", _fastest([str(BIN / "tinyml-hil"), "--help"]))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_it.py").write_text("def test_it():\n    pass\n")
        share = _share_of_plugin(Path(folder))
    return int(share > LARGEST_SHARE_MS)


def _share_of_plugin(folder: Path) -> float:
    collect = [str(BIN / "pytest"), "--collect-only", "-q", "-p", "no:cacheprovider"]
    with_it, without = [], []
    for _ in range(RUNS):  # in turn, so that a machine that slows down slows both
        with_it.append(_ms(collect, folder))
        without.append(_ms([*collect, "-p", "no:tinyml_hil"], folder))
    share = min(with_it) - min(without)
    _print_ms("pytest --collect-only", min(with_it))
    _print_ms("... of which the plugin", share)
    return share


def _print_download() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
        _run([sys.executable, "-m", "build", "--wheel", "--outdir", name, str(ROOT)])
        (wheel,) = folder.glob("*.whl")
        print(f"{'wheel of the package':<28}{wheel.stat().st_size / 1e6:>9.1f} MB")
        constraints = ["-c", str(ROOT / "requirements.txt")]
        _run([*pip, "download", "--dest", name, *constraints, str(wheel)])
        sizes = {file.name: file.stat().st_size for file in folder.glob("*.whl")}
        print(f"{f'all {len(sizes)} wheels with it':<28}{sum(sizes.values()) / 1e6:>9.1f} MB")
        for file in sorted(sizes, key=sizes.__getitem__, reverse=True)[:5]:
            print(f"  {file.partition('-')[0]:<26}{sizes[file] / 1e6:>9.1f} MB")


def _fastest(command: list[str]) -> float:
    return min(_ms(command, ROOT) for _ in range(RUNS))


def _ms(command: list[str], folder: Path) -> float:
    start = time.perf_counter()
    _run(command, folder)
    return 1000 * (time.perf_counter() - start)


def _run(command: list[str], folder: Path = ROOT) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def _print_ms(name: str, value: float) -> None:
    print(f"{name:<28}{value:>9.0f} ms")


if __name__ == "__main__":
    sys.exit(main())
