# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answers of destinations, good and contradictory, in the four forms that are read. Seeded."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from uuid import UUID

from anpr.forward.profile.answers import Answers
from anpr.forward.profile.soap import SoapRules
from anpr.ws_security.envelope import ENVELOPES

GOOD = "ACCETTATO-7F3"
"""The one code that accepts; nothing turns into it by chance."""
_CODES = ("E1", "E2", "ignoto", "", " ", "accettato-7f3", "0" * 70, "\u202eACCETTATO", "ACCETTATO-7F3 ")
SOAP = SoapRules(version="1.1")
_SPACES = (*ENVELOPES.values(), *ENVELOPES.values(), "urn:x")


def _rules(kind: str, **body: object) -> Answers:
    tree = {"kind": kind, "ok": [GOOD], "permanent": ["E1"], "transient": ["E2"]}
    return Answers.model_validate_json(json.dumps({**tree, "body": body} if body else tree))


RULES: Mapping[str, Answers] = MappingProxyType(
    {
        "json": _rules(
            "reply", format="json", records="esiti", record_id="id", record_code="codice", record_text="testo"
        ),
        "xml": _rules(
            "reply", format="xml", records="esiti/esito", record_id="@id", record_code="codice", record_text="testo"
        ),
        "soap": _rules(
            "reply",
            format="xml",
            records="Body/risposta/esito",
            record_id="@id",
            record_code="codice",
            code="Body/stato",
        ),
        "receipt": _rules("receipt"),
    }
)
FORMS = tuple(RULES)


@dataclass(frozen=True)
class Answer:
    """What a destination says: pairs of a transit's id and a code, and whether it contradicts itself."""

    pairs: tuple[tuple[str, str], ...]
    ids: tuple[str, ...]
    """Of the transits that were sent."""

    @property
    def may_accept(self) -> frozenset[str]:
        """The transits that it accepts; none where it says two things of one."""
        said: dict[str, set[str]] = {}
        for id, code in self.pairs:
            said.setdefault(id, set()).add(code.strip())
        return frozenset(id for id, codes in said.items() if codes == {GOOD})


def answer(rng: Random) -> Answer:
    """Of one to six transits. In many of them nothing is accepted; some name a transit twice, or a strange one."""
    ids = tuple(str(UUID(int=rng.getrandbits(128), version=4)) for _ in range(rng.randint(1, 6)))
    is_hostile = rng.random() < 0.3
    pairs = [(id, rng.choice(_CODES) if is_hostile or rng.random() < 0.1 else GOOD) for id in ids]
    for _ in range(rng.choice((0, 0, 0, 1, 3))):
        again = rng.choice(pairs)
        pairs.append(again if rng.random() < 0.3 else (again[0], rng.choice(_CODES)))
    if rng.random() < 0.1:
        pairs.append((rng.choice(("", "AB123CD", "*", "0" * 32, "{}", "1_0")), "E1"))
    rng.shuffle(pairs)
    return Answer(tuple(pairs), ids)


def written(form: str, said: Answer, rng: Random) -> bytes:
    """The answer in this form, with what may stand beside it."""
    return _WRITERS[form](said.pairs, rng)


def _text(rng: Random, odd: Sequence[object]) -> object:
    return rng.choice(odd) if rng.random() < 0.2 else "perché"


def _json(pairs: Sequence[tuple[str, str]], rng: Random) -> bytes:
    rows: list[object] = [{"id": id, "codice": code, "testo": _text(rng, _ODD_JSON)} for id, code in pairs]
    tree: dict[str, object] = {"esiti": rows, "altro": rng.choice(_ODD_JSON)}
    return json.dumps(tree, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


_ODD_JSON: tuple[object, ...] = (
    None, True, -0.0, 1e308, 10**400, "x" * 5000, "\ud800", "\x00", [], [[]], {"": {}}, {"*": [1]}, {"@id": "x"}, "&x;"
)  # fmt: skip


def _xml(pairs: Sequence[tuple[str, str]], rng: Random) -> bytes:
    return f"<?xml version='1.0'?><r>{rng.choice(_ODD_XML)}<esiti>{_rows(pairs, rng)}</esiti></r>".encode()


def _soap(pairs: Sequence[tuple[str, str]], rng: Random) -> bytes:
    """With a fault beside the answer at times; the state of the whole is never good."""
    beside = rng.choice((*[""] * 9, "<stato>E2</stato>", "<stato>E1</stato>", *_FAULTS))
    body = f"<stato>E1</stato>{beside}<risposta>{_rows(pairs, rng)}</risposta>"
    return f"<e:Envelope xmlns:e='{rng.choice(_SPACES)}'><e:Body>{body}</e:Body></e:Envelope>".encode()


_FAULTS = (
    "<e:Fault><faultcode>e:Server</faultcode></e:Fault>",
    "<Fault/>",
    "<e:Fault><e:Code><e:Value>e:Sender</e:Value></e:Code></e:Fault>",
    "<e:Fault>" + "<e:Code>" * 50 + "</e:Code>" * 50 + "</e:Fault>",
)
_ODD_XML = (
    "",
    "<!-- x -->",
    "<?pi x?>",
    "<![CDATA[<esiti>]]>",
    "<a xmlns='urn:y' b='&#x10FFFF;'/>",
    "x" * 5000,
    "<b/>" * 3000,
)


def _rows(pairs: Sequence[tuple[str, str]], rng: Random) -> str:
    return "".join(
        f"<esito id='{id}'><codice>{code}</codice><testo>{_text(rng, _ODD_XML)}</testo></esito>" for id, code in pairs
    )


def _receipt(pairs: Sequence[tuple[str, str]], rng: Random) -> bytes:
    end = rng.choice(("\n", "\r\n", "\r", "\u2028"))
    quote = rng.choice(("", '"'))
    return end.join(f"{quote}{id}{quote};{code}{rng.choice(_ODD_CELLS)}" for id, code in pairs).encode()


_ODD_CELLS = ("", "", ";testo", ";" * 40, ';"a ""b"""', ";\x00", ";" + "x" * 3000)
_WRITERS: Mapping[str, Callable[[Sequence[tuple[str, str]], Random], bytes]] = MappingProxyType(
    {"json": _json, "xml": _xml, "soap": _soap, "receipt": _receipt}
)
