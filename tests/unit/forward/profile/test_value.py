# SPDX-License-Identifier: AGPL-3.0-or-later
"""From a rule and a value to its text."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.forward.profile.field import FieldRule
from anpr.forward.profile.load import load_profile
from anpr.forward.profile.model import Profile
from anpr.forward.profile.sources import Value
from anpr.forward.profile.value import Unwritable, format_moment, to_text
from tests.unit.forward.profile.profiles import write_profile

ROME = ZoneInfo("Europe/Rome")
NOON = datetime(2026, 11, 21, 11, 0, 0, 987654, tzinfo=UTC)


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    tables = {"gate": {"gate-1": "0421"}, "any": {"A": "1", "*": "9"}}
    return load_profile(str(write_profile(tmp_path, code_tables=tables)))


def rule(**keys: Any) -> FieldRule:
    return FieldRule.model_validate({"name": "F", "source": "plate", **keys}, strict=False)


@pytest.mark.parametrize(
    ("keys", "value", "text"),
    [
        ({}, "AB123CD", "AB123CD"),
        ({}, None, ""),
        ({"when_missing": "?"}, None, "?"),
        ({"when_missing": None}, None, None),
        ({"source": None, "value": "H612"}, None, "H612"),
        ({"transform": ["lower"]}, "AB123CD", "ab123cd"),
        ({"transform": ["ascii", "upper"]}, "città di Prató ß", "CITTA DI PRATO ?"),
        ({"transform": ["digits"]}, "AB123CD", "123"),
        ({"transform": ["letters-digits"]}, "CAM-3 / Ü", "CAM3Ü"),
        ({"transform": ["strip"]}, "  x ", "x"),
        ({"transform": ["digits"], "when_missing": "-"}, "ABC", "-"),
        ({"length": 4, "too_long": "cut"}, "AB123CD", "AB12"),
        ({"length": 9, "pad": "."}, "AB123CD", "AB123CD.."),
        ({"length": 9, "pad": ".", "align": "right"}, "AB123CD", "..AB123CD"),
        ({"source": "reads", "type": "integer", "length": 5, "pad": "0", "align": "right"}, 7, "00007"),
        ({"source": "box.x", "type": "integer", "length": 5, "pad": "0", "align": "right"}, -7.2, "-0007"),
        ({"source": "confidence", "type": "integer", "scale": 100.0}, 0.976, "98"),
        ({"source": "confidence", "type": "integer", "scale": 100.0}, 0.805, "81"),
        ({"source": "confidence", "type": "decimal", "decimals": 2}, 0.976, "0.98"),
        ({"source": "confidence", "type": "decimal", "decimals": 3}, 1e-7, "0.000"),
        ({"source": "gate.id", "codes": "gate"}, "gate-1", "0421"),
        ({"codes": "any"}, "B", "9"),
        ({"source": "captured_at", "type": "datetime", "format": "%d/%m/%Y %H:%M:%S"}, NOON, "21/11/2026 12:00:00"),
        ({"source": "captured_at", "type": "datetime", "format": "iso-ms"}, NOON, "2026-11-21T12:00:00.987+01:00"),
        ({"source": "captured_at", "type": "datetime", "format": "epoch-ms"}, NOON, "1795258800987"),
        ({"source": "batch.day", "type": "datetime", "format": "%Y%m%d"}, date(2026, 11, 21), "20261121"),
    ],
)
def test_text_of_a_field(profile: Profile, keys: dict[str, Any], value: Value, text: str | None) -> None:
    assert to_text(rule(**keys), value, profile) == text


@pytest.mark.parametrize(
    ("keys", "value", "reason"),
    [
        ({"required": True}, None, "F: missing"),
        ({"required": True, "transform": ["digits"]}, "ABC", "F: missing"),
        ({"length": 4}, "AB123CD", "F: 7 characters, at most 4"),
        ({"source": "gate.id", "codes": "gate"}, "gate-9", "F: 'gate-9' has no code in table gate"),
        ({"codes": "gate"}, "AB123CD", "F: this value has no code in table gate"),
        ({"source": "gate.name"}, "via\nRoma", "F: holds a control character"),
        ({"source": "gate.name"}, "a\ud800b", "F: holds a control character"),
    ],
)
def test_what_cannot_be_written_is_unfit_and_no_plate_is_told(
    profile: Profile, keys: dict[str, Any], value: Value, reason: str
) -> None:
    with pytest.raises(Unwritable) as caught:
        to_text(rule(**keys), value, profile)
    assert str(caught.value) == reason
    assert "AB123CD" not in reason


def test_the_hour_that_comes_twice_is_told_apart_by_its_offset() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert format_moment(first, "iso", ROME) == "2026-10-25T02:30:00+02:00"
    assert format_moment(first + timedelta(hours=1), "iso", ROME) == "2026-10-25T02:30:00+01:00"


@given(
    st.datetimes(
        datetime(1970, 1, 1),  # noqa: DTZ001  the strategy adds the zone
        datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    )
)
def test_a_time_survives_the_round_trip(moment: datetime) -> None:
    milliseconds = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert datetime.fromisoformat(format_moment(moment, "iso-ms", ROME)) == milliseconds
    epoch = int(format_moment(moment, "epoch-ms", ROME))
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=epoch) == milliseconds
