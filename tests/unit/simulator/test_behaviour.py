# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the simulated office is told to behave: by file, by form, for the next files, and by chance."""

from pathlib import Path

import pytest

from anpr.domain.errors import InputError
from anpr.simulator.behaviour import Behaviour, read_behaviour
from anpr.simulator.decisions import Decisions
from anpr.simulator.page.forms import behaviour_of_form, behaviour_of_preset, count_of, fields_of


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "behaviour.yaml"
    path.write_text(
        "rules:\n  - {field: Varco/Codice, value: gate-2, code: E3}\n  - {share: 0.1, answer: transient}\n"
        "delay_s: 0.5\nevery: 7\ndisk_full: true\n",
        encoding="utf-8",
    )
    found = read_behaviour(path)
    assert (found.delay_s, found.every, found.disk_full) == (0.5, 7, True)
    assert found.rules[0].fits("id", "AA000AA", {"Varco/Codice": "gate-2"})
    assert not found.rules[0].fits("id", "AA000AA", {"Varco/Codice": "gate-1"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("delay: 3", "delay"),
        ("delay_s: -1", "delay_s"),
        ("cut: sometimes", "cut"),
        ("rules:\n  - {code: E1}", "one of plate, field and share"),
        ("rules:\n  - {field: a, code: E1}", "go together"),
        ("- a", "behaviour"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "behaviour.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=told):
        read_behaviour(path)
    with pytest.raises(InputError, match=r"behaviour\.yaml"):
        read_behaviour(path)


def test_faults_hit_each_so_many_transfers() -> None:
    decisions = Decisions(Behaviour(cut="before", every=3))
    assert [decisions.take("a.xml").cut for _ in range(6)] == ["none", "none", "before"] * 2


def test_what_is_ordered_for_the_next_files_is_not_used_up_by_pictures() -> None:
    decisions = Decisions(Behaviour())
    decisions.order(Behaviour(answer="permanent"), 2)
    taken = [decisions.take(name).answer for name in ("a.jpg", "a.xml", "b.JPG", "b.xml", "c.xml")]
    assert taken == ["ok", "permanent", "ok", "permanent", "ok"]
    assert decisions.now.next is None


def test_a_standing_order_ends_what_was_ordered_for_the_next_files() -> None:
    decisions = Decisions(Behaviour())
    decisions.order(Behaviour(answer="permanent"), 2)
    decisions.order(Behaviour(answer="transient"), None)
    assert decisions.take("a.xml").answer == "transient"


def test_by_chance_means_about_so_many() -> None:
    decisions = Decisions(Behaviour(disk_full=True, share=0.25))
    assert 60 < sum(decisions.take("a.xml").disk_full for _ in range(400)) < 140


def test_a_form_says_again_what_it_was_filled_with() -> None:
    standing = Behaviour(answer="transient", code="E2", delay_s=1.5, every=3, status=503, disk_full=True)
    assert behaviour_of_form(fields_of(standing), Behaviour()) == standing
    assert behaviour_of_form(fields_of(Behaviour()), Behaviour()) == Behaviour()


def test_a_field_that_is_wrong_is_named() -> None:
    for name, value in (("delay_s", "presto"), ("every", "0"), ("share", "2"), ("status", "99"), ("code", "a b")):
        with pytest.raises(ValueError, match=name):
            behaviour_of_form({"answer": "ok", name: value}, Behaviour())


def test_decimals_may_have_a_comma() -> None:
    assert behaviour_of_form({"delay_s": "0,5"}, Behaviour()).delay_s == 0.5


def test_a_rejection_may_have_a_code_of_its_own() -> None:
    assert behaviour_of_preset("reject", {"code": " E3 "}).code == "E3"
    assert behaviour_of_preset("reject", {"code": "a b"}).code is None
    assert behaviour_of_preset("accept", {"code": "E3"}).code is None


@pytest.mark.parametrize(("text", "count"), [("", None), ("0", None), ("-1", None), ("x", None), ("3", 3), ("²", None)])
def test_a_count_that_is_none_means_until_something_else_is_ordered(text: str, count: int | None) -> None:
    assert count_of({"count": text}) == count


def test_what_nobody_may_trust_holds_until_something_else_is_said() -> None:
    form = {"answer": "ok", "certificate": "expired", "wrong_host_key": "on"}
    behaviour = behaviour_of_form(form, Behaviour())
    assert (behaviour.certificate, behaviour.wrong_host_key, behaviour.is_distrusted) == ("expired", True, True)
    assert behaviour.faults == (), "it disturbs no transfer: there is none"
    assert fields_of(behaviour)["wrong_host_key"] == "on"
    with pytest.raises(ValueError, match="count"):
        behaviour_of_form({**form, "count": "3"}, Behaviour())
    assert behaviour_of_form({"redirect": "on", "count": "3"}, Behaviour()).faults == ("redirect",)


def test_servers_are_told_what_stands_now_and_whenever_it_changes() -> None:
    told: list[str] = []
    decisions = Decisions(Behaviour())
    decisions.tell(lambda behaviour: told.append(behaviour.certificate))
    decisions.order(Behaviour(certificate="expired"), None)
    decisions.order(Behaviour(certificate="self-signed"), 1)
    assert told == ["none", "expired"]
