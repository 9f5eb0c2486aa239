"""What machines ask: restart me? send me work? and the figures."""

import httpx

from ingestd.web import build, front
from tests.web.faces import World


async def ask(world: World, path: str) -> httpx.Response:
    async with world.browser() as browser:
        return await browser.get(path)


async def test_health_and_readiness_give_their_reasons() -> None:
    world = World()
    assert (await ask(world, "/healthz")).text == "ok\n"
    assert (await ask(world, "/readyz")).status_code == 200
    world.ill, world.unready = ("the loop stands still",), ("the store can't commit", "the last reload failed")
    assert (await ask(world, "/healthz")).status_code == 503
    answer = await ask(world, "/readyz")
    assert answer.status_code == 503
    assert answer.text == "the store can't commit\nthe last reload failed\n"


async def test_the_figures_are_in_prometheus_format() -> None:
    answer = await ask(World(), "/metrics")
    assert answer.text == "ingestd_up 1\n" and answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")


async def test_webhooks_go_straight_to_the_intake() -> None:
    seen = []

    async def intake(scope, receive, send) -> None:
        seen.append(scope["path"])
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    transport = httpx.ASGITransport(
        app=front(lambda _, path: intake if path == "/webhooks/am" else None, build(World().face()))
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as browser:
        assert (await browser.post("/webhooks/am")).status_code == 202
        assert (await browser.get("/healthz")).status_code == 200
    assert seen == ["/webhooks/am"]
