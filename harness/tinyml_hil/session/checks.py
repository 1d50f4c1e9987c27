"""Checks: what a run has to satisfy, and the sentence that says how it did not."""

from __future__ import annotations

import re

from tinyml_hil.build import SELFTEST_IMAGES
from tinyml_hil.dataset import Dataset
from tinyml_hil.device import DeviceInfo
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model, TensorSpec
from tinyml_hil.record import InputRecord, Summary

_SHOWN = 5
_SELFTEST_LINE = re.compile(r"image \d+: label (?P<label>.+), prediction .+, confidence \d.*%")


def difference(record: InputRecord, dataset: Dataset) -> str:
    """How the device's output differs from the host's; empty if it does not."""
    if record.exact:
        return ""
    what = "printed values" if record.precision else "output bytes"
    return (
        f"image {record.index} ({dataset.class_name(record.label)}): "
        f"{record.different} of {record.output.size} {what} differ from the host, "
        f"by {record.largest_difference:g} at most; "
        f"the device says {dataset.class_name(record.device_class)}, "
        f"the host {dataset.class_name(record.host_class)}\n"
        f"  device {record.output.tolist()}\n"
        f"  host   {record.expected.tolist()}"
    )


def differences(records: list[InputRecord], dataset: Dataset) -> str:
    """The first images whose output differs; empty if there are none."""
    found = [text for record in records if (text := difference(record, dataset))]
    more = len(found) - _SHOWN
    return "\n".join(found[:_SHOWN] + ([f"... and {more} images more"] if more > 0 else []))


def mistakes(records: list[InputRecord], dataset: Dataset) -> str:
    """The images whose class the device gets wrong, one line each."""
    wrong = [r for r in records if r.device_class != r.label]
    return "\n".join(
        f"image {r.index}: label {dataset.class_name(r.label)}, "
        f"device {dataset.class_name(r.device_class)}, host {dataset.class_name(r.host_class)}"
        for r in wrong
    )


def accuracy_difference(summary: Summary) -> str:
    """How the device's accuracy differs from the host's; empty if it does not."""
    if summary.device_correct == summary.host_correct:
        return ""
    return (
        f"the device gets {summary.device_correct} of {summary.images} right, "
        f"the host {summary.host_correct}"
    )


def selftest_labels(lines: list[str], dataset: Dataset) -> str:
    """How the labels in the self-test's lines differ from the dataset's; empty if they do not."""
    printed = [match for line in lines if (match := _SELFTEST_LINE.fullmatch(line))]
    wanted = [dataset.class_name(dataset.label(i)) for i in range(len(dataset))][:SELFTEST_IMAGES]
    if len(printed) < len(wanted):
        return f"the self-test shows {len(printed)} images, the dataset has {len(wanted)}"
    return "\n".join(
        f"image {i}: the firmware says label {match['label']}, the dataset {label}"
        for i, (match, label) in enumerate(zip(printed, wanted, strict=False))
        if match["label"] != label
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


def tensor_mismatch(actual: object, spec: TensorSpec) -> str:
    """How the device's account of a tensor differs from the model's; empty if it does not."""
    differing = [
        f"{name} is {getattr(actual, name)}, the model has {wanted}"
        for name, wanted in (
            ("shape", spec.shape),
            ("type", spec.dtype.name),
            ("scale", spec.scale),
            ("zero_point", spec.zero_point),
            ("bytes", spec.bytes),
        )
        if getattr(actual, name) != wanted
    ]
    return "; ".join(differing)
