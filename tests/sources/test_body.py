"""A body is understood whatever way it came, and a hopeless one is refused in words."""

import json
import time

import pytest

from ingestd.model import Message
from ingestd.sources import SourceError
from ingestd.sources import body as bodies

SAID = {"host": "till-7", "text": "Kühlung fällt aus"}
PLAIN = json.dumps(SAID, ensure_ascii=False)


def fields(body: bytes | str, content_type: str = "application/json", query: str = "") -> object:
    raw = body.encode() if isinstance(body, str) else body
    return bodies.fields(
        Message(kind="webhook", source="x", adapter="x", body=raw, content_type=content_type, query=query)
    )


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (PLAIN, "application/json"),
        (PLAIN, ""),
        (PLAIN, "text/plain; charset=UTF-8"),
        (PLAIN, "application/x-www-form-urlencoded"),  # what curl -d says of JSON
        (b"\xef\xbb\xbf" + PLAIN.encode(), "application/json"),
        (PLAIN.encode() + b"\0\0\0", "application/json"),
        (PLAIN.encode("utf-16"), "application/json"),
        (PLAIN.encode("utf-16-le"), "application/json"),
        (PLAIN.encode("utf-16-be"), "application/json"),
        (PLAIN.encode("utf-32"), "application/json"),
        (PLAIN.encode("latin-1"), "application/json; charset=iso-8859-1"),
        (json.dumps(PLAIN), "application/json"),  # encoded twice
        (f"Alert!\n{PLAIN}\n-- \nthe monitor", "text/plain"),
        (f"[1] {PLAIN}", "text/plain"),
        (f"{PLAIN[:-1]},}}", "application/json"),
        (str(SAID), "text/plain"),  # as Python prints it
    ],
)
def test_one_object_in_many_ways(body, content_type):
    assert fields(body, content_type) == SAID


def test_chinese_charsets():
    raw = '{"主机": "仓库"}'.encode("gb18030")
    assert fields(raw) == fields(raw, "application/json; charset=GBK") == {"主机": "仓库"}
    assert fields(b'{"a": "\xff"}', "application/json; charset=punycode") == {"a": "ÿ"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"a": "one\ntwo"}', {"a": "one\ntwo"}),
        (r'{"path": "C:\Windows"}', {"path": r"C:\Windows"}),
        ('{"a": NaN, "b": "x\ty"}', {"a": None, "b": "x\ty"}),
        ('{"a": NaN, "b": "' + "x" * 300_000 + '"}', {"a": None, "b": "x" * 300_000}),
        ('{"a": 1e999}', {"a": float("inf")}),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ('{"id": 123456789012345678901234567890}', {"id": 123456789012345678901234567890}),
    ],
)
def test_what_templates_spoil(body, said):
    assert fields(body) == said


@pytest.mark.parametrize("between", ["\n", "", "\x1e", ",\n", "\r\n\r\n"])
def test_several_objects_are_a_list(between):
    assert fields(f'{{"a": 1}}{between}{{"a": 2}}{between}') == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("body", "query", "said"),
    [
        ("host=till-7&state=down", "", {"host": "till-7", "state": "down"}),
        ("payload=%7B%22host%22%3A+%22a%22%7D", "", {"host": "a"}),
        ("anything=%7B%22host%22%3A+%22a%22%7D", "", {"host": "a"}),
        ("alert=%5B%7B%22host%22%3A+%22a%22%7D%5D", "", [{"host": "a"}]),
        ("site=north&payload=%7B%22host%22%3A+%22a%22%7D", "lane=3", {"site": "north", "lane": "3", "host": "a"}),
        ("%7B%22host%22%3A%22a%22%7D", "", {"host": "a"}),
        ("host=a", "host=b&check=c", {"host": "a", "check": "c"}),
        ("data=no+json&x=1", "", {"data": "no json", "x": "1"}),
        ("payload=%7Bbroken&x=1", "", {"payload": "{broken", "x": "1"}),
    ],
)
def test_forms(body, query, said):
    assert fields(body, "application/x-www-form-urlencoded", query) == said


def test_a_form_that_says_that_it_is_text():
    assert fields("host=a&state=down", "text/plain") == {"host": "a", "state": "down"}


def test_a_query_alone():
    assert fields("", "", "host=a&state=") == {"host": "a", "state": ""}


def part(name: str, text: bytes, more: str = "") -> bytes:
    return f'--B\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + text + b"\r\n"


def test_multipart():
    body = part("host", b"a") + part("note", "ü".encode("latin-1"), "\r\nContent-Type: text/plain; charset=latin-1")
    assert fields(body + b"--B--\r\n", "multipart/form-data; boundary=B") == {"host": "a", "note": "ü"}
    carried = part("data", b'{"host": "a"}') + part("x", b"1") + b"--B--\r\n"
    assert fields(carried, 'multipart/form-data; boundary="B"', "y=2") == {"host": "a", "x": "1", "y": "2"}


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (b"", "", "the body is empty"),
        (b"\0 \n", "", "the body is empty"),
        (b"{", "", "not JSON"),
        (b'{"a": }', "", r"not JSON: .*byte 6"),
        (b"hello there", "text/plain", "not JSON"),
        (b"text {with} braces [and] more", "text/plain", "not JSON"),
        (b"[" * 100_000, "", "nested too deeply"),
        (b"\n[" * 100_000, "", "nested too deeply"),
        (b"x [" + b'{"a":[' * 40_000, "text/plain", "nested too deeply"),
        (b'{"a": "' + b"\\z" * 200_000 + b'"}', "", "not JSON"),
        (b"{}" * 6000, "", "more than 5000 documents"),
        (b"a=1&" * 2000, "application/x-www-form-urlencoded", "more than 1000 form fields"),
        (b"--B\r\n", "multipart/form-data; boundary=B", "not multipart"),
        (b"x", "multipart/form-data", "not multipart"),
        (b"--B--\r\n", "multipart/form-data; boundary=B", "not multipart"),
        (part("a", b"x") * 200 + b"--B--", "multipart/form-data; boundary=B", "more than 100 parts"),
    ],
)
def test_what_is_hopeless_is_said(body, content_type, said):
    with pytest.raises(SourceError, match=said):
        fields(body, content_type)


def test_json_inside_a_text():
    assert bodies.inner('{"a": 1}') == {"a": 1}
    assert bodies.inner(" [1") == " [1"
    assert bodies.inner("{x") == "{x"
    assert bodies.inner(7) == 7


def test_a_text_that_only_looks_like_json_stays_one():
    assert fields(json.dumps("[not json")) == "[not json"


def test_bytes_of_no_charset_are_read_one_by_one():
    assert bodies.decoded(b"\x80\xff\xff") == "\x80\xff\xff"


def test_percent_signs_and_pluses_of_a_form():
    said = fields("host=caf%C3%A9+1&note=100%&note=%zz%E4%B8&plain=é", "application/x-www-form-urlencoded")
    assert said == {"host": "café 1", "note": "%zz\ufffd", "plain": "é"}


@pytest.mark.parametrize("part", ["%", "%zz", "%2×", "%41"])
def test_a_form_that_is_nothing_but_percent_signs_takes_a_moment(part: str):
    began = time.process_time()
    fields("a=" + part * (1_000_000 // len(part)), "application/x-www-form-urlencoded")
    assert time.process_time() - began < 5  # seconds; a quadratic reader would take minutes


def test_more_lists_than_any_tool_sends_are_refused():
    with pytest.raises(SourceError, match="more than 100000 lists and objects"):
        fields('{"alerts": [' + "[]," * 120_000 + "[]]}")


def test_what_python_prints_is_read_with_its_words_and_quotes():
    assert fields("[{u'up': False, 'n': None, \"it's\": 'a \"b\" \\\\'}]", "text/plain") == [
        {"up": False, "n": None, "it's": 'a "b" \\'}
    ]
    with pytest.raises(SourceError, match="not JSON"):
        fields("{'a': " + "'b" * 150, "text/plain")


def test_more_values_than_any_tool_sends_are_refused_before_they_are_built():
    body = "{" + ",".join(f'"k{n}": {n}' for n in range(300_002)) + "}"
    with pytest.raises(SourceError, match="more than 300000 values in one body"):
        fields(body)
