"""Every mistake in a file is named where it stands, with what was expected."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from ingestd.yamltypes import Clock, ConfigError, Duration, did_you_mean, load, loads, reads


class Group(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    any_of: tuple[str, ...]


class Box(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    wait: Duration = Duration(60)
    since: Clock | None = None
    mode: Literal["day", "week"] | None = None
    size: int | float = 0
    needs: tuple[str | Group, ...] = ()
    labels: dict[str, tuple[str, ...]] = {}
    pair: tuple[str, int] | None = None


class Cat(Struct, frozen=True, forbid_unknown_fields=True, tag="cat"):
    lives: int


class Dog(Struct, frozen=True, forbid_unknown_fields=True, tag="dog"):
    tricks: tuple[str, ...]


class Shelf(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    boxes: tuple[Box, ...] = ()
    locked: bool = False
    pets: tuple[Cat | Dog, ...] = ()


def errors(text: str | bytes, kind: type = Shelf) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loads(text, kind, "shelf.yaml")
    assert str(caught.value).splitlines() == [str(problem) for problem in caught.value.problems]
    return [f"{p.line}:{p.column} {p.text}" for p in caught.value.problems]


def box(text: str) -> Box:
    return loads(f"boxes: [{{name: a, {text}}}]", Shelf, "x").boxes[0]


def test_a_whole_file_becomes_frozen_types(tmp_path: Path) -> None:
    file = tmp_path / "shelf.yaml"
    file.write_text("boxes:\n- name: tools\n  wait: 1h30m\n  needs: [nails, {any_of: [glue, tape]}]\nlocked: true\n")
    assert load(file, Shelf) == Shelf(
        boxes=(Box(name="tools", wait=Duration(5400), needs=("nails", Group(any_of=("glue", "tape")))),), locked=True
    )


def test_plain_words_are_what_they_look_like() -> None:
    assert box("since: 22:00").since == 22 * 60
    assert box("labels: {country: [no, on, 1.2.3]}").labels == {"country": ("no", "on", "1.2.3")}
    assert [box(f"size: {text}").size for text in ("0x10", "0o17", "-3", "1e3", ".5")] == [16, 15, -3, 1000.0, 0.5]
    assert box("since: ~").since is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5m", 300), ("2h", 7200), ("1d", 86400), ("1h 30m", 5400), ("250ms", 0.25), ("7", 7), ("0", 0)],
)
def test_durations(text: str, seconds: float) -> None:
    assert box(f"wait: {text}").wait == seconds


@pytest.mark.parametrize("text", ["soon", "5 parsecs", "-3", "true", "[]", "''", "1h-2m"])
def test_what_is_no_duration(text: str) -> None:
    (error,) = errors(f"boxes:\n- name: a\n  wait: {text}\n")
    assert error.startswith("3:9 expected a duration such as 90s")


@pytest.mark.parametrize("text", ["25:00", "24:01", "7:60", "noon", "7"])
def test_what_is_no_time_of_day(text: str) -> None:
    (error,) = errors(f"boxes:\n- name: a\n  since: {text}\n")
    assert error.startswith("3:10 expected a time of day such as 06:00")


def test_several_mistakes_are_told_at_once() -> None:
    text = "boxes:\n- nmae: a\n- name: 12\n  mode: month\n  needs: [x, {any_of: y}, 4]\n  pair: [a, b]\nlocked: yes\n"
    assert errors(text) == [
        "2:3 unknown key 'nmae': did you mean 'name'?",
        "2:3 'name' is missing",
        "3:9 expected text, got a whole number '12': put it in quotes",
        "4:9 expected day or week, got 'month'",
        "5:23 expected a list, got text 'y': write it as a list, [ ]",
        "5:27 expected text or keys and values, got a whole number '4'",
        "6:13 expected a whole number, got text 'b'",
        "7:9 expected true or false, got text 'yes': only true and false are truth values",
    ]


def test_an_unlike_key_is_answered_with_all_that_there_are() -> None:
    assert errors("colour: red") == ["1:1 unknown key 'colour': known are boxes, locked, pets"]
    assert did_you_mean("x", ()) == ""


def test_tagged_kinds_are_told_apart_by_their_tag() -> None:
    assert errors("pets:\n- {type: cat, lives: nine}\n- {type: dog, trick: [sit]}\n") == [
        "2:22 expected a whole number, got text 'nine'",
        "3:15 unknown key 'trick': did you mean 'tricks'?",
        "3:3 'tricks' is missing",
    ]
    assert errors("pets:\n- {type: cow}\n") == ["2:10 unknown type 'cow': known are cat, dog"]
    assert errors("pets:\n- {lives: 9}\n") == ["2:3 'type' is missing"]


def test_the_wrong_shape_at_the_top() -> None:
    assert errors("- a") == ["1:1 expected keys and values, got a list"]
    assert errors("", Box) == ["1:1 'name' is missing"]
    assert loads("# nothing\n", Shelf, "x") == Shelf()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("locked: true\nlocked: false\n", "2:1 'locked' is written twice (first in line 1)"),
        ("boxes:\n\t- name: a\n", "2:1 a tab: indent with spaces"),
        ("locked: \x07true\n", "1:9 a control character ('\\x07'): remove it"),
        (b"# caf\xe9\n", "1:6 not UTF-8: save the file as UTF-8"),
        (b"a: \xe7\xbd\x91\nb: \xff", "2:4 not UTF-8: save the file as UTF-8"),
        ("locked: true".encode("utf-16"), "1:1 this is UTF-16: save the file as UTF-8"),
        ("boxes: &a [*a]", "1:8 this anchor contains itself"),
        ("{[a]: 1}", "1:2 expected a plain key"),
    ],
)
def test_broken_text(text: str | bytes, error: str) -> None:
    assert errors(text) == [error]


def test_text_that_is_no_yaml_at_all() -> None:
    assert errors("boxes: [") == ["1:8 this is not closed: expected ']'"]
    assert errors("locked: true\n---\nlocked: false\n")[0] == "2:1 a second document (---): expected one in a file"


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert loads("\ufefflocked: true".encode(), Shelf, "x").locked
    assert loads("\ufefflocked: true", Shelf, "x").locked


def test_anchors_and_merges_save_writing_twice() -> None:
    text = "boxes:\n- &one {name: a, wait: 5m}\n- {<<: *one, name: b}\n- {<<: [*one, {size: 3}], name: c}\n- *one\n"
    first, second, third, again = loads(text, Shelf, "x").boxes
    assert (second.name, second.wait, third.size, third.wait) == ("b", first.wait, 3, 300)
    assert again == first
    assert errors("boxes:\n- {<<: {nmae: q}, name: b}\n") == ["2:9 unknown key 'nmae': did you mean 'name'?"]


def test_mistakes_in_a_mapping_stand_where_they_are_written() -> None:
    assert errors("boxes:\n- name: a\n  labels: {country: [de, 1], city: x}\n") == [
        "3:26 expected text, got a whole number '1': put it in quotes",
        "3:36 expected a list, got text 'x': write it as a list, [ ]",
    ]


def test_annotated_types_are_looked_through() -> None:
    class Crate(Struct, frozen=True, forbid_unknown_fields=True):
        box: Annotated[Box | None, Meta(title="a box")] = None

    assert errors("box: {nmae: a, name: b}", Crate) == ["1:7 unknown key 'nmae': did you mean 'name'?"]


def test_long_lists_of_names_are_cut() -> None:
    assert did_you_mean("x", tuple(f"node-{i:03}" for i in range(500))).endswith("node-019 and 480 more")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml:1:1: can't be read: No such file"):
        load(tmp_path / "none.yaml", Shelf)


def test_a_document_knows_where_its_parts_stand() -> None:
    document = reads("boxes:\n- name: a\n  needs: [x, y]\n", Shelf, "s.yaml")
    assert str(document.problem(("boxes", 0, "needs", 1), "dangling")) == "s.yaml:3:14: dangling"
    assert str(document.problem(("boxes", 0, "needs"), "odd", key=True)) == "s.yaml:3:3: odd"
    assert (
        str(document.problem(("boxes", 0, "size"), "absent: the nearest part"))
        == "s.yaml:2:3: absent: the nearest part"
    )
    assert document.problem(("boxes", 7), "no such place").line == 2
    assert reads("", Shelf, "s.yaml").problem(("boxes",), "empty").line == 1


def test_a_type_that_yaml_can_not_say_is_a_programming_error() -> None:
    class Odd(Struct):
        it: complex

    with pytest.raises(NotImplementedError):
        loads("it: 1", Odd, "x")


@given(st.text() | st.binary())
def test_no_text_does_worse_than_a_config_error(text: str | bytes) -> None:
    try:
        loads(text, Shelf, "x")
    except ConfigError as error:
        assert all(problem.line >= 1 and problem.column >= 1 for problem in error.problems)
