"""Words as tables have them, whether their sender has a keyboard with accents or not."""

import unicodedata
from functools import lru_cache

LONGEST = 200  # characters: a longer text is no word


def unaccented(text: str) -> str:
    """Latin, Greek and Cyrillic letters without their accents: ``équipement`` is ``equipement``; others stay."""
    return text if text.isascii() or len(text) > LONGEST else _unaccented(text)


@lru_cache(maxsize=4096)  # senders repeat themselves
def _unaccented(text: str) -> str:
    bare = (c for c in unicodedata.normalize("NFD", text) if not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFC", "".join(bare))
