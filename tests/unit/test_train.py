"""`make train`: a dataset becomes two models and their card, and a stop costs nothing but time."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from fixtures import places
from fixtures.train.corpus import Corpus, read_corpora
from fixtures.train.images import augment, prepare, targets, twins
from fixtures.train.recipe import Recipe
from tests.unit.conftest import PATIENCE, said_by_us
from tinyml_hil.dataset import CIFAR10_CLASSES, ArrayDataset
from tinyml_hil.errors import UsageError
from tinyml_hil.model import load_model

TINY = Recipe(
    epochs=5,
    batch=16,
    held_out=20,
    representative=20,
    widths=(4, 8),
    depths=(0, 1),
    peak_rate=0.05,
    sizes=((0.0, 16), (0.3, 32)),
)


def _easy(count: int, seed: int) -> NDArray[np.uint8]:
    """CIFAR-10 records whose class is their brightness, over noise from black to white."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 10
    pixels = rng.integers(0, 256, (count, 3, 32, 32))
    pixels[:, :2] = (labels * 25)[:, None, None, None]
    # Stripes of each image's own, so that no two of a class are twins.
    pixels[:, 2] = rng.integers(0, 2, (count, 1, 8)).repeat(4, axis=2) * 255
    return np.hstack([labels[:, None], pixels.reshape(count, -1)]).astype(np.uint8)


@pytest.fixture(scope="module", autouse=True)
def folder_for_temporary_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """TensorFlow leaves a file for each function that it translates where a process ends at once,
    as one that is killed, and a worker of pytest-xdist.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("tensorflow")))
        patch.setattr(tempfile, "tempdir", None)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    _easy(300, seed=1).tofile(folder / "data_batch_1.bin")
    _easy(40, seed=2).tofile(folder / "test_batch.bin")
    return folder


def _photograph(seed: int) -> NDArray[np.uint8]:
    """A smooth image, as JPEG compresses well."""
    corners = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    return np.asarray(Image.fromarray(corners).resize((32, 32), Image.Resampling.BICUBIC))


def _as_jpeg(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=75)
    return np.asarray(Image.open(file))


def _corpus(name: str, images: list[NDArray[np.uint8]]) -> Corpus:
    labels = np.arange(len(images)) % 10
    dataset = ArrayDataset(name, CIFAR10_CLASSES, np.stack(images), labels)
    return Corpus(name, dataset, dataset)


def test_images_that_another_corpus_has_as_jpegs_are_held_out_of_both() -> None:
    originals = [_photograph(seed) for seed in range(30)]
    corpora = [_corpus("png", originals), _corpus("jpeg", [_as_jpeg(image) for image in originals])]
    data = prepare(corpora, replace(TINY, held_out=10, representative=5))
    assert [part["left_out"] for part in data.record["training"]] == [10, 10]
    assert len(data.held_out) == 10
    assert not twins(data.images.pixels, data.held_out.pixels).any()


def test_corpus_with_repeats_is_shown_that_often_an_epoch() -> None:
    corpora = [
        replace(_corpus("often", [_photograph(seed) for seed in range(30)]), repeats=3),
        _corpus("once", [_photograph(seed) for seed in range(100, 105)]),
    ]
    data = prepare(corpora, replace(TINY, held_out=10, representative=5))
    assert np.bincount(data.order).tolist() == [3] * 20 + [1] * 5


def test_same_seed_holds_out_the_same_images(folder: Path) -> None:
    first, second = (prepare(read_corpora([str(folder)]), TINY).record for _ in range(2))
    assert first == second
    assert prepare(read_corpora([str(folder)]), replace(TINY, seed=2)).record != first


def test_augmentation_shifts_and_mirrors_but_invents_no_pixel() -> None:
    ramp = np.arange(32, dtype=np.uint8)
    images = np.broadcast_to(ramp[None, None, :, None], (200, 32, 32, 3))
    rows = augment(images, np.random.default_rng(0))[:, 0, :, 0].astype(int)
    rising = rows[:, 20] > rows[:, 10]
    assert 60 < rising.sum() < 140
    middles = np.where(rising, rows[:, 16], rows[:, 15])
    assert set(middles) == set(range(12, 21))
    assert rows.max() <= 31


def test_target_is_the_smoothed_label_unless_the_teacher_is_right() -> None:
    teacher = np.zeros((2, 10), np.float32)
    teacher[:, 3] = [0.75, 0.75]
    teacher[:, 5] = [0.25, 0.25]
    wrong, right = targets(np.array([5, 3]), teacher, Recipe())
    assert wrong[5] == pytest.approx(0.955)
    assert wrong[3] == pytest.approx(0.005)
    assert right[5] > 10 * right[0]
    assert [float(target.sum()) for target in (wrong, right)] == pytest.approx([1, 1])


def test_rate_rises_stays_and_falls_to_nothing() -> None:
    recipe = Recipe(peak_rate=1.0, warm_up=0.1, cool_down=0.5)
    rates = [recipe.rate(progress) for progress in (0.0, 0.05, 0.1, 0.5, 0.75, 1.0)]
    assert rates == pytest.approx([0, 0.5, 1, 1, 0.5, 0])


def test_training_leaves_two_models_and_a_card_that_tells_what_they_are(
    folder: Path, tmp_path: Path
) -> None:
    pipeline = pytest.importorskip("fixtures.train.pipeline")
    pipeline.run(read_corpora([f"{folder}:3"]), None, TINY, tmp_path / "work", tmp_path / "out")
    facts = json.loads((tmp_path / "out" / "cifar10.json").read_text())
    for io_type, name in (("uint8", "cifar10.tflite"), ("int8", "cifar10_int8.tflite")):
        model = load_model(tmp_path / "out" / name)
        assert model.input.dtype == model.output.dtype == np.dtype(io_type)
        assert model.input.scale == 1 / 64
        assert facts["models"][io_type]["sha256"] == model.sha256
        assert facts["models"][io_type]["correct"][folder.name] >= 20  # of 40; by chance 4
        assert model.sha256 in (tmp_path / "out" / "cifar10.md").read_text()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        *("cifar10.json", "cifar10.md", "cifar10.tflite", "cifar10_int8.tflite"),
    ]


# Trains, and prints what it reports and the digests of the best weights; dies in an epoch if asked.
TRAINED = """
import os, signal, sys
from pathlib import Path
from tests.unit.test_train import TINY, train

def report(line):
    print(line.split(",")[:2], flush=True)
    if line.startswith(sys.argv[3]):  # trained, but not saved yet
        os.kill(os.getpid(), signal.SIGKILL)

print(train(Path(sys.argv[1]), Path(sys.argv[2]), report))
"""


def train(folder: Path, work: Path, report: Callable[[str], None]) -> list[str]:
    """Trains the tiny network: the digests of its best weights."""
    trainer_module = pytest.importorskip("fixtures.train.trainer")
    data = prepare(read_corpora([str(folder)]), TINY)
    trainer = trainer_module.Trainer(TINY, data, targets(data.images.labels, None, TINY))
    trainer.train(work, report)
    return [sha256(v.numpy().tobytes()).hexdigest() for v in trainer.model.variables]


def trained(folder: Path, work: Path, killed_in: str) -> subprocess.CompletedProcess[str]:
    """Trains in a process of its own: TensorFlow's kernels go by what it was loaded with, which in
    this process other tests may have chosen.
    """
    return subprocess.run(
        [sys.executable, "-c", TRAINED, str(folder), str(work), killed_in],
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.mark.nightly
def test_killed_run_goes_on_to_the_weights_of_an_uninterrupted_one(
    folder: Path, tmp_path: Path
) -> None:
    pytest.importorskip("tensorflow")
    whole = trained(folder, tmp_path / "whole", "never")
    assert whole.returncode == 0, whole.stderr
    killed = trained(folder, tmp_path / "killed", "epoch 2")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    rest = trained(folder, tmp_path / "killed", "never")
    assert rest.returncode == 0, rest.stderr
    assert rest.stdout.splitlines() == whole.stdout.splitlines()[1:]


def test_folder_of_another_run_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(UsageError, match="a run with other images or another recipe"):
        train(folder, tmp_path, print)
    assert (tmp_path / "run.json").read_text() == "{}"


def _command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fixtures.train", *arguments],
        cwd=places.ROOT,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_path_that_is_not_there_is_one_line_and_exit_2(tmp_path: Path) -> None:
    result = _command("--data", str(tmp_path / "nowhere"))
    assert result.returncode == 2
    assert said_by_us(result.stderr) == [f"error: no dataset at {tmp_path / 'nowhere'}"]


def test_download_without_a_network_says_what_to_do_instead(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    proxy = "http://127.0.0.1:9"  # the port of `discard`, where nobody listens
    result = _command(HTTPS_PROXY=proxy, HTTP_PROXY=proxy, KERAS_HOME=str(tmp_path))
    assert result.returncode == 3
    # What TensorFlow says before that is its own matter, and depends on the processor.
    assert result.stderr.splitlines()[-1].startswith("error: ")
    assert "give a copy of it with --data DIR" in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr
