# SPDX-License-Identifier: AGPL-3.0-or-later
"""Registry of channels: those that the settings set up, and which those are."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

from anpr.domain.notification import ChannelKind
from anpr.notify.channels.base import Channel
from anpr.notify.channels.email import EmailChannel
from anpr.notify.channels.mqtt import MqttChannel
from anpr.notify.channels.not_set_up import NotSetUp
from anpr.notify.channels.sms import SmsChannel
from anpr.notify.channels.web_push import WebPushChannel
from anpr.notify.channels.webhook import WebhookChannel
from anpr.notify.webpush.vapid import load_vapid_key
from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.store.audit_export import site_key
from anpr.store.audit_heads import ensure_key
from anpr.store.database.connection import Database
from anpr.store.patrol.devices import StoredDevices


def open_channel(kind: ChannelKind, settings: Settings, clock: Clock, database: Database | None = None) -> Channel:
    """The channel of this kind; one that refuses everything where the site has not set it up. `database`: for Web Push,
    since phones are rows.

    Raises SettingsError when the key of Web Push cannot be read or made.
    """
    if not _IS_SET_UP[kind](settings):
        return NotSetUp(kind)
    source = event_source(settings)
    match kind:
        case ChannelKind.EMAIL:
            return EmailChannel(settings.mail, clock)
        case ChannelKind.WEBHOOK:
            return WebhookChannel(
                settings.notify.webhook, source, clock, lambda: site_key(ensure_key(settings.audit_key_path))
            )
        case ChannelKind.MQTT:
            return MqttChannel(settings.notify.mqtt, source)
        case ChannelKind.SMS:
            return SmsChannel(settings.notify.sms)
        case ChannelKind.WEB_PUSH:
            assert database is not None
            key = load_vapid_key(settings.web_push_key_path)
            devices = StoredDevices(database, timedelta(hours=settings.patrol.session_hours), clock)
            return WebPushChannel(settings.notify.web_push, key, devices, clock)


def is_set_up(kind: ChannelKind, settings: Settings) -> bool:
    """Whether the settings name what this channel needs."""
    return _IS_SET_UP[kind](settings)


def event_source(settings: Settings) -> str:
    """What names this site in events: the console's address, where it has one."""
    return settings.notify.console_url or f"urn:anpr:{quote(settings.municipality, safe='')}"


_IS_SET_UP: dict[ChannelKind, Callable[[Settings], bool]] = {
    ChannelKind.EMAIL: lambda settings: settings.mail.host is not None,
    ChannelKind.WEBHOOK: lambda settings: settings.notify.webhook.enabled,
    ChannelKind.MQTT: lambda settings: settings.notify.mqtt.host is not None,
    ChannelKind.SMS: lambda settings: settings.notify.sms.url is not None,
    ChannelKind.WEB_PUSH: lambda settings: settings.notify.web_push.contact is not None,
}
