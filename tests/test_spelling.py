"""Words without their accents."""

import pytest

from ingestd.spelling import LONGEST, unaccented


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("host", "host"),
        ("équipement", "equipement"),
        ("störung", "storung"),
        ("심각", "심각"),
        ("ガード", "ガード"),
        ("é" * (LONGEST + 1), "é" * (LONGEST + 1)),
    ],
)
def test_letters_lose_their_accents_and_nothing_else(text, plain):
    assert unaccented(text) == plain
