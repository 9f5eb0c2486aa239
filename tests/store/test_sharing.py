"""What alerts have in common stands once in memory after a start."""

from ingestd.model import Reason, Watcher
from ingestd.store import Store
from ingestd.store.sharing import shared
from tests.store.stories import alert, incident, mail, step


async def test_alerts_read_again_share_their_names_and_reasons_and_are_the_same(store_url: str) -> None:
    def heard(number: int) -> object:
        reasons = (Reason("classify", "words", "reachability"), Reason("fingerprint", "identity", f"f{number}"))
        watchers = (Watcher("prometheus", True, 1.0),)
        return alert(number, 1, reasons=reasons, watchers=watchers, host="srv-a", recogniser="nagios4")

    kept = tuple(map(heard, (1, 2)))
    async with Store.open(store_url) as store:
        await store.receive(mail())
        (entry,) = store.pending()
        await store.commit([step(entry, 1, alerts=kept, incidents=(incident(1),))])
        first, second = store.load().alerts
    assert (first, second) == kept
    assert first.node is second.node is second.host
    assert first.recogniser is second.recogniser
    assert first.reasons[0] is second.reasons[0]
    assert first.reasons[1].text is first.fingerprint
    assert first.watchers[0].source is second.watchers[0].source
    assert first.ends is second.ends


def test_what_an_alert_lacks_stays_lacking() -> None:
    (found,) = shared([alert(1, 1, host=None, check=None)])
    assert (found.host, found.check, found.recogniser, found.reasons) == (None, None, None, ())
