# SPDX-License-Identifier: AGPL-3.0-or-later
"""Parts that several documents share: retention, roles, recipients, agreements."""

from collections.abc import Iterator

from anpr.documents.facts import SiteFacts
from anpr.documents.frame import local_time, table_of
from anpr.documents.words import (
    ACTIONS,
    NONE,
    PERMISSIONS,
    ROLES,
    STATES,
    TRANSPORTS,
    day,
    days,
    kept,
)
from anpr.domain.access import Permission, Role, may
from anpr.domain.organisation import Agreement
from anpr.paper.blocks import Facts, Table


def retention_days(facts: SiteFacts) -> Facts:
    """Days of each kind of data, as they are set."""
    return Facts(tuple(_retention_rows(facts)))


def _audit(kept: int | None) -> str:
    if kept is None:
        return "non è mai cancellato (audit.prune_after_days non è impostato): contiene le targhe cercate"
    return (
        f"{days(kept)}, poi le righe più vecchie sono esportate, firmate e cancellate a mesi interi, con una prova che "
        "resta nel registro; contiene le targhe cercate, come i file esportati"
    )


def _retention_rows(facts: SiteFacts) -> Iterator[tuple[str, str]]:
    kinds = facts.days
    yield "Transiti e immagini", f"{days(kinds.transits)}, poi sono cancellati automaticamente"
    for each in (each for each in facts.purposes if each.days != kinds.transits):
        yield f"Transiti e immagini per lo scopo «{each.name}»", days(each.days)
    yield "Allarmi chiusi", days(kinds.alarms)
    yield "Allarmi non chiusi", f"al massimo {days(kinds.open_alarm_grace)} in più, con il loro transito"
    yield "Registro degli inoltri", f"{days(kinds.ledger)} (righe senza targhe)"
    yield "Esecuzioni degli inoltri", days(kinds.forward_runs)
    yield "Registro delle operazioni", _audit(kinds.audit)
    if kinds.topic_hours is not None:
        yield "Code dei messaggi", f"{kinds.topic_hours} ore per i topic creati dal sistema"
    yield "Conservazione per un caso", "solo con motivo, riferimento, autore e fine (anpr hold)"


def retention_table(facts: SiteFacts) -> Table:
    """What is stored now at each gate."""
    gates = {gate.id: gate for gate in facts.gates}
    rows = (
        (
            each.gate_id,
            kept(gates[each.gate_id], facts.days_of(gates[each.gate_id]))
            if each.gate_id in gates
            else "varco non registrato",
            str(each.transits),
            local_time(facts, each.oldest) if each.oldest else NONE,
            str(each.images),
            str(each.discarded),
        )
        for each in facts.kept or ()
    )
    header = ("Varco", "Regola", "Transiti", "Il più vecchio", "Immagini", "Contati e non salvati")
    return table_of(header, rows, (22, 34, 12, 16, 12, 14))


def roles_table(facts: SiteFacts) -> Table:
    """Each role with all that it may do, how many people have it, and whether it needs a second factor."""
    return table_of(
        ("Ruolo", "Che cosa può fare", "Persone attive", "Secondo fattore"), _role_rows(facts), (20, 50, 12, 18)
    )


def _role_rows(facts: SiteFacts) -> Iterator[tuple[str, ...]]:
    for role in Role:
        people = [each for each in facts.people if each.role is role and not each.disabled]
        demanded = "obbligatorio" if role in facts.measures.second_factor else "facoltativo"
        have = f"{demanded}; attivo per {sum(each.has_second_factor for each in people)}"
        allowed = ", ".join(PERMISSIONS[each] for each in Permission if may(role, each))
        yield ROLES[role], allowed, str(len(people)), have


def recipients_table(facts: SiteFacts) -> Table:
    """Other centres that receive transits."""
    rows = (
        (
            f"{each.id}\nper {facts.names.get(each.organisation_id, each.organisation_id)}",
            each.profile,
            TRANSPORTS.get(each.transport, each.transport),
            each.protocol,
            day(each.until),
        )
        for each in facts.recipients
    )
    return table_of(("Destinatario", "Profilo", "Trasporto", "Protocollo", "Fine"), rows, (20, 20, 12, 34, 14))


def agreements_table(facts: SiteFacts) -> Table:
    """What one organisation opens to another."""
    header = ("Accordo", "Che cosa apre", "Che cosa consente", "Finalità e atto", "Periodo")
    return table_of(header, (_agreement_row(facts, each) for each in facts.agreements), (22, 20, 20, 24, 18))


def _agreement_row(facts: SiteFacts, each: Agreement) -> tuple[str, ...]:
    names = [facts.names.get(one, one) for one in (each.grantor_id, each.grantee_id)]
    opened = [f"varco {one}" for one in sorted(each.gate_ids)] + [f"lista {one}" for one in sorted(each.watchlist_ids)]
    return (
        f"{each.id}: {names[0]} apre a {names[1]}",
        "\n".join(opened),
        ", ".join(ACTIONS[one] for one in sorted(each.actions)),
        f"{each.purpose}\n{each.document}",
        f"dal {day(each.starts_on)} al {day(each.ends_on)}\n{STATES[each.state_on(facts.today)]}",
    )
