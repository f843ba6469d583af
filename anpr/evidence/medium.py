# SPDX-License-Identifier: AGPL-3.0-or-later
"""A package on a medium: what was written is read back from there, and what its receiver needs lies beside it."""

import os
from datetime import UTC
from pathlib import Path

from anpr.contract.signature import PublicKey
from anpr.domain.errors import InputError
from anpr.evidence.archive import sha256_of_file
from anpr.evidence.receipt import Delivery, receipt
from anpr.evidence.verification import verify_package
from anpr.paper.apart import PdfPress

README, RECEIPT = "LEGGIMI.txt", "verbale.pdf"
_README = """\
CONSEGNA DI UN PACCHETTO PROBATORIO

Fascicolo:        {reference}
Consegnato a:     {to}
Consegnato da:    {by}, il {at}
Archivio:         {archive}
SHA-256:          {sha256}
Marca temporale:  {stamp}

Impronta della chiave pubblica del sito:

  {fingerprint}

Come si verifica, su qualunque computer con il programma anpr installato, senza rete e senza banca dati:

  anpr evidence verify {archive} --public-key CHIAVE

CHIAVE è la chiave pubblica del sito. Va chiesta al comando per un'altra via: la verifica ne mostra l'impronta, che deve
essere quella scritta qui e sul verbale firmato. Dentro l'archivio c'è un altro LEGGIMI.txt, che ne spiega il contenuto.
"""


def read_back(path: Path, sha256: str, key: PublicKey) -> None:
    """Read the file from its medium, past the system's cache where it lets itself be dropped, and verify it.

    Raises InputError for other bytes than were written, and for a package that is not whole.
    """
    try:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)
        digest = sha256_of_file(path)
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc
    if digest != sha256:
        raise InputError(f"{path}: the medium gives back other bytes than were written; use another one")
    if faults := verify_package(path, key).faults:
        raise InputError(f"{path}: {faults[0]}")


def write_beside(folder: Path, delivery: Delivery) -> None:
    """The readme and the receipt. Raises InputError and PaperError."""
    stamp = f"{delivery.stamped_at.astimezone(UTC):%d/%m/%Y %H:%M:%S} UTC" if delivery.stamped_at else "nessuna"
    text = _README.format(
        reference=delivery.reference,
        to=delivery.to,
        by=delivery.by,
        at=f"{delivery.at.astimezone(delivery.zone):%d/%m/%Y %H:%M}",
        archive=delivery.archive,
        sha256=delivery.sha256,
        stamp=stamp,
        fingerprint=delivery.key_fingerprint,
    )
    try:
        (folder / README).write_text(text, encoding="utf-8", newline="\r\n")
        (folder / RECEIPT).write_bytes(PdfPress().print(receipt(delivery)))
    except OSError as exc:
        raise InputError(f"{folder}: {exc.strerror or exc}") from exc
