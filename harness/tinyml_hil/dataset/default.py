"""The default dataset: the first 20 test images of CIFAR-10, downloaded when they are wanted.

They come out of a wheel on PyPI, foolbox, which ships them as lossless PNGs: the guide's ten are
the first of them. They are laid down as CIFAR-10's own binary layout, and as PNGs to look at.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from filelock import FileLock
from PIL import Image

from tinyml_hil.dataset.folders import CIFAR10_CLASSES
from tinyml_hil.errors import SetupError
from tinyml_hil.files import write_atomically

FOOLBOX = "foolbox==3.3.4"
_IMAGES_SHA256 = "7a75c7f3d741a45b5f79cc341c8607a874c6f441de815b9d426ace5249b5c733"


def default_dataset_folder(cache: Path) -> Path:
    """Where the default dataset is, if it has been downloaded."""
    return cache / "data" / "cifar10-first20"


def default_dataset(cache: Path) -> Path:
    """The folder of the default dataset, which is downloaded into ``cache`` if it is not there.

    Raises:
        SetupError: it cannot be downloaded; the message says what to do instead.
        OSError: the cache cannot be written.
    """
    folder = default_dataset_folder(cache)
    batch = folder / "test_batch.bin"
    if batch.is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not batch.is_file():
            _make(folder, batch)
    return folder


def _make(folder: Path, batch: Path) -> None:
    print(f"downloading the default images, once: {folder}", file=sys.stderr, flush=True)
    images = folder.parent / "images"
    images.mkdir(exist_ok=True)
    records = b""
    wheel = download_wheel(FOOLBOX)
    for member in sorted(n for n in wheel.namelist() if n.startswith("foolbox/data/cifar10_")):
        index, label = Path(member).stem.split("_")[1:]
        png = wheel.read(member)
        (images / f"{index}-{CIFAR10_CLASSES[int(label)]}.png").write_bytes(png)
        pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
        records += bytes([int(label)]) + pixels.transpose(2, 0, 1).tobytes()
    require_sha256(records, _IMAGES_SHA256, FOOLBOX)
    write_atomically(folder / "batches.meta.txt", ("\n".join(CIFAR10_CLASSES) + "\n").encode())
    # Last, since its being there says that all of it is.
    write_atomically(batch, records)


def download_wheel(requirement: str, *options: str) -> zipfile.ZipFile:
    """A wheel from PyPI, or from wherever pip is set up to look; nothing of it is installed.

    Args:
        requirement: such as ``foolbox==3.3.4``.
        options: of ``pip download``.

    Raises:
        SetupError: pip is not there, or cannot download it.
    """
    instead = "or bring labelled images of your own with --dataset"
    if importlib.util.find_spec("pip") is None:
        raise SetupError(
            f"{requirement} has to be downloaded, and this environment has no pip: "
            f"python -m ensurepip, {instead}"
        )
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--dest", folder, *options, requirement]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            said = (result.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise SetupError(
                f"pip cannot download {requirement}: {said}. Is PyPI reachable? {instead}"
            )
        return zipfile.ZipFile(io.BytesIO(next(Path(folder).glob("*.whl")).read_bytes()))


def require_sha256(content: bytes, expected: str, source: str) -> None:
    """Refuses what is not what it was when it was chosen.

    Raises:
        SetupError: its SHA-256 is another.
    """
    actual = hashlib.sha256(content).hexdigest()
    if actual != expected:
        raise SetupError(f"{source}: sha256 is {actual}, expected {expected}")
