# SPDX-License-Identifier: AGPL-3.0-or-later
"""Words of the domain on the command line: as the system stores them, or as the console shows them in Italian."""

from collections.abc import Mapping
from typing import Any

import click

from anpr.domain.access import Role
from anpr.domain.near_name import near_name
from anpr.domain.watchlist import ListKind, MatchMode, Priority


class Word(click.ParamType[str]):
    """One of a fixed set of words; each may also be written in Italian. Gives the stored word."""

    name = "word"

    def __init__(self, italian: Mapping[str, str]) -> None:
        """`italian`: the Italian word for each stored one."""
        self._stored = {word: stored for stored, words in italian.items() for word in (stored, words)}
        self._shown = " | ".join(
            stored if stored == words else f"{stored} ({words})" for stored, words in italian.items()
        )

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002  the signature is click's
        return f"[{'|'.join(dict.fromkeys(self._stored.values()))}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        word = str(value).strip().lower()
        if word in self._stored:
            return self._stored[word]
        near = near_name(word, self._stored)
        hint = f"; did you mean {near}?" if near else ""
        self.fail(f"{value!r} is not one of: {self._shown}{hint}", param, ctx)


KIND = Word(
    {
        ListKind.STOLEN: "rubati",
        ListKind.JUDICIAL: "giudiziaria",
        ListKind.UNINSPECTED: "da-verificare",
        ListKind.LOCAL: "locale",
        ListKind.ALLOWED: "consentiti",
    }
)
PRIORITY = Word({Priority.HIGH: "alta", Priority.MEDIUM: "media", Priority.LOW: "bassa"})
MATCH = Word({MatchMode.EXACT: "esatta", MatchMode.LOOK_ALIKE: "simile", MatchMode.PROBABILITY: "probabilità"})
ROLE = Word(
    {
        Role.OPERATOR: "operatore",
        Role.INVESTIGATOR: "investigatore",
        Role.LIST_MANAGER: "gestore-liste",
        Role.AUDITOR: "revisore",
        Role.ADMINISTRATOR: "amministratore",
        Role.DPO: "responsabile-protezione-dati",
        Role.PATROL: "pattuglia",
    }
)
