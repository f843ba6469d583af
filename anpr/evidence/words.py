# SPDX-License-Identifier: AGPL-3.0-or-later
"""Italian words of a package's report and readme."""

from anpr.domain.health import SubjectKind
from anpr.domain.signature import Signature
from anpr.domain.transit import ImageRole
from anpr.evidence.facts import Missing

NONE = "–"
MISSING = {
    Missing.EXPIRED: "cancellato alla scadenza del termine di conservazione",
    Missing.UNSEEN: "non più in archivio, o non accessibile all'ente",
    Missing.NOT_OPEN: "l'ente non è autorizzato a vedere le immagini di questo varco",
    Missing.NOT_ARRIVED: "annunciata dal lettore e mai arrivata al centro",
    Missing.LOST: "arrivata al centro e non più presente tra i file",
    Missing.ALTERED: "i byte conservati non sono quelli annunciati dal lettore",
}
ROLES = {ImageRole.PLATE: "targa", ImageRole.CONTEXT: "scena"}
KINDS = {
    SubjectKind.CLOCK: "Orologio del lettore",
    SubjectKind.READER: "Lettore",
    SubjectKind.CAMERA: "Telecamera",
}
STATES = {
    "up": "regolare",
    "clock-skewed": "ora sbagliata: scarto oltre la tolleranza",
    "blurred": "immagine sfocata",
    "dark": "immagine troppo scura",
    "damaged": "immagini danneggiate",
    "stalled": "elaborazione ferma",
    "paused": "fermo",
    "away": "assente",
    "disk-full": "disco pieno",
    "connecting": "in collegamento",
}
UNKNOWN_STATE = "non noto: nessun rapporto di quel momento è conservato"
SIGNATURES = {
    Signature.SIGNED: "firma del lettore verificata all'arrivo",
    Signature.UNSIGNED: "messaggio senza firma: l'origine non è garantita",
    Signature.LOCAL: "letto sulla stessa macchina, senza rete",
    None: "non registrata",
}
ACTIONS = {
    "search": "ricerca di transiti",
    "cross-searched": "ricerca incrociata di veicoli",
    "watchlist-searched": "liste interrogate per la targa",
    "search-refused": "ricerca rifiutata",
    "transit-viewed": "transiti consultati",
    "image-viewed": "immagine aperta",
    "exported": "esportazione",
    "hold-made": "conservazione disposta",
    "hold-changed": "fine della conservazione cambiata",
    "hold-ended": "fine della conservazione",
    "investigation-opened": "fascicolo aperto",
    "investigation-changed": "fascicolo modificato",
    "investigation-ended": "fascicolo chiuso",
    "investigation-reopened": "fascicolo riaperto",
    "investigation-member-added": "persona aggiunta",
    "investigation-member-removed": "persona tolta",
    "investigation-noted": "nota scritta",
    "transits-marked": "transiti segnati",
    "transits-unmarked": "transiti tolti",
    "question-saved": "ricerca salvata",
    "question-removed": "ricerca salvata tolta",
    "evidence-asked": "pacchetto chiesto",
    "evidence-made": "pacchetto fatto",
    "evidence-failed": "pacchetto non riuscito",
    "evidence-link-made": "collegamento usa e getta creato",
    "evidence-link-ended": "collegamento revocato",
    "evidence-delivered": "pacchetto scaricato o consegnato",
    "evidence-stamped": "marca temporale aggiunta",
    "evidence-refused": "consegna rifiutata",
}
"""Of rows that a case has; any other stands under its own name."""
README = """\
PACCHETTO PROBATORIO

Questo archivio contiene i transiti segnati per un fascicolo, come li conserva il sistema di lettura targhe.

  relazione.pdf    relazione leggibile, con la catena di custodia
  originali/       immagini originali, byte per byte
  copie/           le stesse con il riquadro della targa, l'ora e l'impronta: non sono originali
  transits.json    tutti i dati conservati di ogni transito, e che cosa manca e perché
  audit.jsonl      righe del registro degli accessi relative al fascicolo
  manifest.json    dimensione e impronta SHA-256 di ogni file
  manifest.sig     firma Ed25519 del manifest con la chiave del sito
  manifest.tsr     marca temporale (RFC 3161) di manifest.sig, se c'è; altrimenti manifest.json dice perché manca
  tsa-ca.pem       certificati radice del servizio di marcatura, se è configurato

Come si verifica, su qualunque computer con il programma anpr installato, senza rete e senza banca dati:

  anpr evidence verify PACCHETTO.zip --public-key CHIAVE

CHIAVE è la chiave pubblica del sito. Va chiesta al comando per un'altra via, non presa da questo archivio. La verifica
nomina ogni file cambiato, aggiunto o mancante, e controlla la marca temporale.

La marca temporale si controlla anche senza anpr, con OpenSSL:

  openssl ts -verify -data manifest.sig -in manifest.tsr -CAfile tsa-ca.pem
"""
