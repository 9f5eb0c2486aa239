"""Postfix as the relay of pages when it does not simply take them: it refuses, defers, bounces later, is slow or down.

And what people answer comes back to ingestd through the same mail server.
"""

import smtplib
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from ingestd.demo.script import MONITOR, nagios
from tests.peers import postfix
from tests.peers.postfix import OURS, Guard, Postfix
from tests.peers.site import Site, until
from tests.replies.western import outlook_zh
from tests.replies.writing import original

PEOPLE = ("lin.hao", "chen.yu", "zhao.min", "wu.jing")
LIN, CHEN = "lin.hao@trading.example", "chen.yu@trading.example"
REFUSED, DEFERRED = "550 5.1.1 mailbox is closed", "450 4.2.0 greylisted, come back later"
Begin = Callable[..., tuple[Site, Postfix]]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Start a mail server whose guard gives these answers, and ingestd beside it."""
    postfix.needed()
    running: list[Any] = []

    def start(guard: Guard | None = None, *, lin: str = "", up: bool = True) -> tuple[Site, Postfix]:
        mta = Postfix(PEOPLE, guard)
        site = Site(tmp_path / "site", mail_port=mta.port)
        running.extend(filter(None, (site, mta, guard)))
        if lin:
            replace(site.stage.folder / "people.yaml", f"mail: {LIN}", f"contacts: [{lin}]")
        site.daemon.start()
        if up:
            mta.start(next_hop=site.stage.smtp)
        return site, mta

    yield start
    for one in running:
        one.stop()


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def alert(site: Site, mta: Postfix) -> None:
    mta.submit(MONITOR, nagios("acc-sw-17", "10.20.0.17"))
    site.the_incident("triggered")


def letters(mta: Postfix, person: str, count: int = 1) -> list[EmailMessage]:
    until(lambda: len(mta.letters(person)) >= count, f"a letter to {person}")
    return mta.letters(person)


def page(site: Site, person: str) -> dict[str, Any]:
    """What became of somebody's first page; empty: there is none yet."""
    pages = (n for whole in site.incidents() for n in whole["notifications"] if n["person"] == person)
    found: dict[str, Any] = next(pages, {})
    return found


def test_who_is_refused_for_good_is_followed_at_once(begin: Begin) -> None:
    guard = Guard({LIN: [REFUSED]})
    site, mta = begin(guard)
    alert(site, mta)
    (letter,) = letters(mta, "chen.yu")
    assert letter["X-Ingestd-Kind"] == "functional"
    refused = page(site, "lin")
    assert (refused["state"], refused["attempts"]) == ("failed", 1)
    assert "550 5.1.1" in refused["detail"] and "mailbox is closed" in refused["detail"]
    assert page(site, "chen")["at"] - refused["at"] < 4, "nobody waited for the five seconds of the step"
    assert (guard.asked, mta.letters("lin.hao")) == ([LIN, CHEN], [])


def test_who_is_put_off_is_tried_again_and_for_ever_is_given_up(begin: Begin) -> None:
    """Chen Yu's server makes everybody come twice; Lin Hao's never takes anything."""
    site, mta = begin(Guard({LIN: [DEFERRED], CHEN: [DEFERRED, "dunno"]}))
    alert(site, mta)
    letters(mta, "chen.yu")
    until(lambda: page(site, "chen").get("state") == "handed_over", "the receipt")
    assert page(site, "chen")["attempts"] == 2
    until(lambda: page(site, "lin")["state"] == "failed", "the end of the tries")
    assert page(site, "lin")["attempts"] == 3 and "450 4.2.0" in page(site, "lin")["detail"]
    assert (len(mta.letters("chen.yu")), mta.letters("lin.hao")) == (1, [])


def test_a_letter_that_bounces_later_goes_to_her_other_address_and_an_answer_comes_back(begin: Begin) -> None:
    """Postfix takes it with 250, and its bounce comes to ingestd's own listener; so does the reply to the second."""
    site, mta = begin(lin=f"{{address: gone@trading.example}}, {{address: {LIN}}}")
    alert(site, mta)
    (letter,) = letters(mta, "lin.hao")
    (whole,) = site.incidents()
    sent = [n for n in whole["notifications"] if n["person"] == "lin"]
    assert (len(sent), sent[0]["state"]) == (2, "handed_over")
    assert any("sent back" in line["text"] for line in whole["timeline"])
    assert letter["To"] == LIN and letter["X-Ingestd-Kind"] == "open"
    mta.submit(LIN, outlook_zh(original(letter.as_bytes()), "接单"), OURS)
    assert site.the_incident("acknowledged")["incident"]["owner"] == "lin"
    answered = letters(mta, "lin.hao", 2)[-1]
    assert answered["X-Ingestd-Kind"] == "confirm"
    assert len(site.incidents()) == 1


def test_while_the_relay_is_down_everybody_is_tried_and_when_it_is_back_somebody_is_told(begin: Begin) -> None:
    site, mta = begin(up=False)
    with smtplib.SMTP("127.0.0.1", site.stage.smtp) as monitor:
        monitor.sendmail(MONITOR, ["alerts@trading.example"], nagios("acc-sw-17", "10.20.0.17"))
    until(lambda: page(site, "lin").get("state") == "failed", "the first of them to fail")
    mta.start(next_hop=site.stage.smtp)
    until(lambda: any(mta.letters(person) for person in PEOPLE), "somebody to be told")


def test_a_relay_that_takes_its_time_takes_a_letter_once(begin: Begin) -> None:
    site, mta = begin(Guard(slow=1.5))
    alert(site, mta)
    letters(mta, "lin.hao")
    until(lambda: page(site, "lin")["state"] == "handed_over", "the receipt")
    assert page(site, "lin")["attempts"] == 1
    assert len(mta.letters("lin.hao")) == 1
