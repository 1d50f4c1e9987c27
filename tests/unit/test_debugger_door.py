"""The door `debugger`: firmware of any kind, with nothing changed in it, held at its inference."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.foreign import IMAGES, Foreign, build_foreign, small_model
from tests.unit.conftest import Run
from tinyml_hil.build import Firmware, Symbols
from tinyml_hil.device import Device, LayerComparison
from tinyml_hil.errors import DeviceError, LinkError, UsageError
from tinyml_hil.project import Project
from tinyml_hil.session import Options, Session

PASSED, CHECKS_FAILED = 0, 1
CALL = '[debugger]\ncall = "tflite::MicroInterpreter::Invoke()"\n'
GLOBALS = CALL + 'input = "g_input"\noutput = "*g_output"\n'
SHORT = 2.0
"""Seconds that are waited for what never comes."""


@pytest.fixture(scope="module")
def looping(tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    """Firmware that infers in a loop."""
    return build_foreign(tmp_path_factory.mktemp("looping"))


def _session(foreign: Foreign, **options: object) -> Session:
    chosen = Options(
        firmware=foreign.elf,
        model=foreign.model,
        dataset=foreign.dataset,
        **options,  # type: ignore[arg-type]
    )
    return Session(chosen, Project.at(foreign.elf.parent))


@contextmanager
def _opened(session: Session) -> Iterator[Device]:
    with session.device(session.project.root / "uart.log") as device:
        yield device


def _exact(foreign: Foreign, **options: object) -> int:
    """How many images give the host's bits."""
    session = _session(foreign, **options)
    try:
        with _opened(session) as device:
            records = session.evaluation(device).records(range(IMAGES))
            return sum(record.exact for record in records)
    finally:
        session.close()


def _refusal(foreign: Foreign, kind: type[Exception], **options: object) -> str:
    """What is said instead of classifying."""
    session = _session(foreign, **options)
    with pytest.raises(kind) as caught, _opened(session) as device:
        device.classify(session.model.input_of(session.dataset.image(0)))
    return str(caught.value)


def test_firmware_that_infers_in_a_loop_runs_a_dataset(looping: Foreign) -> None:
    assert _exact(looping) == IMAGES


def test_firmware_that_infers_at_boot_only_runs_a_dataset(tmp_path: Path) -> None:
    assert _exact(build_foreign(tmp_path, "ONCE")) == IMAGES


def test_firmware_that_awaits_a_command_is_told_to_infer(tmp_path: Path) -> None:
    assert _exact(build_foreign(tmp_path, "PROMPT")) == IMAGES


def test_firmware_that_awaits_words_of_its_own_is_sent_them(tmp_path: Path) -> None:
    foreign = build_foreign(tmp_path, "PROMPT", "QUIET")
    (tmp_path / "firmware.toml").write_text(GLOBALS + 'send = "go%"\n')
    assert _exact(foreign) == IMAGES


def test_symbols_alone_do_with_places_of_the_user_s(tmp_path: Path) -> None:
    foreign = build_foreign(tmp_path, flags=())
    (tmp_path / "firmware.toml").write_text(GLOBALS)
    assert _exact(foreign) == IMAGES


def test_addresses_do_where_there_are_no_symbols(looping: Foreign, tmp_path: Path) -> None:
    foreign = build_foreign(tmp_path, flags=("-s",))
    symbols = Symbols(looping.elf)
    call = symbols.function("tflite::MicroInterpreter::Invoke()").address
    arena = symbols.variable("tensor_arena").address
    (tmp_path / "firmware.toml").write_text(
        f'[debugger]\ncall = "{call:#x}"\ninput = "{arena:#x}"\noutput = "{arena + 64:#x}"\n'
    )
    assert _exact(foreign) == IMAGES


@pytest.mark.parametrize("macros", [(), ("STAI",)], ids=["ai_network", "stai_network"])
@pytest.mark.parametrize("flags", [("-g",), ()], ids=["with types", "symbols alone"])
def test_firmware_of_st_edge_ai_needs_no_configuration(
    tmp_path: Path, macros: tuple[str, ...], flags: tuple[str, ...]
) -> None:
    assert _exact(build_foreign(tmp_path, *macros, flags=flags, source="st.c")) == IMAGES


def test_layers_are_the_host_s(looping: Foreign) -> None:
    session = _session(looping)
    with _opened(session) as device:
        comparison = LayerComparison(device, session.model, "litert")
        results = list(comparison.results(session.model.input_of(session.dataset.image(0))))
    assert [(r.node.op, r.difference) for r in results] == [
        ("RESHAPE", None),
        ("FULLY_CONNECTED", None),
    ]


def test_looking_at_layers_leaves_the_next_inference_as_it_was(looping: Foreign) -> None:
    session = _session(looping)
    tensor = session.model.input_of(session.dataset.image(0))
    with _opened(session) as device:
        before = device.classify(tensor)
        device.load(tensor.tobytes())
        device.layers()
        after = device.classify(tensor)
    assert (before.output.tobytes(), before.ticks) == (after.output.tobytes(), after.ticks)


def test_a_reset_changes_no_answer(looping: Foreign) -> None:
    session = _session(looping)
    tensor = session.model.input_of(session.dataset.image(0))
    with _opened(session) as device:
        before = device.classify(tensor).output.tobytes()
        device.reset()
        assert device.classify(tensor).output.tobytes() == before


def test_what_the_firmware_prints_is_kept(looping: Foreign) -> None:
    with _opened(_session(looping)) as device:
        assert device.boot_lines == ["foreign firmware"]


def test_run_shows_what_firmware_prints_that_infers_at_boot(run_cli: Run, tmp_path: Path) -> None:
    foreign = build_foreign(tmp_path, "ONCE")
    result = run_cli("run", *foreign.options()[:4], "--reply-timeout", SHORT)
    assert "image 9: 127 -88 82" in result.stdout
    assert "--door=debugger" in result.stderr


def test_our_own_firmware_gives_the_same_bits_and_layers(tmp_path: Path, built: Firmware) -> None:
    outputs, layers = [], []
    for door in ("protocol", "debugger"):
        session = Session(Options(firmware=built.elf, door=door), Project.at(tmp_path))
        tensors = [session.model.input_of(session.dataset.image(i)) for i in range(3)]
        with _opened(session) as device:
            outputs.append([result.output.tobytes() for result in device.classify_many(tensors)])
            device.load(tensors[0].tobytes())
            layers.append([(layer.op, layer.crc32) for layer in device.layers()])
    assert outputs[0] == outputs[1]
    assert layers[0] == layers[1]


def test_suite_is_green_and_skips_with_the_true_reason(run_pytest: Run, looping: Foreign) -> None:
    result = run_pytest("-rs", "--target=qemu", *looping.options())
    assert result.returncode == PASSED, result.stdout
    assert "through the debugger there is no 'info'" in result.stdout
    assert re.search(rf"bit-exact +{IMAGES}/{IMAGES}", result.stdout)


def test_one_flipped_weight_is_named_by_image_and_layer(
    run_pytest: Run, looping: Foreign, tmp_path: Path
) -> None:
    model = looping.model.read_bytes()
    content = bytearray(looping.elf.read_bytes())
    content[content.index(model) + model.index(small_model()[1])] ^= 1 << 4
    elf = tmp_path / "flipped.elf"
    elf.write_bytes(content)
    result = run_pytest("--target=qemu", *Foreign(elf, looping.model, looping.dataset).options())
    assert result.returncode == CHECKS_FAILED, result.stdout
    assert "the first layer that differs is op 1, FULLY_CONNECTED" in result.stdout


def test_stripped_firmware_says_what_is_missing(tmp_path: Path) -> None:
    said = _refusal(build_foreign(tmp_path, flags=("-s",)), UsageError, door="debugger")
    assert "has no symbols" in said
    assert "firmware.toml" in said


def test_symbols_alone_say_what_is_missing(tmp_path: Path) -> None:
    assert "-g" in _refusal(build_foreign(tmp_path, flags=()), UsageError)


def test_firmware_that_never_infers_is_told_by_where_it_is(tmp_path: Path) -> None:
    said = _refusal(build_foreign(tmp_path, "NEVER"), LinkError, reply_timeout=SHORT)
    assert "tflite::MicroInterpreter::Invoke() was not called" in said
    assert "foreign.cc:" in said


def test_inference_that_hangs_is_told_by_where_it_is(tmp_path: Path) -> None:
    said = _refusal(build_foreign(tmp_path, "HANGS"), LinkError, reply_timeout=SHORT)
    assert "tflite::MicroInterpreter::Invoke() has not returned" in said
    assert "foreign.cc:" in said


def test_inference_that_says_that_it_failed_is_told(tmp_path: Path) -> None:
    said = _refusal(build_foreign(tmp_path, "FAILS"), DeviceError)
    assert said == "tflite::MicroInterpreter::Invoke() returned kTfLiteError"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("nonsense = 1", "unknown field `nonsense`"),
        ('[debugger]\ncall = "run"', "missing required field `input`"),
        ("", "neither a table [printed] nor a table [debugger]"),
        ("[debugger", "is not TOML"),
        (CALL + 'input = "nothere"\noutput = "g_output"', "nothere"),
        (CALL + 'input = "this->"\noutput = "g_output"', "'this->' is not a place"),
        ('[debugger]\ncall = "nothere"\ninput = "g_input"\noutput = "g_output"', "nothere"),
        ('[debugger]\ncall = "Setup"\ninput = "g_input"\noutput = "g_output"', "noinline"),
    ],
)
def test_bad_configuration_is_one_sentence(
    looping: Foreign, tmp_path: Path, content: str, said: str
) -> None:
    config = tmp_path / "firmware.toml"
    config.write_text(content)
    message = _refusal(looping, UsageError, firmware_config=config)
    assert said in message
    assert "\n" not in message
