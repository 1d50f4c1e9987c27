"""The firmware's console, built for the host with sanitizers and driven over standard input."""

from __future__ import annotations

import hashlib
import json
import random
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from tests.unit.conftest import PATIENCE

REPOSITORY = Path(__file__).parents[2]
FIRMWARE = REPOSITORY / "firmware"
NAMES = """
    classifier console crc32 db device infer lane layers model parse selftest_command sha256
    stopwatch text transfer
"""
SOURCES = [FIRMWARE / "app" / f"{name}.c" for name in NAMES.split()]
SOURCES += [
    FIRMWARE / "test" / "host_board.c",
    Path(__file__).with_name("test_console_parser_host.c"),
]
CONFIG = """
#define BUILD_VERSION "1.2.3"
#define BUILD_PLATFORM "host"
#define BUILD_MODEL_NAME "fake"
#define BUILD_MODEL_SHA256 "00"
#define BUILD_ARENA_SIZE 64
#define BUILD_INPUT_SIZE 32768
#define BUILD_WITH_MODEL_LOAD 1
#define BUILD_WITH_TENSORS 0
"""
# '%' and line ends are among them; 16/256 and 48/256 are ties when rounded to three decimals.
IMAGE = bytes([37, 0, 13, 10, 255, 1, 164, 48])
OUTPUT = bytes([sum(IMAGE) % 256, IMAGE[0], IMAGE[-1]])

Talk = Callable[..., list[str]]


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console as a program."""
    folder = tmp_path_factory.mktemp("console")
    (folder / "build_info.h").write_text(CONFIG)
    program = folder / "console"
    command = ["gcc", "-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-Wconversion", "-Werror"]
    command += ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    command += [f"-I{FIRMWARE}", f"-I{folder}", "-o", str(program)]
    command += ["-D_GNU_SOURCE", *(str(source) for source in SOURCES), "-lm"]
    subprocess.run(command, check=True, timeout=PATIENCE)
    return program


@pytest.fixture(scope="session")
def talk(console: Path) -> Talk:
    """Sends bytes to a fresh console; returns the lines that it answered."""

    def send(*commands: str | bytes, scale: float = 1.0) -> list[str]:
        parts = [c.encode() if isinstance(c, str) else c for c in commands]
        done = subprocess.run(
            [str(console), repr(scale)],
            input=b"".join(parts),
            capture_output=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout.endswith(b"\r\n")
        return done.stdout.decode("latin-1").replace("\r\n", "\n").splitlines()

    return send


def binary(data: bytes, crc: int | None = None) -> bytes:
    crc = zlib.crc32(data) if crc is None else crc
    return f"db bin {len(IMAGE)} {crc:08x}%".encode() + data


LOAD = binary(IMAGE)
READY = "m-ready"
EXPECTING = "m-[Expecting 8 bytes]"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("dance%", "e-[Unknown command: dance]"),
        ("dance with me%", "e-[Unknown command: dance]"),
        ("n\x00me%", "e-[Unknown command: n?me]"),
        ("\x1b[Aname%", "e-[Unknown command: ?[Aname]"),
        ("%", "e-[Empty command]"),
        ("   %", "e-[Empty command]"),
        ("a" * 80 + "%", f"e-[Unknown command: {'a' * 80}]"),
        ("a" * 81 + "%", "e-[Line too long]"),
        ("a" * 5000 + "%", "e-[Line too long]"),
        ("name x%", "e-[Usage: name]"),
        ("batch 1%", "e-[Usage: batch ADDR COUNT]"),
        ("batch a b c d e f g%", "e-[Usage: batch ADDR COUNT]"),
        ("db%", "e-[Usage: db load N|HEX|print|bin N CRC32]"),
        ("db load%", "e-[Usage: db load N|HEX|print|bin N CRC32]"),
        ("db load 0%", "e-[Expected 8 bytes]"),
        ("db load 7%", "e-[Expected 8 bytes]"),
        ("db load 4294967304%", "e-[Expected 8 bytes]"),
        ("db load -8%", "e-[Expected 8 bytes]"),
        ("db 00%", "e-[First db load N]"),
        ("db bin 9 00000000%", "e-[Expected 8 bytes]"),
        ("db bin 8 0x000000%", "e-[Bad CRC32]"),
        ("db bin 8 000000000%", "e-[Bad CRC32]"),
        ("infer%", "e-[No input is loaded]"),
        ("infer 0%", "e-[Inference iterations must be >0]"),
        ("infer 1 x%", "e-[Inference warmup must be >=0]"),
        ("layers%", "e-[No input is loaded]"),
        ("layers 1%", "e-[Usage: layers]"),
        ("tensor 0%", "e-[No input is loaded]"),
        ("tensor%", "e-[Usage: tensor I]"),
        ("tensor 3%", "e-[No such op]"),
        ("tensor -1%", "e-[No such op]"),
        ("results%", "e-[No inference yet]"),
        ("output%", "e-[No inference yet]"),
        ("batch 0x60000000 0%", "e-[COUNT must be >0]"),
        ("batch 0x 1%", "e-[ADDR and COUNT must be numbers]"),
        ("batch 0x5fffffff 1%", "e-[Outside the memory lane]"),
        ("batch 0x60000ff9 1%", "e-[Outside the memory lane]"),
        ("batch 0xfffffff8 4294967295%", "e-[Outside the memory lane]"),
    ],
)
def test_a_wrong_command_is_one_error_line(talk: Talk, command: str, answer: str) -> None:
    assert talk(command) == [answer, READY]


def test_line_ends_between_commands_are_ignored(talk: Talk) -> None:
    name = ["m-name-dut-[tinyml-hil host]", READY]
    assert talk("\r\nname%\r\n\n\rname%\n") == name + name


def test_an_input_loads_as_hexadecimal_lines(talk: Talk) -> None:
    digits = IMAGE.hex()
    answer = talk("db load 8%", f"db {digits[:6].upper()}%", f"db {digits[6:]}%", "db print%")
    printed = "m-buffer-" + "-".join(f"{byte:02x}" for byte in IMAGE)
    assert answer == [EXPECTING, READY, READY, "m-load-done", READY, printed, READY]


def test_a_bad_line_loads_nothing_and_can_be_sent_again(talk: Talk) -> None:
    digits = IMAGE.hex()
    answer = talk("db load 8%", "db 0g%", "db 000%", f"db {digits}00%", f"db {digits}%", "db 00%")
    errors = ["e-[Bad hex]", READY, "e-[Bad hex]", READY, "e-[Too many bytes]", READY]
    done = ["m-load-done", READY, "e-[Too many bytes]", READY]
    assert answer == [EXPECTING, READY, *errors, *done]


def test_an_input_loads_as_raw_bytes(talk: Talk) -> None:
    assert talk(LOAD, "name%")[:3] == [EXPECTING, "m-load-done", READY]


def test_a_damaged_input_is_not_run(talk: Talk) -> None:
    wrong = f"e-[CRC mismatch: expected 00000001, got {zlib.crc32(IMAGE):08x}]"
    answer = talk(LOAD, binary(IMAGE, crc=1), "infer%")
    assert answer[3:] == [EXPECTING, wrong, READY, "e-[No input is loaded]", READY]


def test_a_stalled_input_is_given_up(talk: Talk) -> None:
    assert talk(binary(IMAGE)[:-3]) == [EXPECTING, "e-[Time-out: 5 of 8 bytes]", READY]


def test_a_loaded_input_can_be_run_again(talk: Talk) -> None:
    answer = talk(LOAD, "infer 2 1%", "output%")
    assert [line for line in answer if "lap" not in line] == [
        EXPECTING, "m-load-done", READY,
        "m-warmup-start-1", "m-warmup-done", "m-infer-start-2", "m-infer-done",
        f"m-results-[{','.join(f'{byte / 256:.3f}' for byte in OUTPUT)}]", READY,
        f"m-output-[{OUTPUT.hex()}]", "m-ticks-[100]", READY,
    ]  # fmt: skip


def test_layers_are_each_op_s_name_crc_of_all_outputs_and_ticks(talk: Talk) -> None:
    answer = talk(LOAD, "layers%")
    assert answer[3:] == [
        f"m-layer-[0,CONV_2D,{zlib.crc32(OUTPUT):08x},10]",
        f"m-layer-[1,ADD,{zlib.crc32(OUTPUT[:2]):08x},30]",
        f"m-layer-[2,CONV_2D,{zlib.crc32(OUTPUT):08x},60]",
        READY,
    ]


def test_a_tensor_is_its_size_its_crc_and_its_bytes(talk: Talk) -> None:
    image = bytes([65, 66, 0, 0, 0, 0, 0, 67])  # so that the output is text
    first, *rest = talk(binary(image), "tensor 1%")[3:]
    output = bytes([sum(image) % 256, 65])
    assert first == f"m-tensor-[1,2,{zlib.crc32(output):08x}]"
    assert rest == [output.decode("latin-1") + READY]


def test_no_ticks_are_taken_of_layers_in_a_later_inference(talk: Talk) -> None:
    answer = talk(LOAD, "layers%", "infer%", "output%")
    assert sum(line.startswith("m-layer-") for line in answer) == 3
    assert answer[-2:] == ["m-ticks-[100]", READY]


@pytest.mark.parametrize("then", ["batch 0x60000000 1%", "selftest%", "layers%", "tensor 0%"])
def test_the_output_of_another_input_is_never_given(talk: Talk, then: str) -> None:
    assert talk(LOAD, "infer%", then, "output%")[-2:] == ["e-[No inference yet]", READY]


MODEL = bytes(range(200)) + b"%\r\n"
MODEL_CRC = f"{zlib.crc32(MODEL):08x}"


def loaded(content: bytes) -> str:
    return f"m-model-loaded-[{hashlib.sha256(content).hexdigest()}]"


# 55, 56, 63 and 64 are where SHA-256's padding takes another block or none.
@pytest.mark.parametrize("size", [1, 55, 56, 63, 64, 119, 120, 4000])
def test_a_model_loads_as_raw_bytes(talk: Talk, size: int) -> None:
    content = random.Random(size).randbytes(size)
    command = f"model load {size} {zlib.crc32(content):08x}%".encode()
    assert talk(command + content) == [f"m-[Expecting {size} bytes]", loaded(content), READY]


def test_a_model_loads_from_the_lane(talk: Talk) -> None:
    content = bytes(i % 256 for i in range(16, 3016))  # what lies in the lane
    answer = talk(f"model load 3000 {zlib.crc32(content):08x} 0x60000010%")
    assert answer == [loaded(content), READY]


def test_a_loaded_model_takes_the_end_of_the_lane(talk: Talk) -> None:
    answer = talk(f"model load {len(MODEL)} {MODEL_CRC}%".encode() + MODEL, "info%")
    info = json.loads(answer[3].removeprefix("m-info-[").removesuffix("]"))
    assert info["lane"]["size"] == 4096 - 208  # 16 bytes is the engine's alignment
    assert (info["model"], info["model_sha256"]) == ("loaded", hashlib.sha256(MODEL).hexdigest())
    inside, outside = (0x60000000 + 4096 - 208 - 8 * n for n in (1, 0))
    load = f"model load {len(MODEL)} {MODEL_CRC}%".encode() + MODEL
    assert talk(load, f"batch {inside} 1%")[-2:] == ["m-batch-done", READY]
    assert talk(load, f"batch {outside} 1%")[-2:] == ["e-[Outside the memory lane]", READY]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("model%", "e-[Usage: model builtin|load N CRC32 [ADDR]]"),
        ("model load%", "e-[Usage: model builtin|load N CRC32 [ADDR]]"),
        ("model load 5%", "e-[Usage: model builtin|load N CRC32 [ADDR]]"),
        ("model builtin 5%", "e-[Usage: model builtin|load N CRC32 [ADDR]]"),
        ("model load 0 00000000%", "e-[N must be >0]"),
        ("model load x 00000000%", "e-[N must be >0]"),
        ("model load 5 xyz%", "e-[Bad CRC32]"),
        ("model load 4097 00000000%", "e-[No room for the model]"),
        ("model load 4294967295 00000000%", "e-[No room for the model]"),
        ("model load 16 00000000 0x60000ff1%", "e-[Outside the memory lane]"),
        ("model load 16 00000000 0x5fffffff%", "e-[Outside the memory lane]"),
        ("model load 16 00000000 zz%", "e-[Outside the memory lane]"),
        ("model load 16 00000000 0x60000000%", "e-[CRC mismatch: expected 00000000, got cecee288]"),
    ],
)
def test_a_wrong_model_command_leaves_the_built_in_model(
    talk: Talk, command: str, answer: str
) -> None:
    expected = [answer, READY, "m-profile-[ULPMark for tinyML Firmware V0.0.1]", "m-model-[fake]"]
    assert talk(command, "profile%")[:4] == expected


def test_a_damaged_or_stalled_model_leaves_the_built_in_model(talk: Talk) -> None:
    damaged = f"model load {len(MODEL)} 00000001%".encode() + MODEL
    assert talk(damaged, "profile%")[1:] == [
        f"e-[CRC mismatch: expected 00000001, got {MODEL_CRC}]", READY,
        "m-profile-[ULPMark for tinyML Firmware V0.0.1]", "m-model-[fake]", READY,
    ]  # fmt: skip
    assert talk(b"model load 200 00000001%" + MODEL[:50])[1] == "e-[Time-out: 50 of 200 bytes]"


def test_a_model_that_the_engine_refuses_leaves_the_built_in_model(talk: Talk) -> None:
    refused = b"\xff" + MODEL[1:]
    load = f"model load {len(refused)} {zlib.crc32(refused):08x}%".encode() + refused
    assert talk(load, "profile%", LOAD, "infer%", "output%")[1:] == [
        "e-[model: refused by the test]", READY,
        "m-profile-[ULPMark for tinyML Firmware V0.0.1]", "m-model-[fake]", READY,
        *talk(LOAD, "infer%", "output%"),
    ]  # fmt: skip


def test_the_built_in_model_comes_back_by_command(talk: Talk) -> None:
    load = f"model load {len(MODEL)} {MODEL_CRC}%".encode() + MODEL
    assert talk(load, "model builtin%", "profile%")[3:] == [
        "m-model-loaded-[00]", READY,
        "m-profile-[ULPMark for tinyML Firmware V0.0.1]", "m-model-[fake]", READY,
    ]  # fmt: skip


def test_input_and_output_of_another_model_are_forgotten(talk: Talk) -> None:
    load = f"model load {len(MODEL)} {MODEL_CRC}%".encode() + MODEL
    answer = talk(LOAD, "infer%", load, "output%", "infer%", "selftest%")
    assert answer[-6:] == [
        "e-[No inference yet]", READY,
        "e-[No input is loaded]", READY,
        "e-[The self-test is the built-in model's]", READY,
    ]  # fmt: skip


def test_a_batch_takes_its_inputs_from_the_lane(talk: Talk) -> None:
    first = bytes(range(8, 16))
    second = bytes(range(16, 24))
    outputs = [bytes([sum(image) % 256, image[0], image[-1]]).hex() for image in (first, second)]
    items = [f"m-item-[{i},0,100,{output}]" for i, output in enumerate(outputs)]
    assert talk("batch 0x60000008 2%") == [*items, "m-batch-done", READY]


def test_a_batch_may_end_with_the_lane(talk: Talk) -> None:
    assert talk("batch 1610616824 1%")[1:] == ["m-batch-done", READY]


def information(talk: Talk, scale: float = 1.0) -> dict[str, object]:
    line = talk("info%", scale=scale)[0]
    assert line.startswith("m-info-[")
    assert line.endswith("]")
    result: dict[str, object] = json.loads(line[len("m-info-[") : -1])
    return result


def test_info_is_json(talk: Talk) -> None:
    found = information(talk)
    assert found["build_id"] == "deadbeef"
    assert found["ops"] == ["CONV_2D", "ADD"]
    assert found["labels"] == ['a "quoted\\ label']
    assert found["lane"] == {"address": 0x60000000, "size": 4096}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(scale=st.floats(width=32, min_value=2**-126, allow_infinity=False, allow_nan=False))
def test_a_scale_survives_its_decimal_form(talk: Talk, scale: float) -> None:
    tensor = information(talk, scale)["input"]
    assert isinstance(tensor, dict)
    assert struct.pack("<f", tensor["scale"]) == struct.pack("<f", scale)


@pytest.mark.parametrize("seed", range(40))
def test_junk_never_stops_the_console(talk: Talk, seed: int) -> None:
    rng = random.Random(seed)
    words = [b"db", b"bin", b"load", b"8", b"infer", b"batch", b"0x60000000", b"%", b" ", b"\r"]
    parts = [rng.choice(words) if rng.random() < 0.7 else rng.randbytes(3) for _ in range(2000)]
    junk = b"".join(parts).replace(b"reset", b"").replace(b"infer", b"info")
    answer = talk(junk, b"\x00" * len(IMAGE), "%", "name%")
    assert answer[-2:] == ["m-name-dut-[tinyml-hil host]", READY]
