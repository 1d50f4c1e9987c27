"""Checks: what a run has to satisfy, and the sentence that says how it did not."""

from __future__ import annotations

import math
import re
import sys

import numpy as np

from tinyml_hil.build import Firmware, Platform
from tinyml_hil.coverage import require_coverage
from tinyml_hil.dataset import Dataset
from tinyml_hil.device import Device, DeviceInfo
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model, TensorSpec
from tinyml_hil.record import InputRecord, Task
from tinyml_hil.session.options import Options
from tinyml_hil.target import Target
from tinyml_hil.words import shown

NO_IMAGES = "self-test: no images"
"""What firmware says that has none to test itself with."""
_OFFICIAL = {
    "ic01": (32 * 32 * 3, 10),
    "kws01": (49 * 10, 12),
    "vww01": (96 * 96 * 3, 2),
    "ad01": (640, 640),
}
"""MLPerf Tiny's models: how many values each takes, and how many it gives."""
_SHOWN = 5
_VALUES = 20
"""Values of an output that are shown."""
# What follows the prediction is a score, which need not be a probability.
_SELFTEST_LINE = re.compile(r"image \d+: label (?P<label>.+), prediction (?P<prediction>.+), [^,]+")


def difference(record: InputRecord, dataset: Dataset, task: Task) -> str:
    """How the device's output differs from the host's; empty if it does not."""
    if record.exact:
        return ""
    what = "printed values" if record.precision else "output bytes"
    compared = np.count_nonzero(record.compared)
    title = f"{dataset.title(record.index)} ({task.label(record)})"
    answers = (
        f"the device says {task.answer(record, 'device')}, the host {task.answer(record, 'host')}"
    )
    if not record.has_the_label:
        return (
            f"{title}: the firmware has the label {task.class_name(record.said_label)} for it: "
            f"is {dataset.name} what it has built in, in this order?"
        )
    further = _further(record)
    if not compared or (further and not record.different):
        return f"{title}: {answers}{further}"
    return (
        f"{title}: {record.different} of {compared} {what} differ from the host, "
        f"by {record.largest_difference:g} at most; {answers}{further}\n"
        f"{_outputs(record)}"
    )


def instability(record: InputRecord, dataset: Dataset) -> str:
    """How an input that was run several times did not give the same bits; empty if it did."""
    if not record.unstable:
        return ""
    times = "once" if record.unstable == 1 else f"{record.unstable:,} times"
    return (
        f"{dataset.title(record.index)}: the device is unstable: run again, it gave other bits "
        f"than at first, {times}"
    )


def _further(record: InputRecord) -> str:
    """How the outputs behind the first one differ; empty if they do not."""
    return "".join(
        f"; of output {number}, {np.count_nonzero(differing)} of {differing.size} values differ"
        for number, pair in enumerate(record.rest, start=1)
        if not pair.is_exact(record.precision)
        for differing in [pair.differing(record.precision)]
    )


def _outputs(record: InputRecord) -> str:
    """Both outputs, as far as the device's is known; of many values only the first that differ."""
    shown, where = np.flatnonzero(record.compared), ""
    if not record.compared.all():
        where = f"  at     {shown.tolist()}\n"
    if shown.size > _VALUES:
        shown = np.flatnonzero(record.compared & (record.output != record.expected))[:_VALUES]
        where = f"  at     {shown.tolist()}\n"
    device, host = record.output[shown].tolist(), record.expected[shown].tolist()
    return f"{where}  device {device}\n  host   {host}"


def differences(records: list[InputRecord], dataset: Dataset, task: Task) -> str:
    """The first inputs that are unstable or whose output differs; empty if there are none."""
    said = (instability(r, dataset) or difference(r, dataset, task) for r in records)
    found = [text for text in said if text]
    more = len(found) - _SHOWN
    return "\n".join(
        found[:_SHOWN] + ([f"... and {more} {dataset.what}s more"] if more > 0 else [])
    )


def mistakes(records: list[InputRecord], dataset: Dataset, task: Task) -> str:
    """The inputs that the device gets wrong, one line each."""
    return "\n".join(
        f"{dataset.title(r.index)}: label {task.label(r)}, "
        f"device {task.answer(r, 'device')}, host {task.answer(r, 'host')}"
        for r in records
        if task.is_right(r, "device") is False
    )


def selftest_images(lines: list[str]) -> int:
    """How many images the self-test's lines show."""
    return len(_selftest_matches(lines))


def selftest_labels(lines: list[str], dataset: Dataset) -> str:
    """How the labels in the self-test's lines differ from the dataset's; empty if they do not."""
    first = range(min(selftest_images(lines), len(dataset)))
    labels = [dataset.class_name(dataset.label(i)) for i in first]
    return _selftest_mismatch(lines, "label", labels, "the dataset")


def selftest_predictions(lines: list[str], classes: list[str]) -> str:
    """How the classes in the self-test's lines differ from the host's; empty if they do not."""
    return _selftest_mismatch(lines, "prediction", classes, "the host")


def _selftest_matches(lines: list[str]) -> list[re.Match[str]]:
    return [match for line in lines if (match := _SELFTEST_LINE.fullmatch(line))]


def _selftest_mismatch(lines: list[str], what: str, wanted: list[str], whose: str) -> str:
    if not (shown := _selftest_matches(lines)):
        return "the self-test shows no image"
    return "\n".join(
        f"image {i}: the firmware says {what} {match[what]}, {whose} {right}"
        for i, (match, right) in enumerate(zip(shown, wanted, strict=False))
        if match[what] != right
    )


def warn_of_doubts(device: Device, model: Model, is_held: bool) -> None:
    """Says what is not known of firmware that cannot say what it is.

    Args:
        device: runs it.
        model: the one that was given.
        is_held: whether a debugger holds it: what runs is the ELF itself.
    """
    doubt = other_model if is_held else unchecked
    for said in (doubt(device.firmware, model), doubt_by_name(device.claimed_model, model)):
        if said:
            print(f"warning: {said}", file=sys.stderr)


def unchecked(firmware: Firmware, model: Model) -> str:
    """What is not known of firmware that cannot say what it is, and what its ELF says instead."""
    found = firmware.embedded_model
    lacks = "the firmware lacks the command 'info'"
    if found is None:
        return f"{lacks}: whether its build and its model are those that were given is not checked"
    if not found.differing:
        return f"{lacks}: {model.name} is in its ELF, but whether that is what runs is not checked"
    return f"{lacks}: whether the ELF is what runs is not checked; {other_model(firmware, model)}"


def other_model(firmware: Firmware, model: Model) -> str:
    """How the model in an ELF differs from the one that was given; empty if none is seen to."""
    found = firmware.embedded_model
    if found is None or not found.differing:
        return ""
    return (
        f"the model in {firmware.elf}, at {found.address:#x}, is not {model.name}: "
        f"bytes that differ: {found.differing:,}"
    )


def require_same_model(info: DeviceInfo, model: Model) -> None:
    """Refuses firmware that was built with another model.

    Raises:
        UsageError: the SHA-256 of its model is not that of ``model``.
    """
    if info.model_sha256 != model.sha256:
        raise UsageError(
            f"the firmware holds the model {info.model} (sha256 {info.model_sha256[:12]}...), "
            f"not {model.path} ({model.sha256[:12]}...); "
            "give the one that it was built with: --model"
        )


def doubt_by_name(claimed: str, model: Model) -> str:
    """Why firmware may run another model than ``model``, by its own word; empty if it may be that.

    ``claimed``: what it calls its model; empty if it does not say. A user's own names say nothing.
    """
    told, name = claimed.lower(), model.name.lower()
    if not told or told == name:
        return ""
    ask = f"the firmware calls its model {shown(claimed)!r}: was it built with {model.path}, which"
    ends = math.prod(model.input.shape), math.prod(model.output.shape)
    wanted = _OFFICIAL.get(told, ends)
    if ends != wanted:
        return (
            f"{ask} takes {ends[0]:,} values and gives {ends[1]:,}? MLPerf Tiny's takes "
            f"{wanted[0]:,} and gives {wanted[1]:,}"
        )
    others = [other for other in _OFFICIAL if other in name and other not in told]
    return f"{ask} by its name is {others[0]}?" if others else ""


def require_labels(dataset: Dataset, model: Model, task: Task) -> None:
    """Refuses a dataset with more or fewer classes than the model tells apart, or other labels.

    Raises:
        UsageError: it is such.
    """
    for index in range(len(dataset)):
        if problem := task.misfit(dataset.truth(index)):
            raise UsageError(f"{dataset.name}: {dataset.title(index)} {problem}")
    if (count := len(dataset.classes)) != model.class_count:
        raise UsageError(
            f"{dataset.name} has {count:,} class{'' if count == 1 else 'es'}, but "
            f"{model.name} tells {model.class_count} apart: name the model's classes "
            "with --labels, or choose another --dataset"
        )


def tensor_mismatch(actual: object, spec: TensorSpec) -> str:
    """How the device's account of a tensor differs from the model's; empty if it does not."""
    wanted = {
        "shape": spec.shape,
        "type": spec.dtype.name,
        "scale": np.float32(spec.scale),
        "zero_point": spec.zero_point,
        "bytes": spec.bytes,
    }
    # A scale is a float32, of which as many decimals were printed as tell it from any other.
    told = {name: getattr(actual, name) for name in wanted}
    told["scale"] = np.float32(told["scale"])
    return "; ".join(
        f"{name} is {told[name]}, the model has {wanted[name]}"
        for name in wanted
        if told[name] != wanted[name]
    )


def require_watched(options: Options, target: type[Target]) -> None:
    """Refuses ``--coverage`` where the target does not tell what code it runs."""
    if options.coverage and not target.knows_coverage:
        raise UsageError(
            f"--coverage is not known on --target={options.target}, which does not tell what code "
            "it runs: take qemu or renode"
        )


def require_runnable(options: Options, target: type[Target], platform: Platform) -> None:
    """Refuses a platform that the target does not run, and a lane that there is none of."""
    if options.target not in platform.targets:
        raise UsageError(
            f"the platform {platform.name} runs on {', '.join(platform.targets)}, "
            f"not on {options.target}"
        )
    if options.lane == "memory" and not target.has_lane(platform):
        raise UsageError(
            f"there is no memory lane to {platform.name} on {options.target}; use --lane=uart"
        )


def require_coverable(options: Options, firmware: Firmware) -> None:
    """Refuses ``--coverage`` where what runs cannot be told by lines, as ``require_coverage``."""
    if options.coverage:
        require_coverage(firmware.elf)
