# SPDX-License-Identifier: AGPL-3.0-or-later
"""Options of the verbs that read pictures: which engines, how many threads."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, get_args

import click

from anpr.settings import DetectorSettings, ReaderSettings, RecogniserSettings

_DETECTORS = get_args(DetectorSettings.model_fields["engine"].annotation)
_RECOGNISERS = get_args(RecogniserSettings.model_fields["engine"].annotation)


@dataclass(frozen=True, kw_only=True)
class Engines:
    """What was chosen on the command line; None where nothing was."""

    engine: str | None
    recogniser: str | None
    threads: int | None

    def over(self, settings: ReaderSettings) -> ReaderSettings:
        """The settings with what was chosen in place of what was configured."""
        changes: dict[str, object] = {}
        if self.engine in _DETECTORS:
            changes["detector"] = settings.detector.model_copy(update={"engine": self.engine})
        reads_with = self.recogniser or self.engine
        if reads_with in _RECOGNISERS:
            changes["recogniser"] = settings.recogniser.model_copy(update={"engine": reads_with})
        if self.threads is not None:
            changes["threads"] = self.threads
        return settings.model_copy(update=changes)


def engine_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --engine, --recogniser and --threads to a command, which takes them as `engines`."""

    @wraps(function)
    def with_engines(
        *args: Any, engine: str | None, recogniser: str | None, threads: int | None, **options: Any
    ) -> Any:
        return function(*args, engines=Engines(engine=engine, recogniser=recogniser, threads=threads), **options)

    decorated: Callable[..., Any] = with_engines
    for option in (
        click.option("--threads", type=click.IntRange(1, 64), help="CPU threads of each network."),
        click.option(
            "--recogniser", type=click.Choice(_RECOGNISERS), help="Engine that reads text; default as --engine."
        ),
        click.option(
            "--engine",
            type=click.Choice(sorted({*_DETECTORS, *_RECOGNISERS})),
            help="Engine that finds plates, and that reads them where it can: openvino does both, ultralytics only "
            "finds, paddleocr only reads; the other step stays as configured.",
        ),
    ):
        decorated = option(decorated)
    return decorated
