# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answer with the file of a package, a piece at a time: it may have gigabytes, and lies where the images are."""

from starlette.responses import Response, StreamingResponse

from anpr.console.state import Console
from anpr.store.investigations.packages import EvidencePackage


def package_response(console: Console, package: EvidencePackage, name: str) -> Response:
    """The file as a download of this name (ASCII)."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(package.size or 0)}
    return StreamingResponse(console.evidence.chunks_of(package), media_type="application/zip", headers=headers)
