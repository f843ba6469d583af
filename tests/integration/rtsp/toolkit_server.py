# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo's RTSP server in a process of its own, so that a test can stop or kill it.

Usage: toolkit_server.py PORT FOLDER. Prints "ready PORT"; ends with its standard input.
"""

import sys
from pathlib import Path

from anpr.demo.rtsp import RtspServer

if __name__ == "__main__":
    with RtspServer(Path(sys.argv[2]), port=int(sys.argv[1])) as server:
        print("ready", server.port, flush=True)  # noqa: T201  the test reads it
        sys.stdin.read()
