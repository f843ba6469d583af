# SPDX-License-Identifier: AGPL-3.0-or-later
"""Address of a camera with its login in it, percent-encoded, as FFmpeg wants it."""

from urllib.parse import quote

from anpr.domain.errors import CameraError, CameraFault, SettingsError
from anpr.domain.gate import Camera
from anpr.settings.secret_file import read_secret_file


def address_with_login(camera: Camera) -> str:
    """The camera's address; with user and password where they are kept apart from it. Never show it.

    Raises CameraError (refused) when the file with the password cannot be read.
    """
    if camera.user is None:
        return camera.url
    login = quote(camera.user, safe="")
    if camera.secret_file is not None:
        try:
            login += ":" + quote(read_secret_file(camera.secret_file), safe="")
        except SettingsError as exc:
            raise CameraError(CameraFault.REFUSED, camera.id, f"secret_file: {exc}") from exc
    scheme, _, rest = camera.url.partition("://")
    return f"{scheme}://{login}@{rest}"
