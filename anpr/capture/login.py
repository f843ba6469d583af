# SPDX-License-Identifier: AGPL-3.0-or-later
"""Address of a camera with its login in it, percent-encoded, as FFmpeg wants it."""

from pathlib import Path
from urllib.parse import quote

from anpr.capture.bound_login import LoginRefusedError, login_for
from anpr.domain.errors import CameraError, CameraFault, SettingsError
from anpr.domain.gate import Camera
from anpr.settings.secret_file import read_secret_file


def address_with_login(camera: Camera) -> str:
    """The camera's address; with user and password where they are kept apart from it. Never show it.

    Raises CameraError: refused when the file with the password cannot be read, no-secret when the login of a camera
    from the centre is missing or is not for the host of its address.
    """
    if camera.no_login is not None:
        raise CameraError(CameraFault.NO_SECRET, camera.id, camera.no_login)
    if camera.user is None and camera.secret_file is None:
        return camera.url
    login = _login(camera)
    scheme, _, rest = camera.url.partition("://")
    return f"{scheme}://{login}@{rest}"


def login_of(text: str) -> str:
    """USER:PASSWORD, as written on paper, percent-encoded. A password may hold colons, a user name none."""
    user, separator, password = text.partition(":")
    return quote(user, safe="") + separator + quote(password, safe="")


def _login(camera: Camera) -> str:
    if camera.secret_file is None:
        return quote(camera.user or "", safe="")
    if camera.user is None:
        return login_of(_from_centre(camera, camera.secret_file))
    try:
        secret = read_secret_file(camera.secret_file)
    except SettingsError as exc:
        raise CameraError(CameraFault.REFUSED, camera.id, f"secret_file: {exc}") from exc
    return f"{quote(camera.user, safe='')}:{quote(secret, safe='')}"


def _from_centre(camera: Camera, path: Path) -> str:
    """The file holds user, password and the hosts that may get them."""
    try:
        return login_for(read_secret_file(path), camera.url)
    except SettingsError as exc:
        why = f"secret: {path.name} is neither in reader.secrets nor in a file: {exc}"
        raise CameraError(CameraFault.NO_SECRET, camera.id, why) from exc
    except LoginRefusedError as exc:
        raise CameraError(CameraFault.NO_SECRET, camera.id, f"secret: {path}: {exc}") from exc
