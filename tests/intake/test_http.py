"""Webhooks: 200 means kept; a wrong sender learns nothing; a wrong body is kept all the same."""

import gzip
import hmac
import json
import zlib
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingestd.intake.door import HttpSource, SourceSettings, http_source
from ingestd.intake.http import Webhooks
from ingestd.model import Message, StoreUnavailable
from ingestd.signatures import Signature
from tests.intake.doors import Threshold

SIGNED = Signature("x-hub-signature", prefix="sha256=")
SOURCES = {
    "prom": HttpSource("prom", "alertmanager", ("old-token", "s3cret")),
    "hub": HttpSource("hub", "grafana", (), ("k1", "k2"), SIGNED),
}
RIGHT = {"X-Ingestd-Token": "s3cret"}


class Site(Threshold):
    """The address of every webhook."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(Webhooks, SOURCES, **settings)

    async def post(self, path: str = "prom", content: Any = b"{}", **more: Any) -> httpx.Response:
        return await self.client.post(f"/webhooks/{path}", content=content, **({"headers": RIGHT} | more))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    yield made
    await made.client.aclose()


async def test_a_body_is_kept_with_where_it_came_from(site: Site) -> None:
    answer = await site.post(
        "prom?zone=a%20b&token=s3cret", b'{"alerts": []}', headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()) == (200, {"accepted": 1})
    (message,) = site.messages
    assert message == Message(
        kind="webhook",
        source="prom",
        body=b'{"alerts": []}',
        received=1000.0,
        adapter="alertmanager",
        peer="10.0.0.9",
        content_type="application/json",
        query="zone=a%20b",
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer s3cret"},
        {"Authorization": "bearer old-token"},
        {"X-Ingestd-Token": "s3cret"},
        {"Authorization": "Basic " + b64encode(b"anyone:s3cret").decode()},
    ],
)
async def test_a_token_may_come_in_several_ways(site: Site, headers: dict[str, str]) -> None:
    assert (await site.post(headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic not-base64!"},
        {"Authorization": "Digest s3cret"},
        {"X-Ingestd-Token": ""},
    ],
)
async def test_without_the_token_nothing_is_kept(site: Site, headers: dict[str, str]) -> None:
    answer = await site.post(headers=headers)
    assert answer.status_code == 401
    assert site.messages == []
    assert site.counted == [("prom", 401)]


async def test_an_unknown_source_and_another_method(site: Site) -> None:
    assert (await site.post("nobody")).status_code == 404
    answer = await site.client.put("/webhooks/prom")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, GET")
    assert (await site.client.head("/webhooks/prom")).status_code == 405
    assert site.counted == [("unknown", 404)]


async def test_a_query_is_a_body_too(site: Site) -> None:
    answer = await site.client.get("/webhooks/prom?host=a&state=down&token=s3cret")
    assert answer.status_code == 200
    assert (site.message.query, site.message.body) == ("host=a&state=down", b"")
    assert (await site.client.get("/webhooks/prom?token=s3cret")).status_code == 405


async def test_other_bodies_than_json_are_their_sources_matter(site: Site) -> None:
    headers = RIGHT | {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await site.post(content=b"host=a&state=down", headers=headers)).status_code == 200
    assert (site.message.content_type, site.message.refused) == ("application/x-www-form-urlencoded", "")


@pytest.mark.parametrize(("packing", "bits"), [("gzip", 31), ("deflate", 15)])
async def test_a_packed_body_is_kept_unpacked(site: Site, packing: str, bits: int) -> None:
    packer = zlib.compressobj(wbits=bits)
    packed = packer.compress(b'{"a": 1}') + packer.flush()
    assert (await site.post(content=packed, headers=RIGHT | {"Content-Encoding": packing})).status_code == 200
    assert site.message.body == b'{"a": 1}'


async def test_what_is_packed_badly_is_refused() -> None:
    site = Site(size_limit=1000)
    headers = RIGHT | {"Content-Encoding": "gzip"}
    bomb = gzip.compress(b" " * 100_000)
    assert (await site.post(content=bomb, headers=headers)).status_code == 413
    assert (await site.post(content=bomb[:-20], headers=headers)).status_code == 413
    assert (await site.post(content=gzip.compress(b"{}")[:-4], headers=headers)).json()["error"].endswith("breaks off")
    assert (await site.post(content=b"plain", headers=headers)).status_code == 400
    assert (await site.post(content=b"{}", headers=RIGHT | {"Content-Encoding": "br"})).status_code == 415
    assert site.messages == []
    await site.client.aclose()


async def test_a_source_that_signs_needs_the_right_signature(site: Site) -> None:
    def headers(secret: bytes, body: bytes) -> dict[str, str]:
        return {"X-Hub-Signature": "sha256=" + hmac.digest(secret, body, "sha256").hex()}

    assert (await site.post("hub", b"{}", headers=headers(b"k2", b"{}"))).status_code == 200
    answer = await site.post("hub", b"{}", headers=headers(b"k3", b"{}"))
    assert (answer.status_code, answer.json()["error"]) == (401, "wrong or missing signature")
    assert (await site.post("hub", b"{} ", headers=headers(b"k1", b"{}"))).status_code == 401
    assert (await site.post("hub", b"{}", headers={})).status_code == 401
    assert len(site.messages) == 1


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b'{"a": 1,\n  "b": nope}', "line 2 column 8"),
        (b'{"a": [1,\n\n', "line 3 column 1"),
        (b"", "line 1 column 1"),
        (b'{"a":\nNaN}', "line 2 column"),
    ],
)
async def test_malformed_json_is_refused_with_its_place_and_kept(site: Site, body: bytes, where: str) -> None:
    answer = await site.post(content=body)
    assert answer.status_code == 422
    assert where in answer.json()["error"]
    assert (site.messages[0].body, site.messages[0].refused) == (body, answer.json()["error"])


async def test_bytes_that_are_no_utf8_are_malformed(site: Site) -> None:
    assert (await site.post(content=b'{"a": "\xff"}')).status_code == 422
    assert (await site.post(content=b"[" * 100_000)).status_code == 422


async def test_too_large_is_refused_before_it_is_read_and_while_it_is() -> None:
    site = Site(size_limit=10)
    assert (await site.post(content=b'"12345678"')).status_code == 200
    assert (await site.post(content=b'"123456789"')).status_code == 413

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"12345"

    assert (await site.post(content=endless())).status_code == 413
    assert len(site.messages) == 1
    await site.client.aclose()


async def test_while_the_store_fails_the_sender_is_to_try_again(site: Site) -> None:
    site.fault = StoreUnavailable("disk", retry_after=7)
    answer = await site.post()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    site.fault = None
    assert (await site.post()).status_code == 200


async def test_a_client_that_leaves_is_not_answered(site: Site) -> None:
    sent: list[Any] = []

    async def read() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(event: Any) -> None:
        sent.append(event)

    scope = {"type": "http", "method": "POST", "path": "/webhooks/prom", "headers": [(b"x-ingestd-token", b"s3cret")]}
    await site.app(scope, read, send)
    assert (sent, site.messages) == ([], [])


async def test_refusals_that_pile_up_become_one_message(site: Site) -> None:
    for _ in range(8):
        await site.post(headers={})
    (message,) = site.messages
    assert (message.kind, message.source, message.peer) == ("refusal", "prom", "10.0.0.9")
    assert message.body.decode() == (
        "401 wrong or missing token: 5 requests from 10.0.0.9 for source prom were refused"
    )
    site.now += 601
    for _ in range(5):
        await site.post(headers={})
    assert len(site.messages) == 2


async def test_a_few_refusals_now_and_then_are_nothing(site: Site) -> None:
    for _ in range(10):
        await site.post(headers={})
        site.now += 20
    assert site.messages == []


async def test_a_refusal_that_could_not_be_told_is_told_with_the_next(site: Site) -> None:
    site.fault = StoreUnavailable("disk")
    for _ in range(5):
        assert (await site.post(headers={})).status_code == 401
    site.fault = None
    await site.post(headers={})
    assert [m.kind for m in site.messages] == ["refusal"]


async def test_many_peers_do_not_fill_the_memory(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestd.intake.door.MOST_PEERS", 4)
    refusals = site.app._refusals
    for n in range(50):
        refusals.add("prom", 401, f"10.0.0.{n}", 1.0)
        assert len(refusals._times) <= 4
    refusals.add("prom", 401, "10.0.1.1", 100.0)
    assert len(refusals._times) <= 2


def test_tokens_are_read_from_a_file_one_a_line(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("new\nold\n\n")
    source = http_source("prom", SourceSettings(adapter="alertmanager", token_file="tokens"), tmp_path)
    assert source == HttpSource("prom", "alertmanager", ("new", "old"))
    with pytest.raises(ValueError, match="needs a token"):
        http_source("prom", SourceSettings(adapter="alertmanager"), tmp_path)
    with pytest.raises(ValueError, match="does not sign what it sends"):
        http_source("prom", SourceSettings(adapter="alertmanager", secret="k"), tmp_path)
    made = http_source("hub", SourceSettings(adapter="grafana", secret="k"), tmp_path, SIGNED)
    assert made == HttpSource("hub", "grafana", (), ("k",), SIGNED)


async def test_the_answer_is_json(site: Site) -> None:
    answer = await site.post(headers={})
    assert json.loads(answer.content) == {"error": "wrong or missing token"}


async def test_more_than_there_is_room_for_is_put_off() -> None:
    site = Site(memory=10)
    answer = await site.post(content=b" " * 6)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (await site.post(content=b" {}  ")).status_code == 200  # a peer has half of it, and it was given back
    assert site.counted == [("prom", 503)]
    await site.client.aclose()
