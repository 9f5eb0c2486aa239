"""Newsletters and strangers who sell are nobody's report; a colleague may always report, a monitor may advertise."""

import pytest

from ingestd.decide import kinds
from ingestd.decide.mail import read as read_mail
from ingestd.decide.match import NameFinder
from ingestd.decide.normalise import Recognisers
from ingestd.model import Message, Reading

OURS = NameFinder([("erp", "erp"), ("till-4", "till-4")], ("dairy.example", "ines@home.example"))
NOBODY = NameFinder(())
LISTED = "List-Unsubscribe: <https://u.example/1>\nList-Id: <news.shop.example>\nPrecedence: bulk\n"


def read(head: str, text: str, names: NameFinder = OURS, to: str = "alerts@dairy.example") -> Reading:
    raw = f"To: {to}\n{head}\nContent-Type: text/plain; charset=utf-8\n\n{text}\n".encode()
    return Recognisers.compile(()).read(Message(kind="mail", source="smtp", body=raw), names)


def pages(reading: Reading) -> bool:
    return any(event.state == "firing" and not event.quiet for event in reading.events)


NEWSLETTERS = [
    ("Server sale: prices are down 40 %", "Our racks are going offline for good. Shop now, free shipping!"),
    ("Don't let your business go offline", "Our solutions keep you online. Book a demo. Unsubscribe here."),
    ("Almost out of stock: error-proof cables", "Last chance, order now. 20% off with this coupon."),
    ("The newsletter of the cold chain, issue 12", "Three failures that teach us something. Register now."),
    ("Preise gesenkt: Server-Ausverkauf", "Jetzt bestellen, versandkostenfrei. Ausfall kennt keine Pause!"),
    ("Ausfall vermeiden - kostenfreies Webinar", "Jetzt anmelden. Unsere Lösungen für Ihre Produktion."),
    ("双十一服务器特价,价格大降", "全场包邮,满减优惠,立即购买。告别宕机!"),
    ("新品到货,库存告急", "厂家直销,现货,折扣三天。退订请回复。"),
]


@pytest.mark.parametrize(("subject", "text"), NEWSLETTERS)
@pytest.mark.parametrize("names", [OURS, NOBODY], ids=["people known", "nobody known"])
@pytest.mark.parametrize(
    "head",
    [
        f"From: Rack World <news@shop.example>\n{LISTED}",
        "From: Rack World <hello@shop.example>\nList-Unsubscribe: <https://u.example/1>\n",
        "From: Jane Porter <jane.porter@shop.example>\n",
    ],
    ids=["bulk", "unsubscribe", "by hand"],
)
def test_what_a_stranger_sells_pages_nobody(head: str, subject: str, text: str, names: NameFinder) -> None:
    reading = read(f"{head}Subject: {subject}", text, names)
    assert reading.kind != "human_report" and not pages(reading), reading.reasons


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Hello from the fair", "Dear Sir,\n\nit was a pleasure to meet you.\n\nBest regards\nJane Porter"),
        ("合作", "您好,\n\n我们想认识贵公司。\n\n谢谢"),
        ("Messe", "Guten Tag,\n\nes war schön, Sie kennenzulernen.\n\nViele Grüße\nJana Pohl"),
    ],
)
def test_a_stranger_who_names_neither_a_problem_nor_anything_here_reports_nothing(subject: str, text: str) -> None:
    head = f"From: Jane Porter <jane@fair.example>\nSubject: {subject}"
    assert not pages(read(head, text))
    assert read(head, text, NOBODY).kind == "human_report", "nobody said who belongs to the house"


@pytest.mark.parametrize(
    ("head", "subject", "text"),
    [
        ("From: Ola <ola@dairy.example>\n", "Tills", "Hi,\n\nI see nothing on my screen.\n\nOla"),
        ("From: Ola <ola@dairy.example>\n", "Odd mail", "Hi,\n\nI get these: 50% off, buy now, a sale!"),
        ("From: Ola <ola@dairy.example>\nList-Id: <it.dairy.example>\n", "erp", "Hi,\n\nI can't log in.\n\nOla"),
        ("From: Ines <ines@home.example>\nPrecedence: list\n", "Fwd: erp", "please look, my screen is black"),
        ("From: Tom <tom@milk.dairy.example>\n", "Labels", "Hi,\n\nmy labels come out empty.\n\nTom"),
        ("From: Guest <guest@far.example>\n", "Till", "Hello,\n\ntill-4 shows a sale at a discount.\n\nBest regards"),
        ("From: Guest <guest@far.example>\n", "Shop", "Hello,\n\nI can't order, your site is down.\n\nThanks"),
    ],
    ids=["quiet words", "spam shown", "through a list", "forwarded", "same house", "names a node", "a problem"],
)
def test_what_a_colleague_or_a_stranger_with_a_problem_says_is_a_report(head: str, subject: str, text: str) -> None:
    reading = read(f"{head}Subject: {subject}", text, to="alerts@dairy.example")
    assert (reading.kind, pages(reading)) == ("human_report", True), reading.reasons


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        ("noreply@watch.example", "[Watch] shop.dairy.example is DOWN", "Get 20% off the pro plan. Unsubscribe."),
        ("noreply@watch.example", "shop.dairy.example is down", "View in your browser. Click here to unsubscribe."),
        ("alerts@watch.example", "CRITICAL: no answer from 192.0.2.7", "Early bird offer. Unsubscribe."),
    ],
)
def test_a_service_that_watches_may_advertise_beneath(sender: str, subject: str, text: str) -> None:
    head = f"From: Watch <{sender}>\nList-Unsubscribe: <https://u.example/1>\nSubject: {subject}"
    assert read(head, text).kind == "alert"


def test_whose_house_a_mail_is_from() -> None:
    def is_ours(sender: str, to: str) -> bool:
        return kinds.is_of_house(read_mail(f"From: {sender}\nTo: {to}\n\nx".encode()))

    assert is_ours("a@dairy.example", "x@DAIRY.example") and is_ours("a@hr.dairy.example", "x@dairy.example")
    assert is_ours("a@dairy.example", "x@alerts.dairy.example")
    assert not is_ours("a@notdairy.example", "x@dairy.example") and not is_ours("a@dairy.example", "")
