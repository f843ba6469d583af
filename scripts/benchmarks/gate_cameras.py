# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo's streets for any number of cameras, and the settings of a town that has one gate for each."""

from collections.abc import Sequence
from pathlib import Path

import av
import yaml

from anpr.settings import Settings, load_settings, resource_path
from anpr.settings.yaml_file import read_yaml


def write_streets(clips: Sequence[Path], folder: Path, cameras: int) -> list[Path]:
    """A clip for each camera: the demo's in turn, each time from another place on, so that not all pass at once."""
    folder.mkdir(parents=True)
    rounds = -(-cameras // len(clips))
    streets = [folder / f"street-{index}.mp4" for index in range(cameras)]
    for index, street in enumerate(streets):
        _write_from(clips[index % len(clips)], street, index // len(clips) / rounds)
    return streets


def camera_settings(
    data_dir: Path, urls: Sequence[str], *, console_port: int, metrics_port: int
) -> tuple[Path, Settings]:
    """The demo's settings with a gate for each of these cameras, without forwarding; the file lies in `data_dir`."""
    tree = read_yaml(resource_path("config", "demo.yaml"))
    gate = tree["gates"][0]
    tree["gates"] = [_gate(gate, number, url) for number, url in enumerate(urls, 1)]
    tree |= {
        "data_dir": str(data_dir),
        "console": {"port": console_port},
        "forwarding": [],
        "metrics_port": metrics_port,
    }
    data_dir.mkdir(mode=0o700)
    file = data_dir / "settings.yaml"
    file.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return file, load_settings(file).settings


def _gate(like: dict[str, object], number: int, url: str) -> dict[str, object]:
    camera = {"id": f"gate-{number}-camera", "url": url, "lane": "1"}
    return like | {"id": f"gate-{number}", "name": f"Varco {number}", "cameras": [camera]}


def _write_from(source: Path, target: Path, share: float) -> None:
    """Copy a clip so that it begins at the first key frame after this share of it, and ends with what came before."""
    with av.open(str(source)) as read, av.open(str(target), "w") as written:
        stream = read.streams.video[0]
        packets = [packet for packet in read.demux(stream) if packet.dts is not None]
        times = [packet.dts for packet in packets]
        copy = written.add_stream_from_template(stream)
        first = next(at for at in range(round(len(packets) * share), len(packets)) if packets[at].is_keyframe)
        for packet, time in zip(packets[first:] + packets[:first], times, strict=True):
            packet.pts = packet.dts = time
            packet.stream = copy
            written.mux(packet)
