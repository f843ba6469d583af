# SPDX-License-Identifier: AGPL-3.0-or-later
"""Environment of a soak test: RTSP cameras, the reader process, and a consumer of its outbox."""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from anpr.contract.topics import TRANSITS_TOPIC
from anpr.demo.rtsp import RtspServer
from anpr.domain.errors import TransportError
from anpr.runtime.clock import Clock
from anpr.transport.direct import DirectSource
from scripts.lab.ports import free_ports

_STOP_WITHIN_S = 30.0
_POLL_S = 0.5
_BATCH = 200


class Centre:
    """Consumes the reader's outbox, as ingest on the same machine does, and counts the transits."""

    def __init__(self, outbox: Path, clock: Clock) -> None:
        self._source = DirectSource(outbox, clock)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="soak-centre", daemon=True)
        self.transits = 0
        self.error: TransportError | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop consuming; returns within a second."""
        self._stop.set()
        self._thread.join()
        self._source.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                records = self._source.poll(_BATCH, _POLL_S)
                self._source.commit(records)
            except TransportError as exc:
                self.error = exc
                return
            self.transits += sum(record.topic == TRANSITS_TOPIC for record in records)


@contextmanager
def served(clips: Sequence[Path]) -> Iterator[list[str]]:
    """Serve the clips as RTSP cameras; yields their URLs."""
    with RtspServer(clips[0].parent) as server:
        yield [server.url(clip.name) for clip in clips]


@contextmanager
def running_reader(folder: Path, urls: Sequence[str]) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run one `anpr reader` on these cameras; yields it and the URL of its metrics. It logs to reader.log."""
    (port,) = free_ports(1)
    config = folder / "soak.json"  # JSON is YAML
    config.write_text(json.dumps(_settings(folder, urls, port)), encoding="utf-8")
    command = [str(Path(sys.executable).parent / "anpr"), "--config", str(config), "reader"]
    with (folder / "reader.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield process, f"http://127.0.0.1:{port}/metrics"
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_WITHIN_S)
            process.kill()
            process.wait()


def _settings(folder: Path, urls: Sequence[str], port: int) -> dict[str, object]:
    cameras = [{"id": f"camera-{number}", "url": url} for number, url in enumerate(urls, start=1)]
    gate = {"id": "soak", "name": "Soak", "purpose": "test", "legal_basis": "none: clips", "cameras": cameras}
    return {
        "data_dir": str(folder / "data"),
        "metrics_port": port,
        "gates": [gate],
        # Shorter than a clip, so that each time round makes its transits again.
        "reader": {"id": "soak", "assemble": {"reentry_s": 5}},
    }
