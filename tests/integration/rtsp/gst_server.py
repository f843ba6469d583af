# SPDX-License-Identifier: AGPL-3.0-or-later
"""A second RTSP server for the tests, on GStreamer; run by the system's Python, which has its bindings.

Usage: gst_server.py PORT [PASSWORD [audio]]. Serves /live, shared by all clients; with a password that is not empty to
the user "viewer" only; with "audio" sound and no video.
Prints "ready PORT". Commands on standard input: freeze, size WIDTH HEIGHT; ends with it.
"""

import sys
import threading
from typing import Any

import gi  # type: ignore[import-not-found, unused-ignore]

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # type: ignore[import-not-found, unused-ignore]  # noqa: E402

PIPELINE = (
    "( videotestsrc is-live=true pattern=ball ! capsfilter name=size caps=video/x-raw,width=320,height=240,"
    "framerate=25/1 ! videoconvert ! video/x-raw,format=I420 ! "
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! valve name=valve ! "
    "rtph264pay config-interval=-1 name=pay0 pt=96 )"
)

AUDIO = "( audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay name=pay0 pt=0 )"


class Server:
    """One media, and what the commands do to it."""

    def __init__(self, port: str, password: str | None, launch: str) -> None:
        self.media: list[Any] = []
        self.server = GstRtspServer.RTSPServer()
        self.server.set_address("127.0.0.1")
        self.server.set_service(port)
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(launch)
        factory.set_shared(True)
        factory.connect("media-configure", lambda _factory, media: self.media.append(media))
        self.server.get_mount_points().add_factory("/live", factory)
        if password is not None:
            self._demand(password, factory)
        self.server.attach(None)

    def _demand(self, password: str, factory: Any) -> None:
        permissions = GstRtspServer.RTSPPermissions()
        for what in ("access", "construct"):
            permissions.add_permission_for_role("viewer", f"media.factory.{what}", True)
        factory.set_permissions(permissions)
        viewer = GstRtspServer.RTSPToken()
        viewer.set_string("media.factory.role", "viewer")
        auth = GstRtspServer.RTSPAuth()
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic("viewer", password), viewer)
        self.server.set_auth(auth)

    def obey(self, line: str) -> None:
        words = line.split()
        for media in self.media:
            element = media.get_element()
            if words[0] == "freeze":
                element.get_child_by_name("valve").set_property("drop", True)
            elif words[0] == "size":
                caps = f"video/x-raw,width={words[1]},height={words[2]},framerate=25/1"
                element.get_child_by_name("size").set_property("caps", Gst.Caps.from_string(caps))


def main() -> None:
    Gst.init(None)
    loop = GLib.MainLoop()
    port, password, kind = [*sys.argv[1:], "", ""][:3]
    server = Server(port, password or None, AUDIO if kind == "audio" else PIPELINE)

    def read_commands() -> None:
        for line in sys.stdin:
            GLib.idle_add(server.obey, line)
        loop.quit()  # also when the test that started us is gone

    threading.Thread(target=read_commands, daemon=True).start()
    print("ready", server.server.get_bound_port(), flush=True)  # noqa: T201  the test reads it
    loop.run()


if __name__ == "__main__":
    main()
