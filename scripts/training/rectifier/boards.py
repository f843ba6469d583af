# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hard negatives, drawn: telephone numbers, web addresses, shop boards, captions and stickers that read like plates."""

import cv2
import numpy as np

from anpr.capture.image_file import Image
from scripts.training.rectifier.panel import Panel

_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
)
_WORDS = (
    "AUTOTRASPORTI", "TRASPORTI", "NOLEGGIO", "OFFICINA", "TAXI", "AMBULANZA", "BAR", "FERRAMENTA", "SCUOLABUS",
    "EDILIZIA", "IMPIANTI", "LOGISTICA", "VIAGGI", "VENDESI", "MERCEDES", "IVECO", "SCANIA", "FIAT", "TURBO", "SERVICE",
    "USCITA", "PORTA", "EURO 6", "TIR", "FRAGILE", "APERTO", "CARNI", "GELATI", "PANIFICIO",
)  # fmt: skip


def board(rng: np.random.Generator) -> Panel:
    """A board of one or two lines, shaped like a plate."""
    height = 88
    width = int(height * rng.uniform(1.2, 5.5))
    dark = bool(rng.random() < 0.45)
    ground = np.clip(rng.integers(0, 110, 3) if dark else rng.integers(140, 256, 3), 0, 255)
    ink = rng.integers(170, 256, 3) if dark else rng.integers(0, 110, 3)
    image = np.full((height, width, 3), ground, np.uint8)
    lines = 2 if rng.random() < 0.35 else 1
    for line in range(lines):
        _write(image, _text(rng), (line * height // lines, height // lines), tuple(int(v) for v in ink), rng)
    if rng.random() < 0.4:
        cv2.rectangle(image, (1, 1), (width - 2, height - 2), tuple(int(v) for v in ink), int(rng.integers(1, 5)))
    return Panel(image=image, part=(0, 0, width, height), lines=0)


def _text(rng: np.random.Generator) -> str:
    dice = rng.random()
    if dice < 0.35:
        return "".join(str(d) for d in rng.integers(0, 10, int(rng.integers(6, 11))))
    if dice < 0.45:
        return f"www.{str(rng.choice(_WORDS)).lower()}.it"
    if dice < 0.6:
        return f"{rng.choice(_WORDS)} {rng.integers(1, 999)}"
    if dice < 0.7:
        return f"{rng.integers(0, 24):02d}:{rng.integers(0, 60):02d}:{rng.integers(0, 60):02d}"
    return str(rng.choice(_WORDS))


def _write(image: Image, text: str, rows: tuple[int, int], ink: tuple[int, ...], rng: np.random.Generator) -> None:
    """The text across `rows` (top, height px), as large as it fits."""
    font, thick = int(rng.choice(_FONTS)), int(rng.integers(2, 6))
    (w, h), _ = cv2.getTextSize(text, font, 1.0, thick)
    scale = min(image.shape[1] * 0.92 / w, rows[1] * rng.uniform(0.45, 0.8) / h)
    (w, h), _ = cv2.getTextSize(text, font, scale, thick)
    cv2.putText(image, text, ((image.shape[1] - w) // 2, rows[0] + (rows[1] + h) // 2), font, scale, ink, thick,
                cv2.LINE_AA)  # fmt: skip
