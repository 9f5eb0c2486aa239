"""The links in letters: whether the public URL leads to this daemon."""

import ssl
from collections.abc import Iterator
from functools import partial

import httpx

from ingestd.doctor.case import Case, Finding, Trial, at_once, fail, ok, warn, why
from ingestd.problem import said

PATIENCE = 4.0  # seconds


def trials(case: Case) -> Iterator[Trial]:
    """The one way from here. The way from a phone outside is not seen from here, and the words say so."""
    if case.site is None:
        return
    name, url = said("links"), case.site.settings.public_url
    if not url:
        remedy = said("set `public_url`, and pages can be taken by one tap")
        yield at_once(name, warn(said("there is no public_url: pages carry no links"), remedy))
    else:
        yield Trial(name, partial(_asked, f"{url.rstrip('/')}/healthz"))


async def _asked(url: str) -> Finding:
    remedy = said("see the proxy or port forwarding before it: it must pass on to listen.http")
    try:
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            answer = await client.get(url)
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, ValueError) as error:
        return fail(said("{url} does not answer: {why}", url=url, why=why(error)), remedy)
    first = answer.text.partition("\n")[0].strip()[:60]
    if answer.status_code != 200 or first != "ok":
        return fail(said("{url} answers {status} {first!r}", url=url, status=answer.status_code, first=first), remedy)
    return ok(said("{url} answers; this proves only the way from this machine", url=url))
