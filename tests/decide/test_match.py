"""Many patterns in one pass, many names at no cost."""

from functools import cache

import pytest

from ingestd.decide import match
from ingestd.decide.match import NameFinder, Pattern, PatternSet


def test_the_set_names_the_patterns_that_occur():
    patterns = PatternSet(["disk", "^link", r"(?i)DOWN$", "机房"])
    assert patterns.hits("the disk is down") == {0, 2}
    assert patterns.hits("link 机房") == {1, 3}
    assert patterns.hits("") == frozenset()
    assert PatternSet([]).hits("x") == frozenset()


def test_large_sets_are_split_and_keep_their_numbers(monkeypatch):
    monkeypatch.setattr(match, "MOST_PER_SET", 3)
    patterns = PatternSet([f"word{n}x" for n in range(10)])
    assert patterns.hits("word0x word4x word9x") == {0, 4, 9}


@pytest.mark.parametrize("memory", [1 << 14, 200_000])
def test_a_set_without_memory_still_finds_everything(monkeypatch, memory):
    monkeypatch.setattr(match, "compiled", cache(match.compiled))
    wanted = [rf"(?i)foo{n}.*[a-z]{{5}}bar(x|y)+\d" for n in range(200)]
    for pattern in wanted:
        match.compiled(pattern)
    monkeypatch.setattr(match, "MEMORY", memory)
    assert PatternSet(wanted).hits("FOO17 hellobarx9 " * 300) == {1, 17}


def test_a_pattern_must_be_re2():
    assert Pattern.from_yaml("a|b") == "a|b"
    with pytest.raises(ValueError, match=r"not an RE2 pattern \(missing \): \(a\)"):
        Pattern.from_yaml("(a")
    with pytest.raises(ValueError, match="put it in quotes"):
        Pattern.from_yaml(7)


SITE = [
    ("stock-db", "stock-db"),
    ("stock-db.trading.example", "stock-db"),
    ("wh-files", "wh-files"),
    ("10.20.0.7", "wh-files"),
    ("2001:db8::7", "v6"),
    ("Access switch hall 2", "sw-hall2"),
    ("财务服务器", "finance"),
    ("财务部", "short"),
    ("hr", "hr"),
    ("shared", "one"),
    ("shared", "two"),
    ("10.20.0.8", "ip-only"),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("STOCK-DB is down, then wh-files.", ("stock-db", "wh-files")),
        ("stock-db and stock-db.trading.example again", ("stock-db",)),
        ("wh-files.trading.example:9100", ("wh-files",)),
        ("stock-db.other.example", ()),
        ("stock-db-old stock-db_2 mystock-db", ()),
        ("服务器wh-files宕机", ("wh-files",)),
        ("ｗｈ－ｆｉｌｅｓ", ("wh-files",)),
        ("我们的财务服务器坏了", ("finance",)),
        ("财务部打不开", ()),
        ("access  Switch\nhall 2/PING", ("sw-hall2",)),
        ("access switch hall 3", ()),
        ("ping 10.20.0.7: lost", ("wh-files",)),
        ("10.20.0.70", ()),
        ("[2001:DB8:0::7]:22 a:b:c:d", ("v6",)),
        ("hr shared", ()),
        ("https://wh-files/share", ("wh-files",)),
        ("", ()),
    ],
)
def test_names_in_text(text, found):
    assert NameFinder(SITE).find(text) == found


def test_a_name_of_two_words_takes_the_second_with_it():
    names = NameFinder([("stock files", "node-1"), ("files", "node-2")])
    assert names.find("the stock files are slow") == ("node-1",)
    assert names.find("files of stock") == ("node-2",)


def test_without_names_nothing_is_found():
    assert NameFinder().find("stock-db") == ()
    assert NameFinder([("...", "dots"), ("", "none")]).find("... x") == ()


def test_an_address_with_a_label_like_a_name_is_no_name():
    assert NameFinder([("1020", "x"), ("abcd", "y")]).find("1020.1.1.1") == ("x",)
    assert NameFinder([("2001", "x")]).find("10.2.3.4") == ()
