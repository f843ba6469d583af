# SPDX-License-Identifier: AGPL-3.0-or-later
"""Template method of the forms of a gate that the centre manages: shown anew with what was sent, what is wrong with it,
and what somebody else has saved meanwhile."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from anpr.console.access import Visitor
from anpr.console.field_faults import FieldFault
from anpr.console.pages.gates.edit_form import MOST
from anpr.console.pages.gates.managed import Conflict, managed_or_404
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console


@dataclass(frozen=True, kw_only=True, slots=True)
class ManagedForm:
    """One form of one gate, for whoever asks. `values`: what its template shows beside."""

    template: str
    console: Console
    visitor: Visitor
    context: PageContext
    gate_id: str
    values: dict[str, Any]

    def response(
        self,
        fields: BaseModel,
        *,
        faults: dict[str, FieldFault] | None = None,
        conflict: Conflict | None = None,
    ) -> Response:
        """The form with these fields, which have `based_on`; after a conflict it is based on the newest version.
        Raises HTTPException 404 where the visitor may not change the gate."""
        newest = {"based_on": conflict.newest.version} if conflict else {}
        return self.console.templates.response(
            self.template,
            self.context,
            status=409 if conflict else 400 if faults else 200,
            gate_id=self.gate_id,
            managed=managed_or_404(self.console, self.visitor, self.gate_id),
            fields=fields.model_copy(update=newest),
            faults=faults or {},
            conflict=conflict,
            most=MOST,
            **self.values,
        )
