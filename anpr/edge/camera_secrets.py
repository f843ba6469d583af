# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logins of cameras on the machine of their reader, by the name that a gate's definition gives.

A login goes only to hosts that are named beside it (`anpr.capture.bound_login`), whatever the centre's plan says.
"""

from dataclasses import replace

from anpr.capture.bound_login import LoginRefusedError, login_for
from anpr.capture.login import login_of
from anpr.domain.gate import Camera
from anpr.settings import Settings
from anpr.settings.planned import PlannedCamera


def with_login(camera: PlannedCamera, settings: Settings) -> Camera:
    """The camera with its login: from `reader.secrets`, or from a file that is read at each connection.

    Where the login is missing or for other hosts, the camera says so when it is connected to, and others run.
    """
    found = camera.to_domain()
    if camera.secret is None:
        return found
    text = settings.reader.secrets.get(camera.secret)
    if text is None:
        return replace(found, secret_file=settings.secrets_dir / camera.secret)
    try:
        login = login_for(text.get_secret_value(), found.url)
    except LoginRefusedError as exc:
        return replace(found, no_login=f"secret: {camera.secret} of reader.secrets: {exc}")
    scheme, _, rest = found.url.partition("://")
    return replace(found, url=f"{scheme}://{login_of(login)}@{rest}")
