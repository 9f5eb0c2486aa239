"""The ways out: each channel is greeted, and nothing is sent. Of mail, every relay: address, STARTTLS, login."""

import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from ingestd.channels import ChannelError, ChannelSettings, build
from ingestd.channels.mail import MailChannel, MailSettings, RelaySettings
from ingestd.channels.maildir import MaildirSettings
from ingestd.doctor.case import Case, Finding, Trial, as_said, at_once, fail, ok, skip, warn, why
from ingestd.problem import Said, said
from ingestd.settings import given_ways

#: By what a relay's failure says.
ADVICE: Mapping[str, Said] = {
    "CERTIFICATE_VERIFY_FAILED": said(
        "its certificate is not trusted here: renew it, or name who signed it in `ca_file`"
    ),
    "STARTTLS extension not supported": said("it offers no STARTTLS: `tls: none` or `implicit`, or another port (587)"),
    "535": said("it refuses the login: see `user` and the password"),
    "WRONG_VERSION_NUMBER": said("it does not begin with TLS: `tls: starttls`, or another port (465)"),
}


def trials(case: Case) -> Iterator[Trial]:
    """One for each relay and each other channel."""
    if case.site is None:
        return
    if case.site.settings.mode == "observe":
        yield at_once(
            said("mode"), warn(said("it only observes: nobody is paged"), said("`mode: page` in ingestd.yaml"))
        )
    for name, way in given_ways(case.site.settings).items():
        if isinstance(way, MailSettings):
            for relay in relays(way):
                label = said("relay {name}", name=f"{relay.host}:{relay.port}")
                yield Trial(label, partial(_relay, way.sender, relay))
        elif isinstance(way, MaildirSettings):
            yield at_once(said("channel {name}", name=name), _folder(Path(way.path)))
        else:
            yield Trial(said("channel {name}", name=name), partial(_channel, way))


def relays(mail: MailSettings) -> tuple[RelaySettings, ...]:
    """Every relay, in the order to try."""
    first = RelaySettings(**{name: getattr(mail, name) for name in RelaySettings.__struct_fields__})
    return (*((first,) if mail.host else ()), *mail.relays)


async def _relay(sender: str, relay: RelaySettings) -> Finding:
    try:
        return ok(as_said(await MailChannel(MailSettings(sender=sender, relays=(relay,))).probe()))
    except (ChannelError, OSError, ValueError) as error:
        text = str(error) if isinstance(error, ChannelError) else why(error)
        return fail(as_said(text), _advice(text, relay))


def _advice(text: str, relay: RelaySettings) -> Said:
    """What to do, by what was said."""
    found = (advice for sign, advice in ADVICE.items() if sign in text)
    return next(
        found, said("is {host} the relay, and is port {port} open from here?", host=relay.host, port=relay.port)
    )


async def _channel(settings: ChannelSettings) -> Finding:
    try:
        probe = getattr(build(settings), "probe", None)
        if probe is None:
            return skip(said("it can't be tried without sending"), said("`ingestd doctor --send` sends a test page"))
        return ok(as_said(await probe()))
    except (ChannelError, OSError, ValueError) as error:
        text = str(error) if isinstance(error, ChannelError) else why(error)
        return fail(
            as_said(text), said("see its entry under `channels` in ingestd.yaml, and whether this machine may reach it")
        )


def _folder(path: Path) -> Finding:
    nearest = next((one for one in (path, *path.parents) if one.exists()), path)
    if not os.access(nearest, os.W_OK):
        return fail(said("{path} can't be written", path=nearest), said("chown or chmod it for the daemon's user"))
    return ok(as_said(str(path)))
