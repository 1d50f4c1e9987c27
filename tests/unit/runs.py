"""Runs as they lie on the disk, made without a device."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tinyml_hil.history.symbols import SYMBOLS
from tinyml_hil.record import RESULTS, CampaignRecord, InputRecord, RunRecord, save_results

CLASSES = ["cat", "dog", "frog"]
SYMBOL_SIZES = {"nn_conv_2d": 1200, "main": 300}


def a_record(**changes: Any) -> RunRecord:
    """A run of two images that passed."""
    record = RunRecord(
        id="20261122-100000-qemu-0001",
        command=["tinyml-hil", "evaluate"],
        started="2026-11-22T10:00:00Z",
        ended="2026-11-22T10:01:00Z",
        status="passed",
        target="qemu",
        platform="mps2-an500",
        reference="litert",
        unit="instructions",
        lane="memory",
        options={"ops": "model"},
        versions={"compiler": "gcc 12.2"},
        git={"revision": "a" * 40, "dirty": False},
        firmware={
            "build_id": "b1",
            "sha256": "e" * 64,
            "path": "firmware.elf",
            "sizes": {
                "flash": 30000,
                "ram": 34000,
                "model": 98496,
                "selftest": 30964,
                "arena": 64512,
                "stack": 8192,
            },
        },
        model={
            "name": "ic01",
            "path": "ic01.tflite",
            "sha256": "c" * 64,
            "macs": 12501632,
            "preprocessing": {},
        },
        dataset={
            "name": "two",
            "path": "two",
            "sha256": "d" * 64,
            "images": 2,
            "duplicates": 0,
            "selection": "all",
            "classes": CLASSES,
        },
        memory={
            "arena_used": 39712,
            "arena_size": 64512,
            "stack_used": 744,
            "stack_size": 8192,
        },
        boot_ticks=170_000_000,
        numbers={
            "images": 2,
            "exact": 2,
            "accuracy_device": 0.875,
            "accuracy_host": 0.875,
            "ticks_mean": 16_800_000,
        },
        layers=[{"index": 0, "op": "CONV_2D", "ticks": 1000, "macs": 10}],
    )
    return replace(record, **changes)


def a_campaign(**changes: Any) -> CampaignRecord:
    """A campaign on what ``a_record`` ran, in which 2 of 100 faults were critical."""
    run = a_record()
    record = CampaignRecord(
        id="20261122-110000-qemu-campaign-0001",
        command=["tinyml-hil", "campaign"],
        started="2026-11-22T11:00:00Z",
        ended="2026-11-22T11:01:00Z",
        status="passed",
        target=run.target,
        platform=run.platform,
        firmware=run.firmware,
        model=run.model,
        dataset=run.dataset,
        unit=run.unit,
        options=run.options,
        versions=run.versions,
        git=run.git,
        choice={
            "where": ["weights", "biases"],
            "kind": "flip",
            "seed": 0,
            "faults": 100,
            "margin": None,
            "layer": None,
            "first_address": None,
            "last_address": None,
        },
        outcomes={"masked": 98, "critical": 2},
        critical={"rate": 0.02, "low": 0.0055, "high": 0.07},
    )
    return replace(record, **changes)


def a_campaign_folder(reports: Path, **changes: Any) -> Path:
    """The folder of a campaign, with its record."""
    record = a_campaign(**changes)
    folder = reports / record.id
    folder.mkdir(parents=True, exist_ok=True)
    record.save(folder)
    return folder


def a_run(
    reports: Path,
    outputs: list[list[int]] | None = None,
    truths: list[list[float]] | None = None,
    **changes: Any,
) -> Path:
    """The folder of a run, with its record, symbols, and the device's outputs if given.

    ``truths``: of each, if its label says less.
    """
    record = a_record(**changes)
    folder = reports / record.id
    folder.mkdir(parents=True, exist_ok=True)
    record.save(folder)
    (folder / SYMBOLS).write_text(json.dumps(SYMBOL_SIZES))
    if outputs:
        results = [_result(i, output) for i, output in enumerate(outputs)]
        if truths:
            given = zip(results, map(np.array, truths), strict=True)
            results = [replace(result, truth=truth) for result, truth in given]
        save_results(folder / RESULTS, results)
    return folder


def _result(index: int, output: list[int]) -> InputRecord:
    tensor = np.array(output, np.int8)
    return InputRecord(index=index, label=index, expected=tensor, output=tensor, ticks=100)
