# SPDX-License-Identifier: AGPL-3.0-or-later
"""Certificate that a server of the simulation shows: chosen in each handshake, the good one or an ordered wrong one."""

import ssl
from collections.abc import Callable

from anpr.simulator.keys import SimulatedKeys
from anpr.simulator.office import ReceivingOffice
from anpr.tls.bad_certificates import bad_context

ChoosesCertificate = Callable[[ssl.SSLSocket | ssl.SSLObject, str | None, ssl.SSLContext], None]


def chooses_certificate(office: ReceivingOffice, keys: SimulatedKeys) -> ChoosesCertificate:
    """The `sni_callback` of a server's context, which runs in each handshake, whether a name is told or not."""

    def choose(connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        del name, context
        fault = office.decisions.now.standing.certificate
        if fault != "none":
            connection.context = bad_context(keys.bad[fault])

    return choose
