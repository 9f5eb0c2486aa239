"""Ways in. Each is handed ``receive(message)``, an awaitable that returns when the message is committed."""

from collections.abc import Awaitable, Callable

from ingestd.model import Message

Receive = Callable[[Message], Awaitable[int]]  # the inbox id; StoreUnavailable: the sender is to try again later
Clock = Callable[[], float]  # wall clock, epoch seconds
CountRefused = Callable[[str, int], None]  # source, code


def count_nothing(_source: str, _code: int) -> None:
    """For whoever needs no figures."""
