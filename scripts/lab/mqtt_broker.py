# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real MQTT broker (Eclipse Mosquitto) with TLS, a login and rules of topics; for tests."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from scripts.lab.certificates import Authority, Issued
from scripts.lab.ports import free_ports

USER, PASSWORD = "anpr", "una parola di coda"
BROKER = next((path for name in ("/usr/sbin/mosquitto", "mosquitto") if (path := shutil.which(name))), None)
"""None where it is not installed (`scripts/setup-test-services`)."""
TOPIC = "anpr/allarmi"
"""The one topic to which our login may write."""
_CONF = """per_listener_settings false
listener {port} 127.0.0.1
certfile {certificate}
keyfile {key}
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl
persistence false
user root
log_type error
"""


@dataclass(kw_only=True)
class MqttBroker:
    """Where it listens, and the messages that were published to TOPIC: payload, content type."""

    port: int
    authority: Authority
    taken: list[tuple[bytes, str | None]] = field(default_factory=list)


@contextmanager
def mqtt_broker(folder: Path, authority: Authority, issued: Issued) -> Iterator[MqttBroker]:
    """A broker on this machine, and a subscriber that keeps what comes."""
    if BROKER is None:
        raise FileNotFoundError("mosquitto")
    (port,) = free_ports(1)
    passwords, acl = folder / "passwords", folder / "acl"
    for option, user in (("-c", USER), (None, "reader")):
        command = ["mosquitto_passwd", "-b", *([option] if option else []), str(passwords), user, PASSWORD]
        subprocess.run(command, check=True, capture_output=True)
    acl.write_text(f"user {USER}\ntopic write {TOPIC}\nuser reader\ntopic read #\n", encoding="utf-8")
    passwords.chmod(0o600)
    acl.chmod(0o600)
    conf = folder / "mosquitto.conf"
    conf.write_text(_CONF.format(port=port, certificate=issued.certificate, key=issued.key, folder=folder))
    with subprocess.Popen([BROKER, "-c", str(conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        broker = MqttBroker(port=port, authority=authority)
        try:
            with _subscribed(broker):
                yield broker
        finally:
            process.terminate()


@contextmanager
def _subscribed(broker: MqttBroker) -> Iterator[None]:
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.tls_set(ca_certs=str(broker.authority.certificate))
    client.username_pw_set("reader", PASSWORD)
    subscribed = threading.Event()

    def on_connect(*_: Any) -> None:
        client.subscribe("#", qos=1)

    def on_message(_client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        broker.taken.append((bytes(message.payload), getattr(message.properties, "ContentType", None)))

    client.on_connect = on_connect
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = on_message
    for _ in range(200):  # until it listens
        try:
            client.connect("127.0.0.1", broker.port)
            break
        except OSError:
            threading.Event().wait(0.05)
    client.loop_start()
    try:
        if not subscribed.wait(20):
            raise TimeoutError("the broker did not answer")
        yield
    finally:
        client.disconnect()
        client.loop_stop()
