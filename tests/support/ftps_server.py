# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real FTP server (pyftpdlib) with TLS for commands and data, in a thread of its own; it can refuse commands."""

import threading
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lab.certificates import Issued

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it uses asyncore of the standard library
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import TLS_FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer

FTP_USER, FTP_PASSWORD = "comune", "una-parola-segreta"


@dataclass
class FtpsServer:
    """Where it listens; `refused` are commands that it does not take."""

    port: int
    refused: Collection[str]
    kill: Callable[[], None]
    """End it and all its sessions."""


@contextmanager
def ftps_server(folder: Path, issued: Issued, refused: Collection[str] = ()) -> Iterator[FtpsServer]:
    """A server that demands TLS for both connections."""
    authorizer = DummyAuthorizer()
    authorizer.add_user(FTP_USER, FTP_PASSWORD, str(folder), perm="elradfmwMT")

    class Handler(TLS_FTPHandler):  # type: ignore[misc]
        certfile = str(issued.both)
        tls_control_required = tls_data_required = True
        use_sendfile = False

        def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
            if cmd in refused:
                self.respond("500 Not understood." if cmd == "MLSD" else "550 Not allowed here.")
            else:
                super().pre_process_command(line, cmd, arg)

        def log(self, *_: Any, **__: Any) -> None:
            """Nothing."""

        logerror = logline = log

    Handler.authorizer = authorizer
    Handler.ssl_context = None
    loop = IOLoop()
    server = FTPServer(("127.0.0.1", 0), Handler, ioloop=loop)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            loop.loop(timeout=0.02, blocking=False)

    thread = threading.Thread(target=serve)

    def kill() -> None:
        stop.set()
        thread.join(20)
        server.close_all()

    thread.start()
    try:
        yield FtpsServer(server.address[1], refused, kill)
    finally:
        kill()
