"""Makes the README's picture of a report, from a real run: ``make report-picture``.

At the left a page as it opens, at the right the gallery of the same page, on a phone at night.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.broken import break_firmware
from tinyml_hil.cli.doctor import find_browser
from tinyml_hil.record import run_folders
from tinyml_hil.report import PAGE
from tinyml_hil.session import Options, Session

HEIGHT = 1400
DESK, PHONE = 1180, 390
GAP = 24
COLOURS = 256
"""A palette is enough, and a third of the size."""


def main(picture: Path, evaluate_options: list[str]) -> None:
    """Evaluates a model with a flipped bit, and takes the picture of its report."""
    with tempfile.TemporaryDirectory() as folder:
        elf = break_firmware(Session(Options()), Path(folder))
        command = ["tinyml-hil", "evaluate", "--firmware", str(elf), *evaluate_options]
        reports = Path(folder) / "reports"
        result = subprocess.run(command, env=os.environ | {"TINYML_HIL_REPORTS": str(reports)})
        if result.returncode != 1:  # outputs differ, which is what the picture is to show
            sys.exit(f"the evaluation ended with {result.returncode}, not with 1")
        (run,) = run_folders(reports)
        _take(run / PAGE).quantize(COLOURS).save(picture, optimize=True)


def _take(page: Path) -> Image.Image:
    whole = Image.new("RGB", (DESK + GAP + PHONE, HEIGHT), "white")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        desk = browser.new_page(viewport={"width": DESK, "height": HEIGHT}, color_scheme="light")
        desk.goto(page.as_uri())
        whole.paste(Image.open(BytesIO(desk.screenshot())), (0, 0))
        phone = browser.new_page(
            viewport={"width": PHONE, "height": HEIGHT},
            color_scheme="dark",
            reduced_motion="reduce",  # it is at the gallery at once
        )
        phone.goto(f"{page.as_uri()}#gallery")
        whole.paste(Image.open(BytesIO(phone.screenshot())), (DESK + GAP, 0))
        browser.close()
    return whole


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
