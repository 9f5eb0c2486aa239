"""What a body carries as a credential is never kept."""

import time

from ingestd import sources
from ingestd.intake.door import HttpSource, without
from ingestd.intake.http import Webhooks
from tests.intake.doors import Threshold

RIGHT = {"X-Ingestd-Token": "s3cret", "Content-Type": "application/json"}


async def test_a_shared_secret_is_replaced_before_its_body_is_kept() -> None:
    site = Threshold(Webhooks, {"wifi": HttpSource("wifi", "meraki", ("s3cret",))}, {"secrets": sources.secrets})
    body = b'{"sharedSecret" : "a \\"b\\" c", "alertType": "APs went down"}'
    answer = await site.client.post("/webhooks/wifi", content=body, headers=RIGHT)
    await site.client.aclose()
    assert answer.status_code == 200
    assert site.messages[0].body == b'{"sharedSecret" : "REDACTED", "alertType": "APs went down"}'


def test_only_adapters_that_name_their_keys_lose_something() -> None:
    assert sources.secrets("meraki") == ("sharedSecret",)
    assert sources.secrets("zabbix") == sources.secrets("nothing") == ()
    assert without((), b'{"sharedSecret": "x"}') == b'{"sharedSecret": "x"}'


def test_a_form_and_a_text_that_breaks_off_are_cleaned_too() -> None:
    assert without(("key",), b"key=abc&name=key=1") == b"key=REDACTED&name=key=1"
    assert without(("key",), b'{"key": "abc') == b'{"key": "REDACTED'


def test_a_megabyte_of_quotes_is_no_hurdle() -> None:
    began = time.process_time()
    without(("key",), b'"key": "' * 130_000)
    without(("key",), b'"key": "' + b"\\" * 1_000_000)
    assert time.process_time() - began < 1.0  # minutes, if it were quadratic
