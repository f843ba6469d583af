# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command `anpr`: each verb is imported only when called, so a reader never loads the database driver."""

import importlib
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

import anpr
from anpr.domain.errors import AnprError
from anpr.runtime.file_limit import raise_file_limit
from anpr.runtime.log_repeats import CalmHandler, OneLineFormatter
from anpr.runtime.private_files import private_by_default
from anpr.settings import LoadedSettings, load_settings

_VERBS = {
    "up": "Run everything on this machine.",
    "reader": "Turn the cameras of this machine's gates into transits.",
    "ingest": "Store transits, match watchlists, raise alarms.",
    "console": "Serve the operations room's web pages.",
    "forward": "Send transits to other centres.",
    "simulate-centre": "Play the office that receives, to try forwarding before it answers.",
    "notify": "Tell alarms to people and systems, by the rules kept in the console.",
    "read": "Read plates in images and videos, without any service.",
    "evaluate": "Score the reader on a folder of images with known plates.",
    "accept": "Test a camera site for acceptance: record, count by hand, print the sheet.",
    "search": "Search transits; asks for a reason and records it.",
    "watchlist": "Import, list and edit watchlists.",
    "user": "Create console users and set their passwords.",
    "organisation": "Add organisations that share this system, and say what each owns.",
    "gate": "Keep the gates at the centre: import, export, history, undo.",
    "agreement": "Open gates and lists of one organisation to another, for a time.",
    "audit": "Verify the audit, here or in an export; export it signed; prune its oldest rows.",
    "documents": "Write registers, the draft DPIA, notices and the dossier; say what is about to end.",
    "evidence": "Make a signed package of an investigation; verify one on any machine.",
    "hold": "Keep transits past their day for a case.",
    "db": "Create, migrate and check the database.",
    "images": "Check the stored pictures against the database.",
    "key": "Make a reader's signing key; enrol, list and revoke keys.",
    "topics": "Make and list the broker's topics.",
    "config": "Check and show the settings.",
    "camera": "List the cameras, and try one before it is used.",
}


class VerbGroup(click.Group):
    """Finds each of `verbs`, with their help, in the module of its name in `package`."""

    def __init__(self, *args: Any, verbs: Mapping[str, str], package: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._verbs = verbs
        self._package = package

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  the signature is click's
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in self._verbs:
            return None
        try:
            module = importlib.import_module(f"{self._package}.{cmd_name.replace('-', '_')}")
        except ModuleNotFoundError as exc:
            if (exc.name or "").startswith("anpr"):
                raise
            raise click.ClickException(
                f"'{cmd_name}' needs the package {exc.name}, which this installation does not have"
            ) from exc
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as exc:  # click looks for similar names in `commands`, which is empty here
            raise click.NoSuchCommand(exc.command_name, possibilities=self._verbs, ctx=ctx) from exc

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(self._verbs.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AnprError as exc:
            raise click.ClickException(str(exc)) from exc


@click.group(
    cls=VerbGroup,
    verbs=_VERBS,
    package="anpr.cli.verbs",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="Settings file (YAML). [ANPR_CONFIG]")
@click.option("-v", "--verbose", is_flag=True, help="More log lines. Plates may appear in them.")
@click.version_option(anpr.__version__, prog_name="anpr")
@click.pass_context
def main(ctx: click.Context, config_path: Path | None, verbose: bool) -> None:
    """Number plate recognition: cameras, transits, watchlists, alarms, forwarding."""
    ctx.with_resource(private_by_default())  # for every verb, before it makes its first file
    raise_file_limit()
    ctx.call_on_close(_log_to_standard_error(verbose).close)  # what repeats is summed up before the error is told
    ctx.obj = config_path


def _log_to_standard_error(verbose: bool) -> logging.Handler:
    handler = CalmHandler(sys.stderr)
    handler.setFormatter(OneLineFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    if not verbose:
        handler.addFilter(_is_not_kafkas)
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        handlers=[handler],
    )
    # httpx2 writes the whole address of each request: a webhook's, a phone's and an SMS gateway's hold secrets.
    for noisy in ("asyncssh", "uvicorn", "sse_starlette", "PIL", "httpx2", "httpcore2"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return handler


def _is_not_kafkas(record: logging.LogRecord) -> bool:
    """kafka-python logs each try to reach a broker as an error; ours say it once, with the wait.

    A filter of what is shown and not a level: the transport listens to these records for the reason of a failure.
    """
    return not record.name.startswith("kafka.") or record.levelno >= logging.CRITICAL


def loaded_settings(ctx: click.Context) -> LoadedSettings:
    """The settings named by --config, ANPR_CONFIG and the environment."""
    path: Path | None = ctx.find_root().obj
    return load_settings(path)
