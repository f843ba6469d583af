# SPDX-License-Identifier: AGPL-3.0-or-later
"""Training loop of one recipe stage with Ultralytics: started, resumed or skipped by what the work folder holds."""

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from anpr.domain.errors import SettingsError
from scripts.training.detector.recipe import ARCHITECTURE, BATCH, LIGHT_AUGMENTATION, Stage

_DONE = "finished"
WARMING_STEPS = 60
"""Steps over which Adam finds its moments anew before the rate of an `every_step` stage is full."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One stage on one machine."""

    stage: Stage
    start: str
    """Weights to start from, or the name of a network description."""
    train: tuple[Path, ...]
    val: tuple[Path, ...]
    work: Path
    """Folder of this stage: lists, checkpoints, log."""
    device: str = "cpu"


def require_ultralytics() -> None:
    """Raises SettingsError, saying what to install, where the extra `train` is missing."""
    try:
        import onnx  # noqa: F401, PLC0415
        import ultralytics  # noqa: F401, PLC0415
    except ImportError as exc:
        raise SettingsError(f"training needs the extra `train` ({exc.name} is missing): uv sync --extra train") from exc


def run_stage(run: Run, tell: Callable[[str], None]) -> Path:
    """Train `run` to its end, from its last checkpoint where there is one; returns its best weights."""
    best, last = run.work / "fit" / "weights" / "best.pt", run.work / "fit" / "weights" / "last.pt"
    if (run.work / _DONE).exists() and best.exists():
        tell(f"stage {run.stage.name}: done before, skipped")
        return best
    listing = _write_lists(run)
    resume = last.exists()
    tell(f"stage {run.stage.name}: {'resumed' if resume else 'started'} on {len(run.train)} pictures")
    model = _network(run, last)
    model.add_callback("on_train_start", lambda trainer: _prepare(trainer, run.stage))
    if run.stage.every_step:
        model.add_callback("on_train_batch_start", step_rate(run.stage))
    model.add_callback("on_fit_epoch_end", lambda trainer: _stop_early(trainer, run.stage))
    if resume:
        model.train(resume=True)
    else:
        model.train(data=str(listing), **arguments(run))
    (run.work / _DONE).touch()
    return best


def _network(run: Run, last: Path) -> Any:
    """The network that the stage goes on with: its last checkpoint, or what it starts from."""
    from ultralytics import YOLO  # noqa: PLC0415

    if last.exists():
        return YOLO(str(last))
    if not run.stage.direct:
        return YOLO(run.start)
    # Every layer that the weights have in the same shape is theirs; the last layers of the boxes begin anew.
    return YOLO(str(describe_direct(run.work))).load(run.start)


def describe_direct(work: Path) -> Path:
    """YOLO11n with boxes given as four distances: Ultralytics' description of it, with two numbers changed."""
    from ultralytics.nn.tasks import yaml_model_load  # noqa: PLC0415

    made = work / f"direct-{ARCHITECTURE}"  # its name says the network's size to Ultralytics
    described = yaml_model_load(ARCHITECTURE) | {"nc": 1, "reg_max": 1}
    made.write_text(yaml.safe_dump(described), encoding="utf-8")
    return made


def arguments(run: Run) -> dict[str, Any]:
    """The stage as arguments of Ultralytics' trainer."""
    stage = run.stage
    return {
        **LIGHT_AUGMENTATION,
        "imgsz": stage.image_px,
        "epochs": stage.rate_epochs,
        "batch": min(BATCH, len(run.train)),
        "nbs": stage.pictures_a_step,
        "optimizer": "AdamW",
        "lr0": stage.first_rate,
        "lrf": stage.last_share,
        "cos_lr": True,
        "warmup_epochs": stage.warmup_epochs,
        "warmup_bias_lr": 0.0,
        "mosaic": stage.mosaic,
        "close_mosaic": stage.mosaic_off_epochs,
        "seed": stage.seed,
        "deterministic": False,  # seeds are fixed; bit-equal kernels would cost a fifth of the speed
        "cache": "ram",
        "workers": 1,
        "device": run.device,
        "amp": run.device != "cpu",
        "save_period": 1,
        "patience": 0,
        "plots": False,
        "project": str(run.work.resolve()),
        "name": "fit",
        "exist_ok": True,
    }


def _write_lists(run: Run) -> Path:
    """The lists of images and their description, in the form Ultralytics reads; labels lie beside images/."""
    run.work.mkdir(parents=True, exist_ok=True)
    for split, pictures in (("train", run.train), ("val", run.val)):
        lines = "".join(f"{picture.absolute()}\n" for picture in pictures)
        (run.work / f"{split}.txt").write_text(lines, encoding="utf-8")
    listing = run.work / "data.yaml"
    facts = {"path": str(run.work.resolve()), "train": "train.txt", "val": "val.txt", "names": {0: "plate"}}
    listing.write_text(yaml.safe_dump(facts), encoding="utf-8")
    return listing


def _prepare(trainer: Any, stage: Stage) -> None:
    """What Ultralytics has no setting for: all cores on a CPU, its fastest memory layout, and grey images."""
    import torch  # noqa: PLC0415

    if trainer.device.type == "cpu":
        torch.set_num_threads(len(os.sched_getaffinity(0)))
        _in_bfloat16(trainer.model)
    trainer.model.to(memory_format=torch.channels_last)  # a third faster on two cores
    plain = trainer.preprocess_batch

    def greyed(batch: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = plain(batch)
        images = made["img"]
        chosen = torch.rand(images.shape[0]) < stage.grey
        if chosen.any():
            images[chosen] = images[chosen].mean(1, keepdim=True).expand(-1, 3, -1, -1)
        made["img"] = images.contiguous(memory_format=torch.channels_last)
        return made

    trainer.preprocess_batch = greyed


def _in_bfloat16(model: Any) -> None:
    """Let the network's passes, not its loss, run in bfloat16: twice as fast on processors that compute in it.

    Ultralytics mixes precisions on GPUs only. Its running mean of the weights, which is what a stage leaves behind,
    was copied before and stays as it is.
    """
    import torch  # noqa: PLC0415

    plain = model.predict

    def mixed(*args: Any, **kwargs: Any) -> Any:
        with torch.autocast("cpu", torch.bfloat16):
            return _as_float(plain(*args, **kwargs))

    if torch.cpu._is_avx512_bf16_supported():
        model.predict = mixed


def _as_float(made: Any) -> Any:
    """The tensors of a nest of lists, tuples and dictionaries in full precision."""
    if isinstance(made, dict):
        return {key: _as_float(value) for key, value in made.items()}
    if isinstance(made, list | tuple):
        return type(made)(_as_float(value) for value in made)
    return made.float() if hasattr(made, "float") else made


def step_rate(stage: Stage) -> Callable[[Any], None]:
    """A callback that sets the learning rate before every step: a short ramp, then a cosine over the whole stage."""
    counted = 0

    def before_step(trainer: Any) -> None:
        nonlocal counted
        a_pass = len(trainer.train_loader)
        # A resumed stage goes on where its checkpoint was, at the start of an epoch.
        step = trainer.start_epoch * a_pass + counted
        for group in trainer.optimizer.param_groups:
            group["lr"] = rate_at(step, stage.epochs * a_pass, stage) * min(1.0, (counted + 1) / WARMING_STEPS)
        counted += 1

    return before_step


def rate_at(step: int, steps: int, stage: Stage) -> float:
    """The learning rate at `step` of `steps`, without the ramp."""
    fallen = 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))
    return stage.first_rate * (stage.last_share + (1 - stage.last_share) * fallen)


def _stop_early(trainer: Any, stage: Stage) -> None:
    """End a stage whose cosine is longer than itself; the weights of that epoch are what the next one starts from."""
    if trainer.epoch + 1 >= stage.epochs:
        trainer.stop = True
