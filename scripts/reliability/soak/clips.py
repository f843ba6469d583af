# SPDX-License-Identifier: AGPL-3.0-or-later
"""Clips for RTSP cameras: video only, without B-frames."""

from fractions import Fraction
from pathlib import Path

import av

from anpr.capture.media import is_video
from anpr.demo.clips import ensure_clips


def soak_clips(folder: Path, real: Path | None) -> list[Path]:
    """Prepare in `folder` the demo's drawn clips and every video of the folder `real`; their paths."""
    clips = ensure_clips(folder)
    for source in sorted(path for path in real.iterdir() if is_video(path)) if real else ():
        target = folder / source.name
        if not target.exists():
            as_camera_clip(source, target)
        clips.append(target)
    return clips


def as_camera_clip(source: Path, target: Path) -> None:
    """Copy the video track without B-frames, as a camera sends it; re-encodes only where there are some."""
    with av.open(str(source)) as read, av.open(str(target), "w") as written:
        taken = read.streams.video[0]
        packets = [packet for packet in read.demux(taken) if packet.dts is not None]
        if all(packet.pts == packet.dts for packet in packets):
            given = written.add_stream_from_template(taken)
            for packet in packets:
                packet.stream = given
                written.mux(packet)
            return
    _encode_without_b_frames(source, target)


def _encode_without_b_frames(source: Path, target: Path) -> None:
    options = {"preset": "ultrafast", "crf": "18", "bf": "0"}
    with av.open(str(source)) as read, av.open(str(target), "w") as written:
        taken = read.streams.video[0]
        given = written.add_stream("libx264", rate=30, options=options)
        given.width, given.height, given.pix_fmt = taken.width, taken.height, "yuv420p"
        for index, picture in enumerate(read.decode(taken)):
            picture.pts, picture.time_base = index, Fraction(1, 30)
            written.mux(given.encode(picture))
        written.mux(given.encode(None))
