# SPDX-License-Identifier: AGPL-3.0-or-later
"""Live source: frames of a network stream (RTSP and whatever else FFmpeg opens), with typed faults."""

from collections.abc import Iterator

import av
from av.container import InputContainer

from anpr.capture.decode import DecodedFrame, Decoder, announced_rate, to_image, to_luma
from anpr.capture.login import address_with_login
from anpr.capture.source import RawFrame
from anpr.domain.errors import CameraError, CameraFault
from anpr.domain.gate import Camera
from anpr.runtime.clock import Clock

_OPEN_TIMEOUT_S = 5.0
_GRACE_S = 0.5
"""A frame that comes just when the silence has become too long is still taken."""
_NO_WHOLE_FRAME_S = 10.0
"""A camera sends a key frame every one to four seconds. When none has ended the damage for this long, opening the
stream again brings one."""

# FFmpeg's options (its documentation, "Format Options" and "rtsp"). TCP: over UDP a lost packet tears plates apart.
# low_delay: no reordering buffer, cameras send no B-frames. The probing is kept short. "nobuffer" is left out on
# purpose: it throws the probed packets away and the first key frame with them. Measured with a stream of one key
# frame in 2 s: first frame after 2.1 s with it, 0.4 s without; the delay afterwards is the same 50 ms.
_OPTIONS = {
    "rtsp_transport": "tcp",
    "flags": "low_delay",
    "analyzeduration": "1000000",
    "fpsprobesize": "0",
}


class LiveSource:
    """A stream that FFmpeg can open by URL, in most cases RTSP. A frame is captured when it arrives."""

    is_live = True

    def __init__(self, camera: Camera, frozen_after_s: float, clock: Clock) -> None:
        self._camera = camera
        self._frozen_after_s = frozen_after_s
        self._clock = clock
        self.codec: str | None = None
        """As FFmpeg names it (h264, hevc …); None until it is opened."""
        self.announced_rate: float | None = None
        """Frames a second that the stream claims; None until it is opened, and where it claims nothing."""

    def raw_frames(self) -> Iterator[RawFrame | None]:
        with self._open() as container:
            if not container.streams.video:
                raise self._error(CameraFault.UNDECODABLE, "the stream has no video")
            stream = container.streams.video[0]
            self.codec, self.announced_rate = stream.codec_context.name, announced_rate(stream)
            yield from self._read(Decoder(container))

    def _open(self) -> InputContainer:
        began, address = self._clock.monotonic(), address_with_login(self._camera)
        try:
            return av.open(address, options=_OPTIONS, timeout=(_OPEN_TIMEOUT_S, self._frozen_after_s))
        except av.FFmpegError as exc:
            if self._clock.monotonic() - began >= _OPEN_TIMEOUT_S:
                # Interrupted while it waits for an answer, FFmpeg calls the missing answer invalid data.
                raise self._error(CameraFault.UNREACHABLE, f"no answer within {_OPEN_TIMEOUT_S:g} s") from exc
            raise self._error(_fault_of_open(exc), _reason(exc)) from exc

    def _read(self, decoder: Decoder) -> Iterator[RawFrame | None]:
        last_frame = last_whole = self._clock.monotonic()
        is_first = True
        try:
            for frames in decoder.batches():
                now = self._clock.monotonic()
                if any(one.is_whole for one in frames):
                    last_whole = now
                # What comes after a silence lay in a buffer while this process did not run: its time is not now.
                if frames and not is_first and now - last_frame > self._frozen_after_s + _GRACE_S:
                    raise self._no_frame(decoder)
                if frames:
                    last_frame, is_first = now, False
                    yield from (self._raw_frame(one, now) for one in frames)
                    self._check_whole(now - last_whole)
                elif now - last_frame > self._frozen_after_s:
                    raise self._no_frame(decoder)
                else:
                    yield None
        except av.FFmpegError as exc:
            if isinstance(exc, av.ExitError | av.TimeoutError):  # the read timeout interrupted it
                raise self._no_frame(decoder) from exc
            raise self._error(_fault_of_read(exc), _reason(exc)) from exc
        raise self._error(CameraFault.ENDED, "the stream ended")

    def _check_whole(self, damaged_s: float) -> None:
        if damaged_s > max(_NO_WHOLE_FRAME_S, self._frozen_after_s):
            raise self._error(CameraFault.UNDECODABLE, f"every picture of the last {damaged_s:.0f} s is damaged")

    def _raw_frame(self, decoded: DecodedFrame, now: float) -> RawFrame:
        frame = decoded.frame
        return RawFrame(
            is_whole=decoded.is_whole,
            is_key=frame.key_frame,
            size=(frame.width, frame.height),
            captured_at=self._clock.now(),
            at_s=now,
            image=lambda: to_image(frame),
            luma=lambda: to_luma(frame),
        )

    def _no_frame(self, decoder: Decoder) -> CameraError:
        if decoder.bad_run:
            return self._error(CameraFault.UNDECODABLE, f"no picture in the last {decoder.bad_run} packets")
        return self._error(CameraFault.FROZEN, f"no frame for {self._frozen_after_s:g} s")

    def _error(self, fault: CameraFault, detail: str) -> CameraError:
        return CameraError(fault, self._camera.id, detail)


def _reason(exc: av.FFmpegError) -> str:
    # FFmpeg's whole message may carry the URL and so a password; `strerror` does not.
    return exc.strerror or type(exc).__name__


def _fault_of_open(exc: av.FFmpegError) -> CameraFault:
    if isinstance(exc, av.HTTPError | av.HTTPClientError):  # RTSP shares HTTP's status codes: 401, 404, 454, 503 ...
        return CameraFault.REFUSED
    if isinstance(exc, av.InvalidDataError | av.DecoderNotFoundError | av.DemuxerNotFoundError):
        return CameraFault.UNDECODABLE
    return CameraFault.UNREACHABLE


def _fault_of_read(exc: av.FFmpegError) -> CameraFault:
    return CameraFault.UNDECODABLE if isinstance(exc, av.InvalidDataError) else CameraFault.ENDED
