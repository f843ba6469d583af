# SPDX-License-Identifier: AGPL-3.0-or-later
"""Speed and memory of forwarding: the layout alone, into a folder, over SFTP and to a web service.

    python -m scripts.benchmarks.centre.forwarding [--quick] [--transits 100000] [--pictures 10000] [--before CHECKOUT]

Each part has an embedded PostgreSQL in a temporary folder (--folder says where: flushes are measured there), the
profile scntt-example with --batch-size transits a file, and real servers on this machine: OpenSSH, and a web service
that asks for our certificate. Pictures are 8 kB within the record and 60 kB in a file of its own.

`render_per_s`: records laid out by one core. `directory_per_s`, `directory_pictures_per_s`, `https_per_s`: transits a
second of a whole run, from the queue to the report. `directory_cpu_us`: processor time of this process for one of them,
which other work on the machine changes least. `sftp_ratio`: files of 60 kB a second over those of OpenSSH's `sftp`
that puts the same ones; `sftp_flushed_ratio`: and flushes each, as we do. `rss_mb`: the most memory that this process
had, `rss_quarter_mb` after a day of a quarter of the transits. With --before another checkout is measured first, by
this script: `before_…`. The last line is one JSON object.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from anpr.forward.delivery_client import DeliveryClient
from anpr.forward.job import Job
from anpr.forward.profile.layout import lay_out
from anpr.forward.profile.load import load_profile, profile_path
from anpr.forward.profile.sources import Context
from anpr.forward.runs import run_day
from anpr.store.database.connection import Database
from scripts.benchmarks.centre.forwarding_day import DAY, PICTURES, job_to, stored_day, transits
from scripts.benchmarks.common import timed
from scripts.command import CannotRunError, Script, finish, log
from scripts.lab.certificates import Authority
from scripts.lab.held import peak_mb
from scripts.lab.https_server import https_server
from scripts.lab.ssh_server import SshServer, running_sshd

PICTURE = max(PICTURES.values(), key=len)
WANTED = {"render_per_s": 50_000, "directory_per_s": 20_000, "directory_pictures_per_s": 1_500, "sftp_ratio": 0.6}
"""Of issue 20, on two cores that do nothing else."""
Figures = dict[str, float]


@click.command(cls=Script, help=__doc__)
@click.option("--quick", is_flag=True, help="A twentieth, in two minutes.")
@click.option("--transits", "size", type=click.IntRange(1000), default=100_000, show_default=True)
@click.option("--pictures", type=click.IntRange(100), default=10_000, show_default=True, help="Transits with pictures.")
@click.option("--batch-size", type=click.IntRange(1, 200), default=200, show_default=True, help="Transits in one file.")
@click.option("--folder", type=click.Path(path_type=Path), help="On the disk to measure; a temporary one by default.")
@click.option("--before", type=click.Path(path_type=Path, exists=True), help="Another checkout.")
def main(quick: bool, size: int, pictures: int, batch_size: int, folder: Path | None, before: Path | None) -> None:
    """Measure each part."""
    if quick:
        size, pictures = 8_000, 1_000
    options = [f"--transits={size}", f"--pictures={pictures}", f"--batch-size={batch_size}"]
    options += [f"--folder={folder}"] if folder else []
    earlier = measured_before(before, options) if before else {}
    gc.freeze()  # as the forwarder does at its start
    figures = measure(size, pictures, batch_size, folder)
    for name, wanted in WANTED.items():
        was = earlier.get(f"before_{name}")
        log(f"{name}: {figures[name]:g}, wanted {wanted:g}" + ("" if was is None else f", before {was:g}"))
    finish({**earlier, **figures})


def measured_before(checkout: Path, options: Sequence[str]) -> Figures:
    """The figures of another checkout, whose own benchmark may be another one: this script with its code."""
    ours = Path(__file__).parents[3]
    with tempfile.TemporaryDirectory() as mixed:
        for name, origin in (("anpr", checkout), ("config", checkout), ("models", checkout), ("scripts", ours)):
            (Path(mixed) / name).symlink_to((origin / name).resolve())
        command = [sys.executable, "-m", "scripts.benchmarks.centre.forwarding", *options]
        env = {**os.environ, "PYTHONPATH": mixed}
        ended = subprocess.run(command, cwd=mixed, env=env, stdout=subprocess.PIPE, text=True, check=False)
    figures: Figures = json.loads((ended.stdout.splitlines() or ["{}"])[-1])
    if not figures or "error" in figures:
        raise CannotRunError(f"{checkout}: {figures.get('error', f'status {ended.returncode}')}")
    return {f"before_{name}": value for name, value in figures.items()}


def measure(size: int, pictures: int, batch_size: int, folder: Path | None) -> Figures:
    """All parts."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        profile = profile_with(Path(name), batch_size)
        return {
            "render_per_s": render(profile, size),
            **directory(profile, folder, size),
            **directory_pictures(profile, folder, pictures),
            **https(profile, folder, size // 4),
            **sftp(Path(name), pictures // 2),
            "rss_mb": peak_mb(),
        }


def profile_with(folder: Path, batch_size: int) -> Path:
    """The example for every transport, with so many transits in a file."""
    text = profile_path("scntt-example").read_text(encoding="utf-8")
    text = text.replace("transports: [directory, sftp]", "transports: [directory, sftp, https]")
    path = folder / "profile.yaml"
    path.write_text(text.replace("batch_size: 200", f"batch_size: {batch_size}"), encoding="utf-8")
    return path


def render(path: Path, size: int) -> float:
    """Records a second of one core."""
    profile, seconds = load_profile(str(path)), 0.0
    context = Context(destination="m", municipality="Comune", day=DAY, number=1, created_at=datetime.now(UTC))
    for page in transits(size, with_pictures=False):
        began = time.process_time()
        for first in range(0, len(page), profile.batch_size):
            lay_out(profile, page[first : first + profile.batch_size], context)
        seconds += time.process_time() - began
    return logged("render_per_s", size / seconds)


def to_folder(here: Path) -> dict[str, Any]:
    """The target of a folder."""
    return {"kind": "directory", "path": str(here / "arrived")}


def directory(profile: Path, folder: Path | None, size: int) -> Figures:
    """Without pictures: a day of a quarter, and a whole one."""
    run(profile, folder, size // 4, to_folder)
    quarter = peak_mb()
    per_s, cpu_us = run(profile, folder, size, to_folder)
    return {"directory_per_s": logged("directory_per_s", per_s), "directory_cpu_us": cpu_us, "rss_quarter_mb": quarter}


def directory_pictures(profile: Path, folder: Path | None, size: int) -> Figures:
    """With a plate and a context image each."""
    per_s, cpu_us = run(profile, folder, size, to_folder, with_pictures=True)
    per_s = logged("directory_pictures_per_s", per_s)
    return {"directory_pictures_per_s": per_s, "directory_pictures_cpu_us": cpu_us}


def https(profile: Path, folder: Path | None, size: int) -> Figures:
    """To a web service with TLS on both sides, a request a file."""
    with tempfile.TemporaryDirectory() as name:
        authority = Authority(Path(name), "authority")
        ours, theirs = authority.issue("comune", "127.0.0.1"), authority.issue("centro", "127.0.0.1")
        with https_server(Path(name) / "arrived", theirs, authority.certificate) as server:
            server.keeps = False
            target = {
                "kind": "https",
                "url": server.url,
                "headers": {"X-File": "{name}"},
                "ca_file": str(authority.certificate),
                "certificate_file": str(ours.certificate),
                "key_file": str(ours.key),
            }
            return {"https_per_s": logged("https_per_s", run(profile, folder, size, lambda _: target)[0])}


def run(
    profile: Path,
    folder: Path | None,
    size: int,
    target: Callable[[Path], Mapping[str, Any]],
    *,
    with_pictures: bool = False,
) -> tuple[float, float]:
    """Transits a second of a whole run, and µs of this process's processor time each."""
    with stored_day(folder, size, with_pictures=with_pictures) as (here, database):
        job = job_to(target(here), profile, here, database)
        used = time.process_time()
        seconds = timed(lambda: complete(job))
        return round(size / seconds), round((time.process_time() - used) / size * 1e6)


def complete(job: Job) -> None:
    """Forward the day."""
    report = run_day(job, DAY).days[0]
    if str(report.outcome) != "complete":
        raise CannotRunError(f"the run is {report.outcome}: {report.error}")


def sftp(folder: Path, files: int) -> Figures:
    """The same files by our transport, and by OpenSSH's own client with and without flushing."""
    arrived, source = folder / "sftp", folder / "source"
    for each in (arrived, source):
        each.mkdir()
    content = [(f"{n:06d}.jpg", PICTURE) for n in range(files)]
    for name, data in content:
        (source / name).write_bytes(data)
    with running_sshd(folder / "sshd", arrived) as server:
        job = job_to(server.keys, folder / "profile.yaml", folder, Database("postgresql://unused"))
        with DeliveryClient(job) as client:
            client.fetch("connect")
            ours = files / timed(lambda: send_all(client, content))
        plain = files / timed(lambda: put(server, source, ""))
        flushed = files / timed(lambda: put(server, source, "-f"))
    log(f"sftp: {ours:.0f} files/s, `sftp put` {plain:.0f}, `sftp put -f` {flushed:.0f}")
    return {
        "sftp_per_s": round(ours),
        "sftp_ratio": round(ours / plain, 2),
        "sftp_flushed_ratio": round(ours / flushed, 2),
    }


def send_all(client: DeliveryClient, files: Sequence[tuple[str, bytes]]) -> None:
    """Several at once where this checkout can."""
    if hasattr(client, "send_each"):
        list(client.send_each(files))
    else:
        for name, data in files:
            client.send(name, data)


def put(server: SshServer, source: Path, flag: str) -> None:
    """Put all files by OpenSSH's client, in one session."""
    batch = source.parent / "batch"
    batch.write_text(f"lcd {source}\ncd {server.folder}\nput {flag} *\n", encoding="utf-8")
    options = [
        f"-oUserKnownHostsFile={server.known_hosts_file}",
        f"-oIdentityFile={server.key_file}",
        "-oIdentitiesOnly=yes",
    ]
    command = [
        "sftp",
        "-q",
        "-F",
        "none",
        *options,
        "-P",
        str(server.port),
        "-b",
        str(batch),
        f"{server.user}@127.0.0.1",
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def logged(name: str, value: float) -> float:
    """The figure, rounded."""
    log(f"{name}: {value:.0f}")
    return round(value)


if __name__ == "__main__":
    main()
