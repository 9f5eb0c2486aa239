"""The running daemon: whether it answers, is ready, finds nothing stuck, and whether somebody watches it."""

import ssl
from collections.abc import Iterator
from functools import partial

import httpx
import msgspec

from ingestd.doctor.case import Case, Finding, Trial, as_said, at_once, fail, ok, skip, warn, why
from ingestd.problem import Said, said
from ingestd.web.audit import PATH as AUDIT
from ingestd.web.audit import Audited

PATIENCE = 4.0  # seconds
SHOWN = 5  # findings


def trials(case: Case) -> Iterator[Trial]:
    """What it says of itself, and the watcher outside."""
    yield Trial(said("daemon"), partial(_lives, case))
    yield Trial(said("ready"), partial(_ready, case))
    yield Trial(said("auditor"), partial(_audit, case))
    if case.site is not None:
        yield at_once(said("dead man's switch"), _watched(case))


async def _get(case: Case, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False, verify=_trusted(case)) as client:
        return await client.get(case.url.rstrip("/") + path, headers=headers)


def _trusted(case: Case) -> ssl.SSLContext:
    """Whom to believe that it is our daemon: who shows our own certificate, whatever name we call it by."""
    context = ssl.create_default_context()
    own = case.site.settings.listen.http.certificate if case.site is not None else ""
    if own:
        context.load_verify_locations(own)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.check_hostname = False
    return context


async def _lives(case: Case) -> Finding:
    try:
        answer = await _get(case, "/healthz")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        words = said("nobody answers at {url}: {why}", url=case.url, why=why(error))
        return fail(words, said("`ingestd run`, or `systemctl start ingestd`; elsewhere: `--url`"))
    if answer.status_code != 200:
        return fail(_lines(answer), said("restart it"))
    return ok(as_said(case.url))


async def _ready(case: Case) -> Finding:
    try:
        answer = await _get(case, "/readyz")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
        return skip(said("nobody answers"))
    if answer.status_code != 200:
        return fail(_lines(answer), said("see its log: journalctl -u ingestd"))
    return warn(_lines(answer)) if "note:" in answer.text else ok(as_said("ok"))


def _lines(answer: httpx.Response) -> Said:
    return as_said("; ".join(answer.text.split("\n")).strip("; ")[:300])


async def _audit(case: Case) -> Finding:
    if not case.token:
        return skip(said("you have no token to ask it with"), said("set INGESTD_TOKEN, or `--token-file`"))
    try:
        answer = await _get(case, AUDIT, Authorization=f"Bearer {case.token}")
        if answer.status_code != 200:
            return warn(
                said("it answers {status}", status=answer.status_code), said("is it your token, and this version?")
            )
        found = msgspec.json.decode(answer.content, type=Audited).findings
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
        return skip(said("nobody answers"))
    if not found:
        return ok(said("nothing is stuck"))
    remedy = said("what stands for four minutes opens an incident; see the log, and restart it if this does not end")
    verdict = fail if any(one.standing for one in found) else warn
    return verdict(_told(tuple(one.words for one in found)), remedy)


def _told(words: tuple[Said, ...]) -> Said:
    first, *more = words
    if not more:
        return first
    return said("{first}; {count} more", first=first, count=len(more))


def _watched(case: Case) -> Finding:
    settings = case.site.settings.dead_man if case.site is not None else None
    if settings is None:
        words = said("nobody outside notices when this machine dies")
        return warn(words, said("set `dead_man` to a watcher's URL (docs/operating.md)"))
    return ok(said("it tells its watcher every {seconds} s that all is well", seconds=f"{float(settings.every):g}"))
