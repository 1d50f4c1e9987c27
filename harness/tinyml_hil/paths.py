"""Where the parts of a checkout are: firmware sources, platforms, downloaded data, build output."""

from __future__ import annotations

import os
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FIRMWARE = ROOT / "firmware"
PLATFORMS = ROOT / "platforms"
MODELS = ROOT / "fixtures" / "models"
BUILD = ROOT / "build"
LOGS = BUILD / "logs"
REPORTS = Path(os.environ.get("TINYML_HIL_REPORTS", BUILD / "reports"))
"""One folder a run; see docs/results.md."""
BUDGETS = ROOT / "budgets.toml"
BASELINES = ROOT / "fixtures" / "baselines"
DEFAULT_MODEL = MODELS / "cifar10.tflite"
IC01 = BUILD / "data" / "models" / "ic01.tflite"
DEFAULT_DATASET = BUILD / "data" / "cifar10-first20"


def run_logs(prefix: str = "") -> Path:
    """The folder for the transcripts of one run: named after the time and this process."""
    return LOGS / f"{prefix}{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
