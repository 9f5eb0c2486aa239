"""A site's own words: they take the place of ours, and when they break nobody misses a page."""

import logging
import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from ingestd.channels import texts
from ingestd.channels.sample import sample
from ingestd.channels.texts import Texts, Written
from ingestd.model import NotificationKind

UTC = ZoneInfo("UTC")
LINK = "https://ingestd.example/a/x"
SHIPPED = Texts()


def written(own: Texts, kind: NotificationKind = "open", name: str = "en", **facts: Any) -> Written:
    page = sample(kind, name)
    return own.write(replace(page, facts=replace(page.facts, **facts)), name, LINK, UTC)


def test_a_template_of_one_s_own_replaces_the_shipped_one_of_its_name() -> None:
    own = Texts({"en/open.txt.j2": "{{ f.priority }} {{ f.cause }}\nCall {{ f.team }} now.\n"})
    assert written(own).subject == "P1 sw-floor-2"
    assert written(own).text == "Call network now.\n"
    assert written(own, "update") == written(SHIPPED, "update")
    assert written(own, name="zh_CN") == written(SHIPPED, name="zh_CN")


def test_one_may_change_a_part_and_keep_the_rest() -> None:
    own = Texts(
        {
            "en/open.txt.j2": '{% extends "shipped/en/open.txt.j2" %}\n{% block links %}{{ super() }}'
            "Runbook: https://wiki.example/{{ f.cause }}\n{% endblock %}\n"
        }
    )
    text, usual = written(own).text, written(SHIPPED).text
    assert f"To take it: {LINK}\nRunbook: https://wiki.example/sw-floor-2\n" in text
    assert [line for line in text.splitlines() if "Runbook" not in line] == usual.splitlines()
    assert 'href="https://wiki.example/sw-floor-2"' in written(own).html


def test_a_part_that_many_share_changes_all_of_them() -> None:
    page = '{% extends "shipped/en/_page.txt.j2" %}{% block last %}Desk: 4711{% endblock %}'
    own = Texts({"en/_page.txt.j2": page})
    for kind in ("open", "update", "functional", "hierarchic", "last_resort"):
        assert written(own, kind).text.endswith("Desk: 4711\n"), kind  # type: ignore[arg-type]
    assert written(own, "end").text.endswith("Incident #12, 5 alerts\n")
    assert written(own, "digest") == written(SHIPPED, "digest")


def test_a_layout_of_one_s_own_is_escaped_too() -> None:
    own = Texts({"letter.html.j2": "<h2>{{ heading }}</h2>{% for b in blocks %}{{ b.kind }} {% endfor %}"})
    html = written(own, title="<script>x</script>", cause=None).html
    assert html.startswith("<h2>P1: &lt;script&gt;") and "list" in html and "button" in html


BROKEN = {
    "an unknown name": "x\n{{ nobody }}",
    "an unknown field": "x\n{{ f.nothing }}",
    "a syntax error": "x\n{{ f.title",
    "no text": "only a subject",
    "nothing": "",
    "a lost parent": '{% extends "nowhere" %}',
    "a sum of unlike things": "x\n{{ f.title + 1 }}",
    "a look behind the scenes": "x\n{{ f.__class__.__init__.__globals__ }}",
    "a change of what it is given": "x\n{{ [1].append(2) }}",
    "itself": '{% include "en/open.txt.j2" %}',
    "a call of itself": "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}x\n{{ m() }}",
    "a call that fans out": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}x\n{{ m(60) }}",
    "loops in loops": "x\n" + "{% for a in range(900) %}" * 4 + "{% endfor %}" * 4,
    "loops over letters": "x\n" + "{% for a in f.title %}" * 9 + "{% endfor %}" * 9,
    "recursive loops": "x\n{% for a in f.alerts recursive %}{{ loop(f.alerts) }}{% endfor %}",
    "a text times a number": "x\n{{ 'x' * 10 ** 3 * 10 ** 3 * 10 ** 3 }}",
    "a list times a number": "x\n{{ [1] * 100000000 }}",
    "a power": "x\n{{ 9 ** 9 ** 9 }}",
    "a great number": "x\n{% set ns = namespace(n=9) %}{% for a in range(900) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
    "a great range": "x\n{{ range(10 ** 3 * 10 ** 3) | length }}",
    "a text that doubles": "x\n{% set n = namespace(x='ab') %}{% for a in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "a block that doubles": "x\n" + "{% set x = 'a' %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 40,
    "a sum that doubles": "x\n{% set n = namespace(x='ab') %}{% for a in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "an argument that doubles": "{% macro m(x) %}{{ m([x, x] | join) }}{% endmacro %}x\n{{ m('ab') }}",
    "a wide word": "x\n{{ 'a' | center(10 ** 3 * 10 ** 6) }}",
    "a wide method": "x\n{{ 'a'.ljust(100000000) }}",
    "a wide format": "x\n{{ '%0100000000d' % 1 }}",
    "another": "x\n{{ '{:0100000000d}'.format(1) }}",
    "one by its key": "x\n{{ '{:0100000000d}'['format'](1) }}",
    "one by a filter": "x\n{{ '%d' | format(1) }}",
    "a replacement of nothing": "x\n{{ f.title | replace('', 'y' * 999) }}",
    "a long output": "x\n" + "{{ 'x' * 60000 }}" * 2,
    "chance": "x\n{{ [1, 2] | random }}",
    "made-up words": "x\n{{ lipsum() }}",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_what_breaks_costs_neither_the_page_nor_time(broken: str, caplog: pytest.LogCaptureFixture) -> None:
    own = Texts({"en/open.txt.j2": broken})
    began = time.perf_counter()
    with caplog.at_level(logging.WARNING):
        assert written(own) == written(SHIPPED)
        assert written(own).text == written(SHIPPED).text
    assert time.perf_counter() - began < 2.0
    assert [record.getMessage().partition(" broke,")[0] for record in caplog.records] == [
        "the site's own en/open.txt.j2"
    ], "said once"


def test_what_is_modest_works() -> None:
    own = Texts(
        {
            "en/open.txt.j2": "{{ f.title | truncate(20) }}\n"
            "{% set all = f.departments | join('/') %}{% set box %}[{{ all }}]{% endset %}{{ box ~ '!' }}\n"
            "{{ 'x' * 3 }}{{ 2 ** 3 }}{{ 7 % 4 }}{{ [1] * 2 }}{{ 1 + 1 }}\n"
            "{% for line in f.alerts %}{{ loop.index }}/{{ loop.length }} {{ line.replace('sw-', 'SW-', 1) }}\n{% endfor %}"
            "{{ 'aXa' | replace('X', '-') }} {{ 'b' | center(5) }} {{ clock(now) }} {{ span(90) }} {{ short(f.title, 20) }}\n"
        }
    )
    assert written(own).text.splitlines() == [
        "[Accounting/Sales/Warehouse]!",
        "xxx83[1, 1]2",
        "1/3 SW-floor-2: CRITICAL - 192.0.2.17: Host unreachable, lost 100%",
        "2/3 erp-db: has not answered for one minute (x2)",
        "3/3 mail-2 smtp: connection timed out",
        "a-a   b   01:03 2 min sw-floor-2: Host…",
    ]


def test_a_broken_layout_falls_back_and_a_broken_shipped_one_leaves_the_text(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert written(Texts({"letter.html.j2": "{{ nobody }}"})) == written(SHIPPED)
    assert written(Texts({"letter.html.j2": " "})) == written(SHIPPED)
    monkeypatch.setattr(texts, "HTML", "nowhere.html.j2")
    letter = written(Texts())
    assert letter.html == "" and letter.text == written(SHIPPED).text
    assert "goes out without its HTML part" in caplog.text


def test_a_letter_takes_little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    Texts().ready()
    monkeypatch.setattr(texts.shipped(), "compile", lambda _source, name, *_: pytest.fail(f"{name} is compiled again"))
    began = time.perf_counter()
    for _ in range(100):
        written(SHIPPED)
    assert (time.perf_counter() - began) / 100 < 0.02
