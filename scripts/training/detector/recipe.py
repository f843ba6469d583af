# SPDX-License-Identifier: AGPL-3.0-or-later
"""Training recipe of the plate detector as data: the seven stages that made the weights in models/."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

ARCHITECTURE = "yolo11n.yaml"
"""Network description that the first stage starts from, with random weights."""

LIGHT_AUGMENTATION: dict[str, float] = {
    "fliplr": 0.0,  # letters are never mirrored
    "hsv_h": 0.015,
    "hsv_s": 0.6,
    "hsv_v": 0.5,
    "degrees": 4,
    "translate": 0.1,
    "scale": 0.5,
    "shear": 2,
    "perspective": 0.0003,
}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One training run. Epochs are whole passes; learning rates are AdamW's, falling on a cosine."""

    name: str
    image_px: int
    epochs: int
    first_rate: float
    last_share: float
    """Last learning rate as a share of the first."""
    rate_epochs: int
    """Length of the cosine: longer than `epochs` where the stage was stopped early."""
    every_step: bool = False
    """The rate falls with every step, after 60 steps of warming up, instead of from epoch to epoch."""
    mosaic: float
    mosaic_off_epochs: int = 0
    """Epochs at the end without mosaic."""
    warmup_epochs: float = 0.2
    pictures_a_step: int = 16
    """Images whose gradients are summed before the weights move."""
    grey: float = 0.0
    """Share of images that lose their colour, as under infrared light."""
    drawn: int = 0
    """Images with drawn plates that join the real ones."""
    framed: int = 0
    """Images of cut-out plates in a plain margin that join them."""
    mended: bool = False
    """The labels that the real images lack are added."""
    thin: str = ""
    """Of real images whose name begins so, only every second is used."""
    direct: bool = False
    """The head gives a box's four distances themselves, as YOLO26's does, not a distribution over each."""
    seed: int = 20


STAGES = (
    Stage(
        name="scratch", image_px=352, epochs=11, rate_epochs=11, first_rate=1.5e-3, last_share=0.05, mosaic=1.0,
        mosaic_off_epochs=2, warmup_epochs=3.0, pictures_a_step=64,
    ),
    Stage(
        name="sharper", image_px=416, epochs=2, rate_epochs=5, first_rate=4e-4, last_share=0.5, mosaic=0.5,
        warmup_epochs=0.3, grey=0.12,
    ),
    Stage(
        name="drawn", image_px=416, epochs=1, rate_epochs=7, first_rate=3e-4, last_share=0.01, mosaic=0.25, grey=0.12,
        drawn=1600, thin="uc3m_", seed=21,
    ),
    Stage(
        name="settled", image_px=416, epochs=2, rate_epochs=2, first_rate=3e-4, last_share=0.01, every_step=True,
        mosaic=0.25, warmup_epochs=0.0, grey=0.12, drawn=1600, thin="uc3m_", seed=22,
    ),
    Stage(
        name="long", image_px=480, epochs=12, rate_epochs=12, first_rate=8e-4, last_share=0.01, every_step=True,
        mosaic=0.3, warmup_epochs=0.0, grey=0.15, drawn=2400, mended=True, thin="uc3m_", seed=23,
    ),
    Stage(
        name="direct", image_px=480, epochs=14, rate_epochs=14, first_rate=8e-4, last_share=0.01, every_step=True,
        mosaic=0.3, warmup_epochs=0.0, grey=0.15, drawn=2400, mended=True, thin="uc3m_", direct=True, seed=24,
    ),
    Stage(
        name="framed", image_px=480, epochs=2, rate_epochs=2, first_rate=2.5e-4, last_share=0.01, every_step=True,
        mosaic=0.3, warmup_epochs=0.0, grey=0.15, drawn=2400, framed=1200, mended=True, thin="uc3m_", direct=True,
        seed=25,
    ),
)  # fmt: skip
"""Every stage starts from the weights of the one before."""

BATCH = 16
DRAWN_SEED = 8


def quick(stage: Stage) -> Stage:
    """The same stage made so small that it runs in seconds: for tests of the recipe, not for weights."""
    drawn, framed = min(stage.drawn, 4), min(stage.framed, 4)
    return replace(stage, image_px=96, epochs=1, rate_epochs=1, drawn=drawn, framed=framed, mosaic_off_epochs=0)


def longer(stages: Sequence[Stage], factor: int) -> tuple[Stage, ...]:
    """The same stages with `factor` times as many epochs in the last: where time allows, the figures still rise."""
    last = stages[-1]
    more = replace(last, epochs=last.epochs * factor, rate_epochs=last.rate_epochs * factor)
    return (*stages[:-1], more)


def as_facts(stage: Stage) -> dict[str, Any]:
    """The stage for the card."""
    return asdict(stage)
