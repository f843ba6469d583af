# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the mail with the audit's head says, in Italian: the head, and how one checks it years later."""

from datetime import datetime

from anpr.contract.signature import PublicKey
from anpr.mail.message import Mail
from anpr.settings import Settings
from anpr.store.audit import NotedHead
from anpr.store.audit_chain.cut import Cut

_TEXT = """\
Impronta del registro delle operazioni di {site}

Conservi questo messaggio fuori dal sistema. Con l'impronta si scopre, anche dopo anni, se qualcuno ha
cambiato o cancellato righe del registro: chi amministra il sistema non può cambiare ciò che Lei ha già ricevuto.
Se i messaggi non arrivano più, chieda perché.

Quando:                       {at}
Ultima riga:                  {head.rows}
Impronta:                     {head}
{pruned}Chiave pubblica del sistema:  {key}

Per controllare, sul sistema o su una sua copia:

  anpr audit verify --head "{head}"

Messaggio automatico, non contiene dati personali.
"""
_PRUNED = "Righe cancellate a termine:   fino alla {last} (impronta {head}), con la prova firmata nel registro\n"


def head_mail(to: str, head: NotedHead, cut: Cut | None, key: PublicKey, settings: Settings, at: datetime) -> Mail:
    """The mail for one address. `cut`: what was pruned last."""
    site = " ".join(settings.municipality.split())
    text = _TEXT.format(
        site=site,
        at=f"{at.astimezone(settings.zone):%d/%m/%Y %H:%M} ({settings.time_zone})",
        head=head,
        pruned=_PRUNED.format(last=cut.last, head=cut.head) if cut else "",
        key=key.text,
    )
    return Mail(to=to, subject=f"Impronta del registro, riga {head.rows} – {site}"[:200], text=text)
