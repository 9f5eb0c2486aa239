"""The HTML part: made of the text, nothing in it but what the text says, nothing fetched, nothing run."""

import re
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ingestd.channels.markup import Block, Line, Piece, blocks
from ingestd.channels.sample import KINDS, bare, sample
from ingestd.channels.texts import Texts
from ingestd.model import Before, NotificationKind

UTC = ZoneInfo("UTC")
LINK = "https://ingestd.example/a/WyJsaW4iXQ.x"
TEXTS = Texts()


class Page(HTMLParser):
    """What a mail reader would find."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def links(self) -> list[str | None]:
        return [found.get("href") for tag, found in self.tags if tag == "a"]


def html(kind: NotificationKind = "open", name: str = "en", link: str | None = LINK, **facts: Any) -> str:
    page = sample(kind, name)
    return TEXTS.write(replace(page, facts=replace(page.facts, **facts)), name, link, UTC).html


@pytest.mark.parametrize("name", ["en", "zh_CN"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_has_it_and_it_says_the_same(kind: NotificationKind, name: str) -> None:
    for page, link in ((sample(kind, name), LINK), (bare(kind), None)):
        written = TEXTS.write(page, name, link, UTC)
        read = Page(written.html)
        said = re.sub(r"\W+", "", read.words)
        for line in written.text.splitlines():
            if link is None or not line.endswith(LINK):
                assert re.sub(r"\W+", "", line) in said
        assert all(tag not in {"img", "script", "link", "iframe", "form"} for tag, _ in read.tags)
        assert "url(" not in written.html and "@import" not in written.html and "<style" not in written.html


def test_the_first_line_is_a_heading_coloured_by_priority() -> None:
    assert re.search(r"<h1 style=[^>]*#b3261e[^>]*>P1: sw-floor-2: Host unreachable", html())
    assert re.search(r"<h1 style=[^>]*#b54708", html(priority="P2"))
    assert re.search(r"<h1 style=[^>]*#067647[^>]*>P1: resolved: ", html("end"))
    assert re.search(r"<h1 style=[^>]*#475467[^>]*>Digest: 252 messages", html("digest"))


def test_the_link_is_a_large_button_in_the_reader_s_language() -> None:
    read = Page(html())
    assert LINK in read.links() and "I take it" in read.words and LINK not in read.words
    assert "我来处理" in Page(html(name="zh_CN")).words
    assert "I take it" not in html(link=None)
    assert 'lang="zh-CN"' in html(name="zh_CN")


def test_a_link_to_a_page_that_is_no_web_page_is_no_button() -> None:
    read = Page(html(link="javascript:alert(1)"))
    assert "I take it" not in read.words and read.links() == ["https://wiki.example/sw-floor"]


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "javascript:alert(1)",
        "data:text/html,<b>x</b>",
        "{{ 7 * 7 }}{% for x in y %}",
        "</title></head><h1>P4: all is well</h1>",
        "- not a list\n\n<p>nor a paragraph",
        'https://evil.example/"onmouseover="alert(1)',
        "https://evil.example/<b>x",
    ],
)
def test_what_a_stranger_writes_stays_text(hostile: str) -> None:
    usual = [tag for tag, _ in Page(html()).tags]
    old = Before(number=1, began=0.0, lasted=60.0, name=hostile, fixed=hostile)
    made = html(title=hostile, cause=None, remedy=hostile, alerts=(hostile,), before=(old,), unsure=(hostile,))
    read = Page(made)
    assert {tag for tag, _ in read.tags} <= set(usual)
    assert all(href and href.startswith(("https://", "http://")) for href in read.links())
    assert not any(name.startswith("on") for _, found in read.tags for name in found)
    assert "49" not in re.sub(r"#\w+", "", read.words)
    for word in hostile.split():
        assert word in read.words


def test_a_text_falls_into_blocks() -> None:
    found = blocks(
        f"Cause: sw-1 (reported)\n路径：a -> b\n\nAlerts (2):\n- sw-1: down\n- b\n\n    owner: x\n\nTake: {LINK}", LINK
    )
    assert found == (
        Block("lines", (Line("Cause:", (Piece(" sw-1 (reported)"),)), Line("路径：", (Piece("a -> b"),)))),
        Block("lines", (Line("Alerts (2):", ()),)),
        Block("list", (Line("sw-1:", (Piece(" down"),)), Line("", (Piece("b"),)))),
        Block("code", (Line("owner:", (Piece(" x"),)),)),
        Block("button", (Line("Take:", ()),), LINK),
    )


def test_a_label_ends_where_a_colon_does_and_not_within_brackets() -> None:
    texts = ("告警（5 条）：x", "Alerts (5):", "s1 (lin: old)", "12:30 it was", "x" * 30 + ": y", "a/b: c")
    assert [blocks(text, "")[0].lines[0].label for text in texts] == ["告警（5 条）：", "Alerts (5):", "", "", "", ""]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://wiki.example/a, then http://b.example.", ["https://wiki.example/a", "http://b.example"]),
        ("(https://wiki.example/a)", ["https://wiki.example/a"]),
        ("见https://wiki.example/a。然后", ["https://wiki.example/a"]),
        ("HTTPS://WIKI.example/?q=1&r=2#x", ["HTTPS://WIKI.example/?q=1&r=2#x"]),
        ("https://... or ftp://x.example, javascript://x.example/%0aalert(1), file:///etc/passwd", []),
        ("12:30 is no label, http: is no link", []),
    ],
)
def test_web_addresses_alone_become_links(text: str, links: list[str]) -> None:
    (block,) = blocks(text, "")
    pieces = block.lines[0].pieces
    assert [piece.href for piece in pieces if piece.href] == links
    assert block.lines[0].label + "".join(piece.text for piece in pieces) == text


@given(st.text(alphabet="a:- \n/.，：h tps<>&\"'", max_size=200))
def test_nothing_of_a_text_is_lost_or_added(text: str) -> None:
    said = "".join(
        line.label + "".join(piece.text for piece in line.pieces) for block in blocks(text, "") for line in block.lines
    )
    bare_text = re.sub(r"(?m)^(- )?(    )?", "", text)
    assert re.sub(r"\s", "", said) == re.sub(r"\s", "", bare_text)
