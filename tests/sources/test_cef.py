"""Lines in the Common Event Format, and bodies of XML."""

import pytest

from ingestd.model import Message
from ingestd.sources import anything, cef, xmltext

LINE = (
    r"<13>Mar  2 08:14:30 gw CEF:0|Acme|Watch|1|100|Port scan \| slow|8|src=203.0.113.9 dhost=quay-4 msg=many \= ports"
)


def read(body: str):
    return anything.read(Message(kind="webhook", source="w", body=body.encode(), content_type="text/plain")).events


def test_an_event_in_the_common_format():
    (event,) = read(LINE)
    assert (event.host, event.check, event.severity) == ("quay-4", "Port scan | slow", "error")
    assert event.summary == "many = ports"
    assert [one.host for one in read(f"{LINE}\n{LINE.replace('quay-4', 'quay-5')}")] == ["quay-4", "quay-5"]


@pytest.mark.parametrize("text", ["", "CEF: no header", "CEF:0|a|b|c", f"{LINE}\nand words"])
def test_what_is_no_such_event(text):
    assert cef.events(text) == []


def test_a_header_alone_and_a_level_as_a_word():
    (event,) = cef.events("CEF:0|a|b|c|d|Disk full|Very-High")
    assert (event["alert name"], event["severity"], event["message"]) == ("Disk full", "Very-High", "Disk full")


def test_elements_and_attributes_of_xml():
    body = '<?xml version="1.0"?><a:alert level="major"><host>plc-7</host><check><![CDATA[pump <2>]]></check></a:alert>'
    (event,) = read(body + "<message>pressure &amp; flow low</message>")
    assert (event.host, event.check, event.severity) == ("plc-7", "pump <2>", "error")
    assert event.summary == "pressure & flow low"
    assert xmltext.pairs("<html><b>x</b></html>") == xmltext.pairs("x") == {}
