"""Swallowing shows: what joins later is said if it is unsure, worse, or hits a critical service; not otherwise."""

from ingestd.model import News
from tests.decide.stories import ROW, alert
from tests.night import Night, Page, trading_company

UNKNOWN = "something is odd with the power"  # a text that no class knows


def told() -> Night:
    """The switch is down, its people know."""
    night = Night(trading_company(topology=ROW))
    night.webhook(0, alert("sw", severity="error"))
    night.until(100)
    assert night.told("lin") == [(60, "lin", "open")]
    return night


def updates(night: Night) -> list[Page]:
    return [page for page in night.pages if page.kind == "update"]


def test_what_joins_unsure_is_one_update_after_half_a_minute() -> None:
    night = told()
    night.webhook(200, alert("srv-1", "power", summary=UNKNOWN))
    night.webhook(210, alert("srv-2", "power", summary=UNKNOWN))
    night.until(229)
    assert updates(night) == []
    night.until(230)
    (page,) = updates(night)
    assert page.notification.facts.news == (
        News("joined", f"srv-1 power: {UNKNOWN}"),
        News("joined", f"srv-2 power: {UNKNOWN}"),
    )


def test_the_next_update_waits_ten_minutes_and_counts() -> None:
    night = told()
    night.webhook(200, alert("srv-1", "power", summary=UNKNOWN))
    for n in range(8):
        night.webhook(300 + n, alert("srv-2", f"power {n}", summary=UNKNOWN))
    night.until(829)
    assert len(updates(night)) == 1
    night.until(830)
    news = updates(night)[1].notification.facts.news
    assert [n.what for n in news] == ["joined"] * 5 + ["more"]
    assert news[-1].text == "3"


def test_the_sure_and_usual_says_nothing() -> None:
    night = told()
    night.webhook(200, alert("srv-1", severity="error"))
    night.until(2000)
    assert updates(night) == []


def test_what_is_worse_than_all_before_is_said() -> None:
    night = told()
    night.webhook(200, alert("srv-1", severity="critical"))
    night.webhook(205, alert("srv-2", severity="critical"))
    night.until(300)
    assert [n.what for page in updates(night) for n in page.notification.facts.news] == ["worse"]


def test_a_critical_service_is_said_unless_the_text_had_foretold_it() -> None:
    shops = "".join(
        f"  - {{id: shop-{n:02d}, kind: service, class: critical, depends_on: [srv-1]}}\n" for n in range(25)
    )
    night = Night(trading_company(topology=ROW + shops))
    night.webhook(0, alert("sw"))
    night.until(100)
    for second, shop in enumerate(("shop-01", "shop-24")):  # a text names the first twenty
        night.webhook(200 + second, alert("srv-1", shop, summary="connection refused"))
    night.until(300)
    assert [n.text for page in updates(night) for n in page.notification.facts.news] == ["shop-24: connection refused"]


def test_what_ended_or_left_before_it_was_said_is_not() -> None:
    night = told()
    night.webhook(200, alert("srv-1", "power", summary=UNKNOWN))
    night.webhook(205, alert("srv-2", "power", summary=UNKNOWN))
    night.webhook(210, alert("srv-1", "power", state="resolved"))
    night.act(215, "lin", "split", 1, alert=night.alerts("srv-2")[0].id)
    night.until(300)
    assert updates(night) == []


def test_what_nobody_was_told_of_needs_no_update() -> None:
    night = Night(trading_company(topology=ROW))
    night.webhook(0, alert("sw"))
    night.webhook(5, alert("srv-1", "power", summary=UNKNOWN))
    night.until(300)
    assert updates(night) == []
