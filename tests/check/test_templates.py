"""What an admin reads about templates of her own, before they are in force."""

import re
import textwrap
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingestd.channels import texts
from ingestd.channels.sample import sample
from ingestd.check.chinese import in_chinese
from ingestd.config import load_site, survey
from ingestd.model import Facts
from ingestd.sitecache import digest, reload_site, start_site
from ingestd.sitefiles import LONGEST_TEMPLATE
from ingestd.yamltypes import ConfigError

MAIN = """\
maildir: {path: mails}
last_resort: ["person:ann"]
people: [{id: ann, mail: ann@x.example}]
texts: {templates: words}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "words" / "en").mkdir(parents=True)
    (tmp_path / "ingestd.yaml").write_text(MAIN)
    return tmp_path


def put(home: Path, name: str, text: str) -> None:
    path = home / "words" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")


def told(home: Path) -> list[str]:
    return [
        str(one).removeprefix(f"{home}/") for one in survey(home / "ingestd.yaml").problems if "mail is" not in one.text
    ]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("en/open.txt.j2", "x\n  {{ f.titel }}\n", "en/open.txt.j2:2:8: unknown field 'titel': did you mean 'title'?"),
        ("en/open.txt.j2", "{{ lnik }}\ny", "en/open.txt.j2:1:4: unknown variable 'lnik': did you mean 'link'?"),
        ("letter.html.j2", "<p>{{ heding }}", "letter.html.j2:1:7: unknown variable 'heding': did you mean 'heading'?"),
        (
            "en/open.txt.j2",
            "x\n{% if f.cause %}y",
            "en/open.txt.j2:2:1: can't be read as a template: Unexpected end of template.",
        ),
        (
            "en/open.txt.j2",
            "x\n{{ f.title | shrot }}",
            "en/open.txt.j2:2:1: can't be read as a template: No filter named",
        ),
        ("en/open.txt.j2", "{{" + "(" * 3000, "en/open.txt.j2:1:1: can't be read as a template: maximum recursion"),
        (
            "en/open.txt.j2",
            '{% extends "shiped/en/open.txt.j2" %}',
            "en/open.txt.j2:1:13: there is no template 'shiped/en/open.txt.j2': did you mean 'shipped/en/open.txt.j2'?",
        ),
        ("en/open.txt.j2", "x\n{{ 1 / 0 }}", "en/open.txt.j2:2:1: the template breaks on open: division by zero"),
        (
            "en/open.txt.j2",
            "alone",
            "en/open.txt.j2:1:1: the template breaks on open: it says nothing: expected a subject in the first line",
        ),
        (
            "en/digest.txt.j2",
            "x\n{{ f.digest.mials }}",
            "en/digest.txt.j2:2:13: unknown field 'mials'",
        ),
        (
            "zh_CN/_page.txt.j2",
            "x\n{% for a in range(900) %}{% for b in range(900) %}{% endfor %}{% endfor %}",
            "zh_CN/_page.txt.j2:2:1: the template breaks on open: it takes more than 5000 steps",
        ),
        (
            "en/opne.txt.j2",
            "x\ny",
            "en/opne.txt.j2:1:1: no shipped template has this name, and none of yours uses it: did you mean 'en/open.txt.j2'?",
        ),
    ],
)
def test_every_mistake_is_named_with_its_place(home: Path, name: str, text: str, words: str) -> None:
    put(home, name, text)
    (found,) = told(home)
    assert found.startswith(f"words/{words}")
    (problem,) = (one for one in survey(home / "ingestd.yaml").problems if "words" in one.file)
    assert any("\u4e00" <= sign <= "\u9fff" for sign in in_chinese(problem))


def test_what_breaks_in_a_shipped_part_is_told_at_one_s_own(home: Path) -> None:
    put(home, "en/_first.txt.j2", "{% macro what() %}x{% endmacro %}")
    assert told(home)[0].startswith("words/en/_first.txt.j2:1:1: the template breaks on open: the template")


def test_sound_ones_are_fine_and_parts_of_one_s_own_are_found(home: Path) -> None:
    put(home, "en/_desk.txt.j2", "Desk: 4711\n")
    put(
        home,
        "en/open.txt.j2",
        '{% extends "shipped/en/open.txt.j2" %}{% block last %}{% include "en/_desk.txt.j2" %}{% endblock %}',
    )
    put(home, "README", "not a template")
    assert told(home) == []
    assert set(load_site(home / "ingestd.yaml").templates) == {"en/_desk.txt.j2", "en/open.txt.j2"}


def test_the_examples_of_the_page_are_sound(home: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "texts.md").read_text("utf-8")
    examples = re.findall(r"    \{# words/([^ :]+).*?#\}\n((?:    .*\n)+)", page)
    assert len(examples) == 3
    for name, text in examples:
        put(home, name, textwrap.dedent(text))
    assert told(home) == []


def test_the_page_names_everything_that_a_template_may_use() -> None:
    page = (Path(__file__).parents[2] / "docs" / "texts.md").read_text("utf-8")
    given = texts.values_of(sample("open", "en"), "", ZoneInfo("UTC"), answerable=True)
    layout = texts.html_values(sample("open", "en"), "en", "s", "t", "")
    for name in (*given, *layout):
        assert re.search(rf"`{name}[`(]", page), name
    for fact in set(Facts.__struct_fields__) - {"wall_offset"}:
        assert f"`f.{fact}`" in page, fact


def test_files_that_are_none(home: Path) -> None:
    put(home, "en/open.txt.j2", "x\n" * LONGEST_TEMPLATE)
    assert told(home) == [f"words/en/open.txt.j2:1:1: expected a template of at most {LONGEST_TEMPLATE} characters"]
    (home / "words/en/open.txt.j2").write_bytes(b"\xff\xfe")
    assert told(home) == ["words/en/open.txt.j2:1:1: expected UTF-8"]
    (home / "ingestd.yaml").write_text(MAIN.replace("words", "wrods"))
    assert told(home) == ["ingestd.yaml:4:20: there is no folder wrods"]


async def test_a_changed_template_is_another_site_and_a_reload_takes_it(home: Path) -> None:
    main = home / "ingestd.yaml"
    put(home, "en/open.txt.j2", "one\ntext")
    before, first = digest(main), start_site(main)
    put(home, "en/open.txt.j2", "two\ntext")
    assert digest(main) != before
    second = await reload_site(main, home / "var")
    assert (first.templates, second.templates) == ({"en/open.txt.j2": "one\ntext"}, {"en/open.txt.j2": "two\ntext"})
    assert first.digest != second.digest and ("templates/en/open.txt.j2", "two\ntext") in second.sources
    assert second.digest == load_site(main).digest
    put(home, "en/open.txt.j2", "{{ f.titel }}")
    with pytest.raises(ConfigError, match="unknown field 'titel'"):
        await reload_site(main, home / "var")
