# SPDX-License-Identifier: AGPL-3.0-or-later
"""Environment record: processor, load and package versions of a measurement."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from anpr.reader.network.model_card import load_card
from anpr.runtime.clock import SystemClock


def conditions(threads: int) -> dict[str, Any]:
    """What the figures were measured with."""
    packages = ("onnxruntime", "opencv-python-headless", "rapidocr")
    return {
        "date": SystemClock().now().date().isoformat(),
        "cpu": _cpu(),
        "threads": threads,
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in packages},
        "models": {
            name: load_card(name, task).version  # type: ignore[arg-type]
            for name, task in (("plate_detector_int8", "detect"), ("plate_recogniser_small_int8", "recognise"))
        },
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
