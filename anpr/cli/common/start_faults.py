# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faults that a start would tell, found without asking a service: addresses, files, agreements. It changes nothing."""

import grp
import os
import ssl
import stat
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from anpr.domain.errors import SettingsError
from anpr.runtime.certificate import check_valid_today
from anpr.settings import DestinationSettings, DirectoryTarget, Settings
from anpr.settings.forwarding import SftpTarget
from anpr.settings.forwarding.base import LoginSettings
from anpr.settings.forwarding.tls import TlsSettings
from anpr.settings.secret_file import read_secret_file, read_text_file
from anpr.store.images.files.open import open_shelf


def start_faults(settings: Settings, today: date) -> list[str]:
    """One line for each, beginning with its key; `today` decides whether an agreement still holds."""
    faults = [*_of_console(settings), *_of_kafka(settings), *_of_images(settings), *_of_audit(settings)]
    faults += _of_mail(settings)
    faults += _of_folder("data_dir", settings.data_dir)
    for destination in (*settings.forwarding, *(each.destination for each in settings.alarm_forwarding)):
        faults += _of_destination(destination, today)
    for camera in (camera for gate in settings.gates for camera in gate.cameras if camera.secret_file):
        faults += _of_secret(f"camera {camera.id}: secret_file", camera.secret_file)
    return faults


def _of_console(settings: Settings) -> Iterator[str]:
    console = settings.console
    yield from _raised("", lambda: console.refuse_exposed(console.host))
    if console.certificate_file:
        yield from _of_pair("console", console.certificate_file, console.key_file)
    for key in ("console-secret", "second-factor-key"):
        yield from _of_secret(key, str(settings.data_dir / key), may_miss=True, for_group=False)


def _of_kafka(settings: Settings) -> Iterator[str]:
    kafka = settings.kafka
    if kafka.bootstrap is None or not kafka.security_protocol.endswith("SSL"):
        return
    if kafka.ca_file:
        yield from _raised("kafka.ca_file", lambda: _check_authorities(str(kafka.ca_file)))
    if kafka.certificate_file:
        yield from _of_pair("kafka", kafka.certificate_file, kafka.key_file)


def _of_images(settings: Settings) -> Iterator[str]:
    url = settings.images.url or ""
    if url.startswith("s3:"):
        yield from _raised("", lambda: open_shelf(settings))
    elif url:
        yield from _of_folder("images.url", Path(url.removeprefix("file://")))


def _of_audit(settings: Settings) -> Iterator[str]:
    folder = settings.audit_head_path.absolute().parent
    if settings.audit.head_file and not folder.is_dir():
        yield f"audit.head_file: {settings.audit_head_path}: no such folder: {folder}"
    elif settings.audit.head_file and not os.access(folder, os.W_OK):
        yield f"audit.head_file: {settings.audit_head_path}: this user may not write to {folder}"
    yield from _of_secret("audit.key_file", str(settings.audit_key_path), may_miss=True)
    if settings.audit.archive_dir:
        yield from _of_folder("audit.archive_dir", settings.audit_archive_dir)


def _of_mail(settings: Settings) -> Iterator[str]:
    mail = settings.mail
    if mail.secret_file:
        yield from _of_secret("mail.secret_file", mail.secret_file)
    if mail.ca_file:
        yield from _raised("mail.ca_file", lambda: _check_authorities(str(mail.ca_file)))


def _of_destination(destination: DestinationSettings, today: date) -> Iterator[str]:
    where, target = f"destination {destination.id}", destination.target
    if not destination.protocol.strip():
        yield f"{where}: protocol: no agreement is recorded, so nothing is forwarded"
    if today > destination.protocol_until:
        yield f"{where}: protocol_until: the agreement ended on {destination.protocol_until}: nothing is sent"
    if isinstance(target, DirectoryTarget) and target.group and target.group not in {g.gr_name for g in grp.getgrall()}:
        yield f"{where}: group: this machine has no group {target.group}"
    if isinstance(target, LoginSettings):
        yield from _of_secret(f"{where}: secret_file", target.secret_file)
        yield from _of_secret(f"{where}: key_file", target.key_file)
        yield from _of_secret(f"{where}: password_file", target.password_file)
    if isinstance(target, TlsSettings):
        yield from _of_tls(where, target)
    if isinstance(target, SftpTarget):
        yield from _raised(f"{where}: known_hosts_file", lambda: read_text_file(Path(target.known_hosts_file)))


def _of_tls(where: str, target: TlsSettings) -> Iterator[str]:
    yield from _of_secret(f"{where}: secret_file", target.secret_file)
    if target.ca_file:
        yield from _raised(f"{where}: ca_file", lambda: _check_authorities(str(target.ca_file)))
    if target.certificate_file:
        yield from _of_pair(where, target.certificate_file, target.key_file)


def _of_pair(section: str, certificate_file: str, key_file: str | None) -> Iterator[str]:
    names = f"{section}.certificate_file, {section}.key_file"
    yield from _raised(names, lambda: check_valid_today(certificate_file, key_file))
    if key_file and Path(key_file).is_file():
        yield from _of_mode(f"{section}.key_file", Path(key_file))


def _of_secret(key: str, file: str | None, *, may_miss: bool = False, for_group: bool = True) -> Iterator[str]:
    """It must be there, say something, and be nobody's but its owner's and, perhaps, its group's."""
    if file is None or (may_miss and not Path(file).exists()):
        return
    faults = list(_raised(key, lambda: read_secret_file(Path(file))))
    yield from faults or _of_mode(key, Path(file), for_group=for_group)


def _of_mode(key: str, path: Path, *, for_group: bool = True) -> Iterator[str]:
    others = stat.S_IRWXO if for_group else stat.S_IRWXO | stat.S_IRWXG
    if path.stat().st_mode & others:
        yield f"{key}: {path}: others may read this file; chmod {'o-rwx' if for_group else '600'} it"


def _of_folder(key: str, folder: Path) -> Iterator[str]:
    """It is a folder that this user may write to, or can be made where it is missing."""
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    if not there.is_dir():
        yield f"{key}: {there}: not a folder"
    elif not os.access(there, os.W_OK | os.X_OK):
        yield f"{key}: this user may not write to {there}"


def _check_authorities(ca_file: str) -> None:
    try:
        ssl.create_default_context(cafile=ca_file)
    except OSError as exc:  # ssl.SSLError is one
        raise SettingsError(f"{ca_file}: {exc.strerror or exc}") from exc


def _raised(key: str, check: Callable[[], object]) -> Iterator[str]:
    try:
        check()
    except SettingsError as exc:
        yield f"{key}: {exc}" if key else str(exc)
