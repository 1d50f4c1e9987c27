"""Front ends: inputs that a user's own function makes of files and arrays; and WAV files."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.io import wavfile

from tests.zoo import ZOO
from tinyml_hil.dataset import Dataset, FrontEnd, decode_input, load_dataset, load_front_end
from tinyml_hil.errors import UsageError
from tinyml_hil.session import Options, Session, read_input

RATE = 8000
MODULE = """
import numpy as np
from scipy.io import wavfile


def features(given):
    rate, samples = wavfile.read(given)
    return samples[: 49 * 10].reshape(49, 10) / 32768
"""


def _double(given: Any) -> Any:
    return np.asarray(given, np.float32) * 2


def _stem(given: Path) -> list[float]:
    return [float(given.stem), given.stat().st_size]


def _set(folder: Path, *names: str) -> Path:
    """Class folders of WAV files, each louder than the one before."""
    for number, name in enumerate(names, start=1):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        wavfile.write(file, RATE, np.full(600, 1000 * number, np.int16))
    return folder


def _inputs(dataset: Dataset) -> list[tuple[list[float], str]]:
    return [
        (dataset.image(i).tolist(), dataset.class_name(dataset.label(i)))
        for i in range(len(dataset))
    ]


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (np.array([-32768, 0, 16384], np.int16), [-1, 0, 0.5]),
        (np.array([0, 128, 192], np.uint8), [-1, 0, 0.5]),
        (np.array([-(1 << 31), 0, 1 << 30], np.int32), [-1, 0, 0.5]),
        (np.array([-1.5, 0, 0.5], np.float32), [-1.5, 0, 0.5]),
        (np.array([[16384, 0], [0, -16384]], np.int16), [[0.5, 0], [0, -0.5]]),
    ],
)
def test_wav_is_real_numbers(tmp_path: Path, samples: NDArray[Any], expected: list[Any]) -> None:
    wavfile.write(tmp_path / "a.wav", RATE, samples)
    values = decode_input((tmp_path / "a.wav").read_bytes(), "a.wav")
    assert values.dtype == np.float32
    assert values.tolist() == expected


def test_what_is_no_wav_is_refused_by_its_name() -> None:
    for content in (b"", b"RIFF", b"RIFF\0\0\0\0WAVEfmt "):
        with pytest.raises(UsageError, match=r"^a\.wav is no WAV file that can be read: "):
            decode_input(content, "a.wav")


def test_class_folders_of_wav_are_inputs_without_a_front_end(tmp_path: Path) -> None:
    dataset = load_dataset(_set(tmp_path, "test/no/a.wav", "test/yes/B.WAV"))
    assert dataset.what == "input"
    assert [(len(v), v[0], name) for v, name in _inputs(dataset)] == [
        (600, 1000 / 32768, "no"),
        (600, 2000 / 32768, "yes"),
    ]


def test_model_of_features_says_what_wav_files_need(tmp_path: Path) -> None:
    path, _ = ZOO["spectrogram"].write(tmp_path)
    session = Session(Options(target="qemu", model=path, dataset=_set(tmp_path / "s", "0/a.wav")))
    with pytest.raises(UsageError, match=r'600, but .* own\.toml says: front_end = "module:name"$'):
        session.model.input_of(session.dataset.image(0))


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_front_end_gets_each_file_whatever_its_format(tmp_path: Path, packed: bool) -> None:
    names = ("up/3.raw", "down/4.raw", "down/5.raw", "down/read me.txt")
    for name in names:
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_bytes(b"x" * int(name.split("/")[1][0] != "r"))
    place = tmp_path / "set"
    if packed:
        with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
            for name in names:
                archive.write(place / name, name)
        place = tmp_path / "set.zip"
    dataset = load_dataset(place, front_end=FrontEnd("m:stem", _stem))
    assert _inputs(dataset) == [([4, 1], "down"), ([3, 1], "up"), ([5, 1], "down")]
    assert dataset.title(2) == "input 2, down/5.raw"
    assert dataset.notes == (
        "passes over 1 file, since .txt is not what most files are, .raw: down/read me.txt",
    )


def _npz(folder: Path) -> Path:
    np.savez(folder / "set.npz", x=np.array([[1.5, 2], [3, 4]]), y=np.array([1, 0]))
    return folder / "set.npz"


def _csv(folder: Path) -> Path:
    (folder / "set.csv").write_text("a,b,label\n1.5,2,1\n3,4,0\n")
    return folder / "set.csv"


@pytest.mark.parametrize("make", [_npz, _csv])
def test_front_end_gets_each_array(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    dataset = load_dataset(make(tmp_path), front_end=FrontEnd("m:double", _double))
    assert _inputs(dataset) == [([3, 4], "1"), ([6, 8], "0")]
    assert dataset.title(1) == "input 1"


def test_front_end_gets_the_files_of_mlperf_s_layout(tmp_path: Path) -> None:
    (tmp_path / "y_labels.csv").write_text("7.bin,3,2\n")
    (tmp_path / "7.bin").write_bytes(b"abc")
    dataset = load_dataset(tmp_path, front_end=FrontEnd("m:stem", _stem))
    assert _inputs(dataset) == [([7, 3], "2")]
    assert dataset.what == "input"


def _named(folder: Path, name: str, module: str) -> FrontEnd:
    (folder / "kws_features.py").write_text(module)
    return load_front_end(name, [folder])


def test_module_is_found_beside_the_model_then_in_the_project_then_where_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [tmp_path / name for name in ("models", "project")]
    for folder in folders:
        folder.mkdir()
        (folder / "where.py").write_text(f"def f(given): return [{len(folder.name)}]")
    assert load_front_end("where:f", folders)(Path("x"), "x").tolist() == [6]
    (folders[0] / "where.py").unlink()
    assert load_front_end("where:f", folders)(Path("x"), "x").tolist() == [7]
    (folders[1] / "where.py").unlink()
    (tmp_path / "where.py").write_text("def f(given): return [0]")
    monkeypatch.syspath_prepend(tmp_path)
    assert load_front_end("where:f", folders)(Path("x"), "x").tolist() == [0]


def test_module_of_a_standard_module_s_name_takes_its_place_nowhere_else(tmp_path: Path) -> None:
    import json

    (tmp_path / "json.py").write_text(
        "import wave\nfrom beside import two\ndef f(given): return two"
    )
    (tmp_path / "beside.py").write_text("two = [2]")
    assert load_front_end("json:f", [tmp_path])(Path("x"), "x").tolist() == [2]
    assert sys.modules["json"] is json


@pytest.mark.parametrize(
    ("name", "module", "complaint"),
    [
        ("kws_features", "", "is 'kws_features'; it is a Python function, module:function"),
        ("kws_features:f()", "", "it is a Python function, module:function"),
        ("absent:f", "", "there is no module absent in .*, and none is installed"),
        ("kws_features:f", "f = 3", "there is no function f in kws_features"),
        (
            "kws_features:f",
            "\nimport not_there",
            r"cannot be loaded in kws_features.py, line 2: ModuleNotFoundError: No module named",
        ),
        ("kws_features:f", "def f(:", r"cannot be loaded: SyntaxError: .*kws_features\.py, line 1"),
    ],
)
def test_front_end_that_cannot_be_loaded_is_refused(
    tmp_path: Path, name: str, module: str, complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        _named(tmp_path, name, module)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("1 / 0", r"fails in kws_features\.py, line 2: ZeroDivisionError: division by zero$"),
        ("int('x')", r"fails in kws_features\.py, line 2: ValueError: invalid literal"),
        ("raise SystemExit", r"fails in kws_features\.py, line 2: SystemExit$"),
        ("return None", r"gives object of shape \(\); an input has numbers"),
        ("return 'x'", "gives <U1 of shape"),
        ("return [[1], [2, 3]]", "fails: ValueError: "),
    ],
)
def test_front_end_that_fails_is_named_with_the_input_and_its_line(
    tmp_path: Path, body: str, complaint: str
) -> None:
    front_end = _named(tmp_path, "kws_features:f", f"def f(given):\n    {body}\n")
    with pytest.raises(UsageError, match=f"^a.wav: front_end kws_features:f {complaint}"):
        front_end(Path("a.wav"), "a.wav")


def test_toml_beside_the_model_names_the_front_end(tmp_path: Path) -> None:
    path, _ = ZOO["spectrogram"].write(tmp_path)
    (tmp_path / "own.toml").write_text('front_end = "kws_features:features"')
    (tmp_path / "kws_features.py").write_text(MODULE)
    data = _set(tmp_path / "set", "0/a.wav", "11/b.wav")
    session = Session(Options(target="qemu", model=path, dataset=data))
    assert session.dataset.image(1).shape == (49, 10)
    tensor = session.model.input_of(session.dataset.image(1))
    assert tensor.shape == session.model.input.shape
    again = read_input(data / "11" / "b.wav", session.model, session.front_end)
    assert np.array_equal(tensor, again)
    expected = session.model.input.quantize(np.array([2000 / 32768], np.float32))
    assert (tensor == expected).all()
