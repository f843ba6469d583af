# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings: defaults, then a file, then the environment, then validation; once, at the start of a process."""

from anpr.settings.base import Section
from anpr.settings.centre import (
    AlarmSettings,
    CompletenessSettings,
    ConsoleSettings,
    DatabaseSettings,
    ImageSettings,
    IngestSettings,
    KafkaSettings,
    RetentionSettings,
)
from anpr.settings.edge import (
    AssembleSettings,
    CameraSettings,
    DetectorSettings,
    GateSettings,
    OutboxSettings,
    ReaderSettings,
    RecogniserSettings,
    RectifierSettings,
    SecondOpinionSettings,
    SightSettings,
    missing_file,
)
from anpr.settings.forwarding import DestinationSettings, DirectoryTarget, SftpTarget
from anpr.settings.load import LoadedSettings, load_settings
from anpr.settings.model import Settings
from anpr.settings.resources import resource_path

__all__ = [
    "AlarmSettings",
    "AssembleSettings",
    "CameraSettings",
    "CompletenessSettings",
    "ConsoleSettings",
    "DatabaseSettings",
    "DestinationSettings",
    "DetectorSettings",
    "DirectoryTarget",
    "GateSettings",
    "ImageSettings",
    "IngestSettings",
    "KafkaSettings",
    "LoadedSettings",
    "OutboxSettings",
    "ReaderSettings",
    "RecogniserSettings",
    "RectifierSettings",
    "RetentionSettings",
    "SecondOpinionSettings",
    "Section",
    "Settings",
    "SftpTarget",
    "SightSettings",
    "load_settings",
    "missing_file",
    "resource_path",
]
