# SPDX-License-Identifier: AGPL-3.0-or-later
"""FTPS server of the simulated office (pyftpdlib, extra `simulator`): TLS for commands and data, faults as ordered."""

import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anpr.simulator.behaviour import Behaviour
from anpr.simulator.keys import USER, SimulatedKeys
from anpr.simulator.office import ReceivingOffice
from anpr.simulator.servers.uploads import final_name, is_temporary, read_bounded
from anpr.simulator.transfer import Transfer
from anpr.tls.bad_certificates import CertificateFault

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it uses asyncore of the standard library
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import TLS_FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer

PROTOCOL = "ftps"
_LOOK_EVERY_S = 0.05


@contextmanager
def serve_ftps(office: ReceivingOffice, keys: SimulatedKeys, listening: socket.socket) -> Iterator[None]:
    """Serve until the context ends. One thread serves all: an answer that is delayed delays the others too."""

    class Handler(_Inbox):
        certfile = str(keys.office.both)
        ssl_context = None
        authorizer = DummyAuthorizer()

    Handler.office = office
    Handler.keys = keys
    Handler.authorizer.add_user(USER, keys.password, str(office.files.inbox), perm="elradfmwMT")
    loop = IOLoop()
    listening.setblocking(False)
    server = FTPServer(listening, Handler, ioloop=loop)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            loop.loop(timeout=_LOOK_EVERY_S, blocking=False)

    thread = threading.Thread(target=serve, name="simulator-ftps", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        server.close_all()


class _Inbox(TLS_FTPHandler):  # type: ignore[misc]  # the package has no types
    """What a transfer meets is decided at STOR."""

    tls_control_required = tls_data_required = True
    use_sendfile = False
    office: ReceivingOffice
    keys: SimulatedKeys

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._behaviour: Behaviour | None = None
        self._written: dict[str, Behaviour] = {}

    def ftp_AUTH(self, line: str) -> None:  # noqa: N802  the name is pyftpdlib's
        fault = self.office.decisions.now.standing.certificate
        if fault != "none":
            self.ssl_context = self._context_of(fault)
        super().ftp_AUTH(line)

    @classmethod
    def _context_of(cls, fault: CertificateFault) -> Any:
        """Made as the package makes that of the good certificate."""

        class Bad(TLS_FTPHandler):  # type: ignore[misc]
            certfile = str(cls.keys.bad[fault].both)
            ssl_context = None

        return Bad.get_ssl_context()

    def ftp_STOR(self, file: str, mode: str = "w") -> Any:  # noqa: N802  the name is pyftpdlib's
        behaviour = self.office.decisions.take(final_name(file))
        if behaviour.delay_s:
            self.office.clock.wait(self.office.stop, behaviour.delay_s)
        if behaviour.cut == "before" or behaviour.disk_full:
            self.office.lose(PROTOCOL, final_name(file), USER, 0, behaviour)
            if behaviour.cut == "before":
                self.close()
            else:
                self.respond("452 Insufficient storage space.")
            return None
        self._behaviour = behaviour
        return super().ftp_STOR(file, mode)

    def on_file_received(self, file: str) -> None:
        behaviour, self._behaviour = self._behaviour, None
        behaviour = behaviour or Behaviour()
        if is_temporary(self._shown(file)):
            self._written[file] = behaviour
        else:
            self._came(file, behaviour)

    def ftp_RNTO(self, path: str) -> Any:  # noqa: N802  the name is pyftpdlib's
        source = self._rnfr
        done = super().ftp_RNTO(path)
        if done is not None and source is not None and not is_temporary(self._shown(path)):
            self._came(path, self._written.pop(source, Behaviour()))
        return done

    def _shown(self, path: str) -> str:
        return str(Path(path).relative_to(self.office.files.inbox))

    def _came(self, file: str, behaviour: Behaviour) -> None:
        path = Path(file)
        data = read_bounded(path)
        self.office.receive(Transfer(protocol=PROTOCOL, name=path.name, sender=USER, data=data, path=path), behaviour)
        if behaviour.cut == "after":
            self.close()

    def log(self, *_: Any, **__: Any) -> None:
        """Nothing: the page shows what came."""

    logerror = logline = log
