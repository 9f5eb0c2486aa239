"""Bytes are read as what they are, not as what the label says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestd.decide import charset

CHINESE = "仓库的交换机坏了,财务无法报税"
TRADITIONAL = "倉庫的交換機壞了,財務無法報稅"


@pytest.mark.parametrize(
    ("raw", "declared", "text"),
    [
        (CHINESE.encode("gb18030"), "gb2312", CHINESE),
        (CHINESE.encode("gb18030"), "GBK", CHINESE),
        (CHINESE.encode("gb18030"), "us-ascii", CHINESE),
        (CHINESE.encode("gb18030"), "iso-8859-1", CHINESE),
        (CHINESE.encode("gb18030"), "utf-8", CHINESE),
        (CHINESE.encode("gb18030"), "", CHINESE),
        (CHINESE.encode("gb18030"), "x-made-up", CHINESE),
        (CHINESE.encode(), "gb2312", CHINESE),
        (CHINESE.encode(), "iso-8859-1", CHINESE),
        (CHINESE.encode(), "big5", CHINESE),
        (CHINESE.encode(), "", CHINESE),
        ("𠮷字 㐀".encode("gb18030"), "gb2312", "𠮷字 㐀"),
        (TRADITIONAL.encode("big5"), "big5", TRADITIONAL),
        (TRADITIONAL.encode("big5"), "", TRADITIONAL),
        (TRADITIONAL.encode("big5"), "iso-8859-1", TRADITIONAL),
        ("香港深水埗".encode("big5hkscs"), "big5", "香港深水埗"),
        ("Störung im Büro".encode("cp1252"), "iso-8859-1", "Störung im Büro"),
        ("Störung im Büro".encode("cp1252"), "us-ascii", "Störung im Büro"),
        ("Störung im Büro".encode("cp1252"), "", "Störung im Büro"),
        ("Störung – „heute“".encode("cp1252"), "iso-8859-1", "Störung – „heute“"),
        ("すみません".encode("iso-2022-jp"), "iso-2022-jp", "すみません"),
        ("坏了".encode("hz"), "hz-gb-2312", "坏了"),
        ("Fehler: Größe".encode("utf-16"), "utf-16", "Fehler: Größe"),
        (b"plain", "base64", "plain"),
        (b"plain", "idna", "plain"),
        ("网络".encode(), "hex", "网络"),
        ("网络".encode(), "rot13", "网络"),
        (b"a\x00b", "us-ascii", "ab"),
        (b"", "", ""),
    ],
)
def test_read_as_it_is(raw, declared, text):
    assert charset.decode(raw, declared) == text


def test_a_character_cut_off_costs_only_itself():
    assert charset.decode("交换机".encode()[:-1], "utf-8") == "交换\ufffd"
    assert charset.decode("仓库交换机".encode("gb18030")[:-1], "gb18030").startswith("仓库交换")


def test_two_characters_of_gb2312_are_enough():
    assert charset.decode("测试".encode("gb18030"), "gb18030") == "测试"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("=?gb2312?B?ss2/4rXEvbu7u7v6u7XByw==?=", "餐库的交换机坏了"),
        ("=?GB2312?B?ss2/4rXEvbu7u7v6u7XByw?= (2)", "餐库的交换机坏了 (2)"),
        ("=?utf-8?q?B=C3=BCro?= =?utf-8?q?_eins?=", "Büro eins"),
        ("=?utf-8?b?5Lq=?= =?utf-8?b?pOaNog==?=", "交换"),
        ("=?utf-8?q?=E4=BA?=\r\n =?UTF-8?q?=A4?= x", "交 x"),
        ("[A] =?utf-8?q?B=C3=BC?= b =?iso-8859-1?q?=FC?=", "[A] Bü b ü"),
        ("=?utf-8*en?q?hello?=", "hello"),
        ("=?nonsense?q?hello=20there?=", "hello there"),
        ("=?utf-8?b?!!!?=", ""),
        ("=?utf-8?q?Is it down??=", "Is it down?"),
        ("=?utf-8?q?never ends", "=?utf-8?q?never ends"),
        ("folded\r\n\tline", "folded line"),
    ],
)
def test_encoded_words_whole_or_broken(raw, text):
    assert charset.header(raw) == text


def test_raw_8_bit_headers():
    for codec in ("utf-8", "gb18030"):
        raw = CHINESE.encode(codec).decode("ascii", "surrogateescape")
        assert charset.header(raw) == CHINESE


@given(st.binary(max_size=300), st.sampled_from(["", "gb2312", "big5", "utf-8", "latin1", "utf-7", "idna", "hz", "\0"]))
def test_nothing_raises_and_nothing_unstorable_comes_out(raw, declared):
    text = charset.decode(raw, declared)
    assert "\0" not in text
    text.encode()


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("ascii", "surrogateescape")))
def test_no_header_raises(value):
    charset.header(value).encode()
    charset.header(f"=?utf-8?b?{value}?= =?gb2312?q?{value}?=").encode()


def test_of_utf_7_only_so_much_is_read():
    assert charset.decode("网络".encode("utf-7"), "utf-7") == "网络"
    assert len(charset.decode(b"a" * 200_000, "utf-7")) == charset.LONGEST_SLOW
