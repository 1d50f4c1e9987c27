"""The words that options take. On the ground, since options are read before anything is loaded."""

from __future__ import annotations

TARGETS = ("qemu", "renode", "board")
"""The product's own; more can be installed or named in a project's settings."""
REFERENCES = ("auto", "litert", "tensorflow", "tflite-micro")
"""Whose answers count; auto: of the runtime that infers on the device."""
LANES = ("auto", "memory", "uart")
DOORS = ("auto", "protocol", "printed", "debugger")
"""How inputs get into a firmware and outputs out of it; see docs/firmware.md."""
OWN_ENGINE, TFLM_ENGINE = "own", "tflm"
ENGINES = (OWN_ENGINE, TFLM_ENGINE)
"""What infers in firmware that is built: ours, or TensorFlow Lite for Microcontrollers."""
LITERT_ARITHMETIC, TFLM_ARITHMETIC = "litert", "tflm"
ARITHMETICS = (LITERT_ARITHMETIC, TFLM_ARITHMETIC)
"""Whose bits our engine gives, where LiteRT's reference kernels and TFLM's differ."""
OPS = ("model", "all")
"""What is linked of the engine: the model's ops, or all, so that other models can be loaded."""
RENODE_DRIVERS = ("monitor", "pyrenode")
FLASHERS = ("stm32cubeprogrammer", "openocd", "pyocd", "probe-rs", "mass-storage")
FLASH = ("auto", *FLASHERS, "none")

TASKS = ("classification", "multi-label", "regression", "anomaly", "segmentation", "none")
"""What a model may be for; how answers are judged is ``record``'s."""
