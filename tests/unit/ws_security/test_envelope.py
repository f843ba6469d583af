# SPDX-License-Identifier: AGPL-3.0-or-later
"""Envelopes of any hand are secured where WS-Security goes, and stay as they are everywhere else."""

from xml.etree import ElementTree

import pytest

from anpr.ws_security.envelope import ENVELOPES, EnvelopeCut
from anpr.ws_security.names import WSSE, WSU

BLOCK = b'<x:block xmlns:x="urn:x"/>'
ONE, TWO = ENVELOPES["1.1"], ENVELOPES["1.2"]
BODY = '<s:Body a="1"><t xmlns:q="urn:q">q:name &amp; <!-- kept --></t></s:Body></s:Envelope>'


def start(space: str = ONE) -> str:
    return f"<?xml version='1.0'?>\n<s:Envelope xmlns:s='{space}'>"


@pytest.mark.parametrize("space", [pytest.param(ONE, id="1.1"), pytest.param(TWO, id="1.2")])
@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="none"),
        pytest.param("<s:Header/>", id="empty"),
        pytest.param("<s:Header xmlns:y='a/>b' />", id="empty with attribute"),
        pytest.param("<s:Header></s:Header>", id="without blocks"),
        pytest.param("<s:Header><!-- </s:Header> --><y xmlns='urn:y'/></s:Header>", id="with a block"),
    ],
)
def test_the_block_is_the_last_of_the_one_header(space: str, header: str) -> None:
    made = EnvelopeCut((start(space) + header + BODY).encode()).with_header(BLOCK, "the-body")
    headers = (root := ElementTree.fromstring(made)).findall(f"{{{space}}}Header")
    assert [list(each)[-1].tag for each in headers] == ["{urn:x}block"]
    body = root.find(f"{{{space}}}Body")
    assert body is not None
    assert body.attrib == {f"{{{WSU}}}Id": "the-body", "a": "1"}
    assert made.endswith(BODY.partition(" a=")[2].encode()), "prefixes in texts keep their meaning"
    assert made.startswith(start(space).encode())


def test_a_body_that_nobody_signs_gets_no_id() -> None:
    made = EnvelopeCut((start() + BODY).encode()).with_header(BLOCK)
    assert made == (start() + f'<e:Header xmlns:e="{ONE}">{BLOCK.decode()}</e:Header>' + BODY).encode()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("<a/>", "no SOAP envelope", id="another document"),
        pytest.param("<s:Envelope xmlns:s='urn:x'/>", "no SOAP envelope", id="another namespace"),
        pytest.param(start() + "</s:Envelope>", "with a Body", id="no body"),
        pytest.param("", "with a Body", id="nothing"),
        pytest.param(start() + "<a>", "with a Body", id="unfinished"),
        pytest.param(start() + "<a></b>", "no XML: line 2", id="not well-formed"),
        pytest.param("<!DOCTYPE a [<!ENTITY b 'c'>]>" + start()[22:] + BODY, "DOCTYPE", id="document type"),
        pytest.param(
            start() + f"<s:Header><w:Security xmlns:w='{WSSE}'/></s:Header>" + BODY, "of its own", id="secured already"
        ),
        pytest.param(
            start() + f"<s:Body xmlns:w='{WSU}' w:Id='b'/></s:Envelope>", "wsu:Id of its own", id="named already"
        ),
    ],
)
def test_what_cannot_be_secured_is_told(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        EnvelopeCut(text.encode())
