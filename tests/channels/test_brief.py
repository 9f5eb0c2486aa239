"""Letters for small screens: never longer than said, cut at whole lines, and what is cut is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestd.channels.brief import fitted, heading, joined, plain, shortened, size
from tests.channels.receiver import letter


def test_the_first_line_is_not_said_twice() -> None:
    assert fitted(letter(), 2000).splitlines()[:3] == [
        "P1: acc-sw-3 unreachable; hits sales (40 people); since 13:36 (#7)",
        "",
        "Cause: acc-sw-3 (reported)",
    ]
    assert heading(letter(title="")) == "[P1] acc-sw-3 unreachable (#7)"


@pytest.mark.parametrize("most", [40, 100, 121, 200, 400])
@pytest.mark.parametrize("language", ["en", "zh_CN", "fr"])
def test_a_long_letter_is_cut_at_whole_lines(most: int, language: str) -> None:
    lines = [f"line {n} 第{n}行" for n in range(40)]
    cut = fitted(letter(title="P1: 交换机", text="\n".join(lines), language=language), most)
    assert size(cut) <= most
    first, *kept, last = cut.splitlines()
    assert first == "P1: 交换机" and kept == lines[: len(kept)]
    assert str(40 - len(kept)) in last and ("行" in last) is (language == "zh_CN")


def test_a_line_that_is_too_long_is_cut_between_characters() -> None:
    cut = fitted(letter(title="交" * 100, text=""), 50)
    assert size(cut) <= 50 and cut == "交" * 15 + "…"
    assert fitted(letter(title="交" * 100, text="more\nlines"), 50) == "交" * 15 + "…"
    assert shortened("abc", 3) == "abc" and shortened("abcd", 3) == "…"


def test_letters_that_fit_are_whole_others_a_line_each() -> None:
    letters = [letter(title=f"P2: host-{n} down (#{n})", text=f"Cause: switch {n}\n" * 3) for n in range(4)]
    whole = joined(letters, 2000)
    assert whole.count("Cause: switch 3") == 3
    short = joined(letters, 200)
    assert short.splitlines() == [f"P2: host-{n} down (#{n})" for n in range(4)]
    shorter = joined([*letters, *(letter(title=f"P3: {n} " + "x" * 90, text="") for n in range(4))], 300)
    assert size(shorter) <= 300 and shorter.splitlines()[-1] == "… and 2 more"


def test_what_several_are_told_is_said_once() -> None:
    assert joined([letter(person="lin"), letter(person="wu")], 2000) == fitted(letter(), 2000)


def test_halves_of_characters_and_controls_go() -> None:
    assert plain("a\x00b\x1b[31m\ud83d c\n") == "a b [31m? c\n"


TEXTS = st.text(max_size=200)


@given(
    st.lists(st.tuples(TEXTS, TEXTS, st.sampled_from(["en", "zh_CN"])), min_size=1, max_size=9), st.integers(80, 3000)
)
def test_a_post_is_never_longer_than_said(letters: list[tuple[str, str, str]], most: int) -> None:
    made = [letter(title=title, text=text, language=language) for title, text, language in letters]
    assert size(joined(made, most)) <= most
