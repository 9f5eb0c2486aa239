"""How long certificates are good for: those that we show, and those of the relays and of the public URL."""

import asyncio
import ssl
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import aiosmtplib
from cryptography import x509

from ingestd.channels.mail import RelaySettings
from ingestd.doctor.case import Case, Finding, Trial, aside, fail, ok, skip, warn, why
from ingestd.doctor.ways import relays
from ingestd.problem import said

DAY = 86400.0
SOON, NOW = 21.0, 3.0  # days that are left
PATIENCE = 4.0  # seconds


def trials(case: Case) -> Iterator[Trial]:
    """One for each certificate."""
    if case.site is None:
        return
    settings, now = case.site.settings, case.now
    for path in dict.fromkeys(filter(None, (settings.listen.http.certificate, settings.listen.smtp.certificate))):
        yield aside(said("certificate {name}", name=Path(path).name), partial(_file, Path(path), now))
    for relay in relays(settings.mail) if settings.mail is not None else ():
        if relay.tls != "none":
            name = said("certificate of {name}", name=f"{relay.host}:{relay.port}")
            yield Trial(name, partial(_relay, relay, now))
    public = urlsplit(settings.public_url)
    if public.scheme == "https" and public.hostname:
        name = said("certificate of {name}", name=public.hostname)
        yield Trial(name, partial(_server, public.hostname, public.port or 443, now))


def _file(path: Path, now: float) -> Finding:
    try:
        (first, *_) = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        return fail(said("{path} can't be read: {why}", path=path, why=why(error)))
    return left(first.not_valid_after_utc.timestamp(), now)


async def _relay(relay: RelaySettings, now: float) -> Finding:
    """Greet it and look at what it shows. That it is not trusted, the relay's own trial says."""
    client = aiosmtplib.SMTP(
        hostname=relay.host,
        port=relay.port,
        use_tls=relay.tls == "implicit",
        start_tls=relay.tls == "starttls",
        tls_context=ssl.create_default_context(cafile=relay.ca_file or None),
        timeout=PATIENCE,
    )
    try:
        async with client:
            shown = client.transport.get_extra_info("peercert") if client.transport else None
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return skip(said("it could not be looked at: {why}", why=why(error)))
    return _shown(shown, now)


async def _server(host: str, port: int, now: float) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(host, port, ssl=ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        return fail(
            said("it is not trusted: {why}", why=why(error)), said("renew it, or add the chain of who signed it")
        )
    except (OSError, ValueError) as error:
        return skip(said("it could not be looked at: {why}", why=why(error)))
    shown = writer.get_extra_info("peercert")
    writer.transport.abort()
    return _shown(shown, now)


def _shown(shown: "dict[str, str] | None", now: float) -> Finding:
    if not shown or "notAfter" not in shown:
        return skip(said("it shows none"))
    return left(ssl.cert_time_to_seconds(shown["notAfter"]), now)


def left(until: float, now: float) -> Finding:
    """What it means that a certificate is good until then."""
    days = (until - now) / DAY
    remedy = said("renew it")
    if days < 0:
        return fail(said("it ended {days} days ago", days=round(-days)), remedy)
    words = said("good for {days} days", days=int(days))
    return fail(words, remedy) if days < NOW else warn(words, remedy) if days < SOON else ok(words)
