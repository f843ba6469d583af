# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr accept delete`: what an acceptance test keeps of people goes."""

from pathlib import Path

import click

from anpr.accept.delete import delete_all, delete_images
from anpr.accept.folder.workspace import Workspace


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--pictures", is_flag=True, help="Only the images and the page that shows them.")
def delete(*, folder: Path, pictures: bool) -> None:
    """Delete images, transits and count of FOLDER; only the sheet stays, with what it shows.

    A sheet written with --no-plates shows no plate and no image.
    """
    workspace = Workspace.open(folder)
    if pictures:
        click.echo(f"{workspace.path}: {delete_images(workspace)} images deleted; transits, count and sheet stay")
        return
    click.echo(f"{workspace.path}: {delete_all(workspace)} files and the count deleted; the sheet stays")
