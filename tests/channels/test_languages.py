"""Every language has words for everything; a site's own language begins with one file, and the rest is English."""

import re
from itertools import pairwise
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from jinja2 import nodes

from ingestd.channels import texts
from ingestd.channels.sample import KINDS, sample
from ingestd.channels.texts import LANGUAGES, TEMPLATES, Texts
from ingestd.config import survey
from ingestd.model import NewsKind, NotificationKind
from ingestd.web.linkwords import WORDS, words_in

UTC = ZoneInfo("UTC")
SPOKEN = sorted(LANGUAGES.values())
PARTS = sorted(path.name for path in (TEMPLATES / "en").iterdir())
OPEN = "{{ f.priority }} {{ f.title }}\nStörung: {{ f.cause }}\n"


#: Looked at for its grammar alone: Chinese says of what there are so many.
ASIDE = {"departments"}


def parsed(spoken: str, name: str) -> nodes.Template:
    return texts.shipped().parse((TEMPLATES / spoken / name).read_text("utf-8"))


def fields(spoken: str, name: str) -> set[str]:
    """What of the facts a template looks at."""
    return {one.attr for one in parsed(spoken, name).find_all(nodes.Getattr)}


# -- the shipped ones


@pytest.mark.parametrize("spoken", SPOKEN)
def test_every_kind_of_letter_has_a_template_in_every_language(spoken: str) -> None:
    assert sorted(path.name for path in (TEMPLATES / spoken).iterdir()) == PARTS
    assert {f"{kind}.txt.j2" for kind in get_args(NotificationKind)} <= set(PARTS)
    assert set(KINDS) == set(get_args(NotificationKind))


@pytest.mark.parametrize("name", PARTS)
def test_every_language_tells_the_same_facts(name: str) -> None:
    for one, other in pairwise(SPOKEN):
        here, there = fields(one, name), fields(other, name)
        here, there = (here - ASIDE, there - ASIDE) if name == "_first.txt.j2" else (here, there)
        assert here == there, f"{name}: {one} and {other} differ in {sorted(here ^ there)}"
        blocks = [[b.name for b in parsed(each, name).find_all(nodes.Block)] for each in (one, other)]
        assert blocks[0] == blocks[1]


@pytest.mark.parametrize("spoken", SPOKEN)
def test_every_piece_of_news_has_a_phrase_of_its_own_in_every_language(spoken: str) -> None:
    source = (TEMPLATES / spoken / "_first.txt.j2").read_text("utf-8")
    worded = set(re.findall(r'n\.what == "(\w+)"', source))
    elsewhere = {"person", "affected"}  # a person's own words; the kind of letter says it all
    assert set(get_args(NewsKind)) - worded == elsewhere


@pytest.mark.parametrize("spoken", SPOKEN)
def test_the_page_behind_a_link_is_in_every_language(spoken: str) -> None:
    assert all(getattr(WORDS[spoken], name) for name in WORDS[spoken].__struct_fields__)
    assert words_in(spoken) is WORDS[spoken] and words_in("de") is WORDS["en"]


# -- a site's own


def test_what_a_language_of_a_site_s_own_lacks_is_said_in_english() -> None:
    own = Texts({"de/open.txt.j2": OPEN})
    page, update = sample("open", "de"), sample("update", "de")
    assert own.write(page, "de", None, UTC).text.startswith("Störung: ")
    assert own.write(page, "de_AT", None, UTC).text.startswith("Störung: ")
    assert 'lang="de"' in own.write(page, "de", None, UTC).html
    assert own.write(update, "de", None, UTC) == Texts().write(update, "en", None, UTC)
    assert [own.write(one, "de", None, UTC).language for one in (page, update)] == ["de", "en"]
    assert 'lang="en"' in own.write(update, "de", None, UTC).html
    assert "open" not in own.lacking("de") and len(own.lacking("de")) == len(KINDS) - 1
    assert own.lacking("zh_CN") == ()


def test_a_broken_one_is_said_in_english_too() -> None:
    own = Texts({"de/open.txt.j2": "x\n{{ nobody }}"})
    assert (
        own.write(sample("open", "de"), "de", None, UTC).text
        == Texts().write(sample("open", "en"), "en", None, UTC).text
    )


@pytest.mark.parametrize(("name", "folder"), [("pt_BR", "pt_BR"), ("pt-BR", "pt_BR"), ("pt", "en"), ("zh_TW", "zh_CN")])
def test_the_nearest_folder_is_meant(name: str, folder: str) -> None:
    assert Texts({"pt_BR/open.txt.j2": OPEN}).spoken(name) == folder


def test_a_folder_of_parts_is_no_language() -> None:
    assert texts.added({"parts/desk.txt.j2": "4711", "en/open.txt.j2": OPEN}) == frozenset()


# -- what an admin reads


MAIN = """\
maildir: {path: mails}
last_resort: ["person:ann"]
language: de
people: [{id: ann, mail: ann@x.example, language: fr}, {id: bo, mail: bo@x.example, language: zh_CN}]
texts: {templates: words}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "words" / "de").mkdir(parents=True)
    (tmp_path / "ingestd.yaml").write_text(MAIN)
    return tmp_path


def told(home: Path) -> list[str]:
    found = survey(home / "ingestd.yaml").problems
    return [str(one).removeprefix(f"{home}/") for one in found if "language" in str(one) or "words" in str(one)]


def test_a_language_that_nobody_has_words_in_is_an_error_where_it_stands(home: Path) -> None:
    expected = "expected en, zh_CN, or one that texts.templates has a folder for"
    assert told(home) == [
        f"ingestd.yaml:3:11: unknown language 'de': {expected}",
        f"ingestd.yaml:4:51: unknown language 'fr': {expected}",
    ]


def test_what_an_added_language_lacks_is_a_warning(home: Path) -> None:
    for kind in (one for one in KINDS if one not in ("digest", "notice")):
        (home / "words" / "de" / f"{kind}.txt.j2").write_text(OPEN, "utf-8")
    (home / "ingestd.yaml").write_text(MAIN.replace(", language: fr", ""))
    assert told(home) == ["words/de:1:1: no template for digest, notice: these are told in English"]
    assert [one.severity for one in survey(home / "ingestd.yaml").problems if "no template" in str(one)] == ["warning"]


def test_a_misspelt_one_and_a_broken_one_are_named(home: Path) -> None:
    (home / "words" / "de" / "open.txt.j2").write_text("x\n{{ f.titel }}", "utf-8")
    (home / "words" / "de" / "updaet.txt.j2").write_text(OPEN, "utf-8")
    found = "\n".join(told(home))
    assert "words/de/open.txt.j2:2:6: unknown field 'titel': did you mean 'title'?" in found
    assert "words/de/updaet.txt.j2:1:1: no shipped template has this name" in found
    assert "did you mean 'de/update.txt.j2'?" in found
