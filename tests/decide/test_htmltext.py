"""A page becomes the lines that a reader sees."""

import time

from hypothesis import given
from hypothesis import strategies as st

from ingestd.decide.htmltext import to_text


def test_lines_cells_and_entities():
    page = """<html><head><title>no</title><style>td {}</style></head><body><h1>Disk&nbsp;full</h1>
    <p>on <b>wh-files</b><br/>since 08:14</p><script>if (a < b) alert(1)</script><!-- <p>hidden -->
    <table><tr><td>Host:</td><td> wh-files </td></tr><tr><th>Used</th><td>&gt; 97&#37;</td></tr></table>
    <ul><li>one</li><li>two</li></ul></body></html>"""
    assert to_text(page).split("\n") == [
        "Disk full", "", "on wh-files", "since 08:14", "", "Host:\twh-files", "", "Used\t> 97%", "", "one", "", "two",
    ]  # fmt: skip


def test_links_keep_their_address_and_mailto_does_not():
    assert to_text('<a href="http://x.example/?a=1&amp;b=2">Source</a>') == "Source <http://x.example/?a=1&b=2>"
    assert to_text("<a href='https://y.example'>y</a> <a href=mailto:a@b.example>a</a> <a>z</a>") == (
        "y <https://y.example> a z"
    )


def test_preformatted_text_keeps_its_lines():
    assert to_text("a\nb<pre>c\nd</pre>e\nf") == "a b\nc\nd\ne f"


def test_broken_html_loses_no_text():
    assert to_text("a <b>b <p>c < 3 &unknown; <i") == "a b\nc < 3 &unknown;"
    assert to_text("<style>p {}") == ""
    assert to_text("x <!-- never closed") == "x"
    assert to_text("</pre></a>ok") == "ok"


@given(st.text(alphabet="<>/!-=\"' apbrtdscylehf&;#x0\n\t", max_size=300))
def test_nothing_raises(page):
    to_text(page)


def test_hostile_pages_cost_no_more_than_their_length():
    began = time.process_time()
    for piece in ("<!--", "<style", "</style ", "<a href=", "<", "&", " \t", "<pre> "):
        to_text(piece * 20_000)
    assert time.process_time() - began < 10


def test_quoted_mails_are_marked_as_in_plain_text():
    page = "yes<blockquote type='cite'>P1<br>down<blockquote class=gmail_quote>why</blockquote></blockquote>below"
    assert to_text(page) == "yes\n> P1\n> down\n> why\n\nbelow"
    assert to_text("<blockquote>only indented</blockquote></blockquote>") == "only indented"
