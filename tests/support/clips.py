# SPDX-License-Identifier: AGPL-3.0-or-later
"""Small drawn clips in the codecs that cameras and recorders use, and the damage that happens to them."""

import random
from collections.abc import Collection
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
from av.video.stream import VideoStream

FRAMES, FRAMES_PER_S = 90, 15
SIZE = (320, 240)
TS_PACKET = 188
"""Bytes of a packet of an MPEG transport stream (ISO/IEC 13818-1)."""

_SQUARE = 16
"""px."""
_VISIBLE = 12.0
"""Grey levels by which a square differs in the mean: more than the codec's own loss."""


def write_clip(
    path: Path, codec: str = "libx264", *, frames: int = FRAMES, key_every: int = 15, b_frames: int = 0
) -> Path:
    """A grainy street past which a numbered board is carried; the suffix says the container."""
    options = {
        "bf": str(b_frames),
        "g": str(key_every),
        "sc_threshold": "0",
        "preset": "ultrafast" if codec == "libx265" else "veryfast",
    }
    if codec == "libx265":
        options["x265-params"] = f"log-level=none:keyint={key_every}:bframes={b_frames}:open-gop=0"
    rng = np.random.default_rng(1)
    street = cv2.GaussianBlur(rng.integers(40, 200, (SIZE[1], SIZE[0], 3)).astype(np.uint8), (0, 0), 3)
    with av.open(str(path), "w") as container:
        stream = cast("VideoStream", container.add_stream(codec, rate=FRAMES_PER_S, options=options))
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for number in range(frames):
            image = street.copy()
            left = 5 + 3 * number % (SIZE[0] - 80)
            cv2.rectangle(image, (left, 80), (left + 60, 140), (20, 20, 200), -1)
            cv2.putText(image, f"{number:03d}", (left, 120), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (255, 255, 255), 2)
            grain = rng.integers(-4, 5, image.shape)
            noisy = np.clip(image.astype(np.int16) + grain, 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, "bgr24")))
        container.mux(stream.encode())
    return path


def without_ts_packets(source: Path, target: Path, share: float, seed: int) -> Path:
    """As after a lossy link: some packets are missing, but none of the first six, which hold the tables."""
    data, rng = source.read_bytes(), random.Random(seed)
    packets = [data[at : at + TS_PACKET] for at in range(0, len(data), TS_PACKET)]
    target.write_bytes(b"".join(one for number, one in enumerate(packets) if number < 6 or rng.random() >= share))
    return target


def with_changed_bytes(source: Path, target: Path, amount: int, seed: int) -> Path:
    """As after a failing disk: bytes of the coded pictures differ, the container's tables do not."""
    data, rng = bytearray(source.read_bytes()), random.Random(seed)
    for _ in range(amount):
        data[int(len(data) * rng.uniform(0.1, 0.95))] = rng.randrange(256)
    target.write_bytes(data)
    return target


def without_pictures(source: Path, target: Path, missing: Collection[int]) -> Path:
    """As after a relay that drops: whole coded pictures are missing, counted from 0 in the order of the file."""
    with av.open(str(source)) as whole, av.open(str(target), "w") as part:
        stream = part.add_stream_from_template(whole.streams.video[0])
        for number, packet in enumerate(whole.demux(whole.streams.video[0])):
            if packet.dts is not None and number not in missing:
                packet.stream = stream
                part.mux(packet)
    return target


def differs(image: np.ndarray, sound: np.ndarray) -> bool:
    """Whether a person would see that one of two images of the same moment is damaged."""
    # Shrunk by area, a pixel is the mean of a square.
    small = (SIZE[0] // _SQUARE, SIZE[1] // _SQUARE)
    squares = cv2.resize(cv2.absdiff(image, sound), small, interpolation=cv2.INTER_AREA)
    return bool(squares.mean(2).max() >= _VISIBLE)


def with_damaged_picture(source: Path, target: Path, number: int, share: float = 0.1) -> Path:
    """As after a failing disk: this share of the bytes of one coded picture, in its middle, is other ones."""
    data = bytearray(source.read_bytes())
    with av.open(str(source)) as container:
        packet = [one for one in container.demux(video=0) if one.size][number]
    if packet.pos is None:
        raise ValueError(f"{source}: its container does not say where a picture is")
    begin, length = packet.pos + packet.size // 2, max(1, int(packet.size * share))
    data[begin : begin + length] = b"\x55" * length
    target.write_bytes(data)
    return target
