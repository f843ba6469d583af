# SPDX-License-Identifier: AGPL-3.0-or-later
"""Italian words of the documents."""

from datetime import date

from anpr.documents.ends import EndKind
from anpr.domain.access import Permission, Role
from anpr.domain.gate import CameraKind, Gate, Keep
from anpr.domain.organisation import Action, AgreementState, OrganisationKind
from anpr.domain.watchlist import MatchMode, Priority, Watchlist

TO_FILL = "DA COMPLETARE"
"""What people must write themselves."""
NONE = "—"
NOT_KNOWN = "non noto alla console (lo dice «anpr documents make»)"
"""In a document that the console made."""

KINDS = {
    OrganisationKind.MUNICIPALITY: "comune",
    OrganisationKind.UNION: "unione di comuni",
    OrganisationKind.FORCE: "forza di polizia",
    OrganisationKind.MANAGER: "gestore del sistema",
}
ROLES = {
    Role.OPERATOR: "operatore",
    Role.INVESTIGATOR: "investigatore",
    Role.LIST_MANAGER: "gestore delle liste",
    Role.AUDITOR: "revisore",
    Role.ADMINISTRATOR: "amministratore",
    Role.DPO: "responsabile della protezione dei dati",
    Role.PATROL: "pattuglia",
}
PERMISSIONS = {
    Permission.VIEW_ALARMS: "vedere gli allarmi",
    Permission.HANDLE_ALARMS: "trattare gli allarmi",
    Permission.VIEW_TRANSITS: "vedere i transiti",
    Permission.SEARCH_TRANSITS: "cercare i transiti",
    Permission.VIEW_WATCHLISTS: "vedere le liste",
    Permission.EDIT_WATCHLISTS: "modificare le liste",
    Permission.VIEW_AUDIT: "leggere il registro delle operazioni",
    Permission.VIEW_HEALTH: "vedere lo stato del sistema",
    Permission.VIEW_FORWARDING: "vedere gli inoltri",
    Permission.RESEND_DELIVERIES: "rimettere in coda i transiti respinti da una destinazione",
    Permission.MANAGE_USERS: "gestire gli utenti",
    Permission.VIEW_AGREEMENTS: "vedere gli accordi",
    Permission.VIEW_HOLDS: "vedere le conservazioni per un procedimento",
    Permission.HOLD_TRANSITS: "conservare transiti per un procedimento",
    Permission.INVESTIGATE: "lavorare ai fascicoli di cui si fa parte e farne pacchetti probatori",
    Permission.HANDLE_REQUESTS: "trattare le richieste degli interessati",
    Permission.MANAGE_AGREEMENTS: "stipulare e chiudere accordi",
    Permission.MANAGE_GATES: "modificare varchi e telecamere",
    Permission.MANAGE_NOTIFICATIONS: "decidere chi riceve gli avvisi degli allarmi",
    Permission.VIEW_DOCUMENTS: "leggere registri, documenti e scadenze",
    Permission.PATROL: "ricevere sul telefono gli allarmi della propria zona e rispondere",
    Permission.VIEW_STATISTICS: "vedere le statistiche degli esiti",
    Permission.KEEP_OWN_ACCOUNT: "gestire il proprio accesso",
}
ACTIONS = {
    Action.ALARMS: "vedere gli allarmi",
    Action.HANDLE: "trattare gli allarmi",
    Action.SEARCH: "cercare",
    Action.PICTURES: "vedere le immagini",
    Action.FORWARD: "inoltrare",
}
STATES = {
    AgreementState.COMING: "non ancora in vigore",
    AgreementState.IN_FORCE: "in vigore",
    AgreementState.ENDING: "in scadenza",
    AgreementState.OVER: "cessato",
}
CAMERAS = {CameraKind.PLATE: "legge le targhe", CameraKind.CONTEXT: "riprende la scena"}
PRIORITIES = {Priority.HIGH: "alta", Priority.MEDIUM: "media", Priority.LOW: "bassa"}
ENDS = {
    EndKind.GATE: "base giuridica del varco",
    EndKind.AGREEMENT: "accordo",
    EndKind.PROTOCOL: "protocollo di inoltro",
    EndKind.CERTIFICATE: "certificato TLS",
    EndKind.HOLD: "conservazione per un procedimento",
    EndKind.USER: "ultimo giorno di un utente",
    EndKind.LIST: "fine di una lista",
}
TRANSPORTS = {"sftp": "SFTP", "directory": "cartella"}


def day(value: date | None) -> str:
    """`01/12/2026`; of none, that it must be filled in."""
    return f"{value:%d/%m/%Y}" if value else TO_FILL


def days(number: int) -> str:
    """`1 giorno`, `7 giorni`."""
    return f"{number} giorno" if number == 1 else f"{number} giorni"


def days_left(number: int) -> str:
    """How far a last day lies."""
    if number < 0:
        return f"scaduto da {days(-number)}"
    return "scade oggi" if number == 0 else f"fra {days(number)}"


def place(gate: Gate) -> str:
    """Coordinates (WGS 84), or that they must be filled in."""
    if gate.latitude is None or gate.longitude is None:
        return f"{TO_FILL}: coordinate"
    return f"{gate.latitude:.5f}, {gate.longitude:.5f}"


def kept(gate: Gate, transit_days: int) -> str:
    """What is kept of the transits at a gate, and for how long."""
    if gate.keep is Keep.HITS:
        hits = f"solo i transiti che corrispondono a una lista, per {days(transit_days)}"
        return f"{hits}; gli altri sono contati e mai salvati"
    return f"tutti i transiti, per {days(transit_days)}"


def comparison(watchlist: Watchlist) -> str:
    """How a list is compared with what passes."""
    if watchlist.match is MatchMode.PROBABILITY:
        return f"probabilità di almeno {watchlist.min_probability * 100:.0f} %"
    return "targa esatta" if watchlist.match is MatchMode.EXACT else "caratteri simili (O/0, I/1 …) valgono uguali"
