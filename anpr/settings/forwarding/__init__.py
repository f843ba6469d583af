# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of forwarding: destinations, and one module of keys for each kind of transport."""

from anpr.settings.forwarding.destination import DestinationSettings
from anpr.settings.forwarding.directory import DirectoryTarget
from anpr.settings.forwarding.https import HttpsTarget
from anpr.settings.forwarding.sftp import SftpTarget

__all__ = ["DestinationSettings", "DirectoryTarget", "HttpsTarget", "SftpTarget"]
