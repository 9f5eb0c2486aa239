"""No text can be said of a file that has no Chinese words, and none of these is of nobody's."""

import re
import string

import pytest

from ingestd.check.chinese import CATALOGUE, PLAIN, in_chinese
from ingestd.intake.imapsettings import ImapSettings, OAuth2, imap_problem
from ingestd.intake.smtp import SmtpSettings, smtp_problem
from ingestd.problem import Problem, said
from tests import templates


def problem(words: object) -> Problem:
    return Problem("x", 1, 1, words)  # type: ignore[arg-type]


def test_every_template_has_its_words() -> None:
    lacking = sorted({text for _, text in templates.spoken()} - set(CATALOGUE))
    assert lacking == [], "ingestd/check/chinese.py lacks them"


@pytest.mark.parametrize("name", templates.PLAIN)
def test_so_have_the_texts_of_types_that_know_no_templates(name: str) -> None:
    said_only_at_work = {"{} ended with status {}: {}", "{} gives no token", "there is no environment variable {}"}
    said_only_at_work.add("{} did not end in {} s")
    for text in templates.raised(name):
        without_rule = re.sub(r"^(\{\}|matrix): ", "", text)
        assert text in PLAIN or without_rule in PLAIN or text in said_only_at_work, text


@pytest.mark.parametrize(
    "wrong",
    [
        smtp_problem(SmtpSettings(require_auth=True)),
        smtp_problem(SmtpSettings(users={"a": "x"})),
        smtp_problem(SmtpSettings(require_tls=True)),
        smtp_problem(SmtpSettings(memory=1)),
        imap_problem(ImapSettings(name="a b", host="h", user="u", password="p")),
        imap_problem(ImapSettings(name="a", host="h", user="u", password="p", tls="none")),
        imap_problem(ImapSettings(name="a", host="h", user="u")),
        imap_problem(ImapSettings(name="a", host="h", user="u", oauth2=OAuth2())),
        imap_problem(ImapSettings(name="a", host="h", user="u", password="p", seen="move")),
        imap_problem(ImapSettings(name="a", host="h", user="u", password="p", seen="move", move_to="INBOX")),
        imap_problem(ImapSettings(name="a", host="h", user="u", password="p", batch=0)),
    ],
)
def test_and_those_of_the_ways_in(wrong: tuple[str, str] | None) -> None:
    assert wrong is not None
    assert re.search(r"[\u4e00-\u9fff]", in_chinese(problem(wrong[1]))), wrong


def test_the_same_is_filled_in_in_both_languages() -> None:
    for english, chinese in CATALOGUE.items():
        holes = {name for _, name, _, _ in string.Formatter().parse(english) if name}
        assert {name for _, name, _, _ in string.Formatter().parse(chinese) if name} == holes, english


def test_values_that_are_texts_are_translated_too() -> None:
    words = said(
        "unknown {kind} {name!r}{hint}", kind=said("team"), name="x", hint=said(": did you mean {near!r}?", near="y")
    )
    assert in_chinese(problem(words)) == "未知的团队 'x'：是不是 'y'？"
    assert str(words) == "unknown team 'x': did you mean 'y'?" and problem(words).code == "unknown"
    assert in_chinese(problem("not JMESPath: bad [ token")) == "不是 JMESPath：bad [ token"
    assert in_chinese(problem("what nobody knows")) == "what nobody knows"
