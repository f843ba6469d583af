# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo forwards to a simulated office that it starts itself, and says where its page is."""

from pathlib import Path

import httpx
import pytest

from anpr.forward.profile.load import profile_of
from anpr.forward.transport import open_transport
from anpr.runtime.clock import SystemClock
from anpr.up import demo
from anpr.up.demo import Demo, demo_deployment


@pytest.mark.parametrize("which", list(Demo))
def test_what_the_demo_forwards_is_on_the_page_of_its_office(
    which: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "ensure_clips", lambda folder, _echo: folder.mkdir(parents=True))
    monkeypatch.setenv("ANPR_DATA_DIR", str(tmp_path / "demo"))
    with demo_deployment(SystemClock(), print, which) as deployment:
        (destination,) = deployment.settings.forwarding
        assert profile_of(destination).name == "simulator"
        with open_transport(destination) as transport:
            assert transport.send("TRANSITI_prova.xml", b"<Transiti/>").status == "200"
        (note,) = deployment.notes
        page = note.split()[-1]
        assert "TRANSITI_prova.xml" in httpx.get(page).text
        assert "scntt" not in httpx.get(page).text
    with pytest.raises(httpx.ConnectError):
        httpx.get(page)
