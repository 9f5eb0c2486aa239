"""The shipped rules beneath a site's own: as they were when the site replaced them, and as they are now.

An upgrade never touches what a site wrote, so it can't tell that the rule beneath was mended meanwhile. What a site
replaces is recorded in the state folder when it is first read, and compared ever after.
"""

import difflib
import hashlib
import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml
from msgspec import Struct
from msgspec.structs import fields

from ingestd.sitefiles import Parts, Rules
from ingestd.yamlmistakes import plain
from ingestd.yamlnodes import child
from ingestd.yamltypes import Document, Place, node_at

RECORD = "overridden.json"


class Beneath(Struct, frozen=True, kw_only=True):
    """A shipped rule, or another value, that a site has its own of."""

    file: str  # rules/priority.yaml
    rule: str  # impact/many-people, times/cooling; "" a whole file
    digest: str  # of what it says, whatever its layout
    text: str  # as it is written


class Changed(Struct, frozen=True, kw_only=True):
    """What became of the shipped rule beneath a site's own."""

    file: str
    rule: str
    before: str
    now: str  # "": it is no longer shipped

    def lines(self) -> Iterator[str]:
        """A unified difference."""
        name = f"{self.file} {self.rule}".strip()
        before, now = self.before.splitlines(), self.now.splitlines()
        yield from difflib.unified_diff(before, now, f"{name} (when replaced)", f"{name} (shipped now)", lineterm="")


def overridden(parts: Parts) -> tuple[Beneath, ...]:
    """Everything shipped that the site has its own of."""
    found: list[Beneath] = []
    named: tuple[tuple[str, Rules[Any]], ...] = (
        ("rules/correlate.yaml", parts.correlate),
        ("rules/priority.yaml", parts.priority),
        ("rules/escalation.yaml", parts.escalation),
    )
    for name, rules in named:
        own, shipped = rules.documents
        found += (_beneath(name, shipped, place) for place in _places(own.node, own.value, shipped.value, ()))
    for document in parts.replaced:
        name = f"rules/recognise/{document.value.id}.yaml"
        found.append(Beneath(file=name, rule="", digest=_digest(document.node), text=document.text))
    return tuple(found)


def recorded(state: Path) -> dict[tuple[str, str], Beneath]:
    """What was beneath the site's rules when they were first read; empty if nothing is recorded, or not readably."""
    try:
        found = msgspec.json.decode((state / RECORD).read_bytes(), type=tuple[Beneath, ...])
    except (OSError, msgspec.DecodeError):
        return {}
    return {(one.file, one.rule): one for one in found}


def record(state: Path, parts: Parts, *, anew: bool = False) -> None:
    """Keep what is beneath: of each rule as it was first seen, or (``anew``) as it is now. OSError: it can't be."""
    known = {} if anew else recorded(state)
    kept = [known.get((one.file, one.rule), one) for one in overridden(parts)]
    aside = state / f".{RECORD}"
    state.mkdir(parents=True, exist_ok=True)
    aside.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1))
    aside.replace(state / RECORD)


def changes(state: Path, parts: Parts) -> Iterator[Changed]:
    """What is shipped otherwise now than when the site replaced it; or no longer, though the site still has its own."""
    now = {(one.file, one.rule): one for one in overridden(parts)}
    for key, before in recorded(state).items():
        one = now.get(key)
        if one is not None and one.digest != before.digest:
            yield Changed(file=one.file, rule=one.rule, before=before.text, now=one.text)
        elif one is None and _is_own(parts, before):
            yield Changed(file=before.file, rule=before.rule, before=before.text, now="")


def _places(node: yaml.Node | None, own: Any, shipped: Any, place: Place) -> Iterator[Place]:
    """What of ``shipped`` the site's file replaces: see overlay.py."""
    for field in fields(shipped):
        written = child(node, field.encode_name)
        if written is None or field.name == "version":
            continue
        mine, theirs, there = getattr(own, field.name), getattr(shipped, field.name), (*place, field.encode_name)
        if isinstance(mine, Struct) and isinstance(theirs, Struct):
            yield from _places(written[1], mine, theirs, there)
        elif isinstance(mine, tuple) and all(hasattr(rule, "id") for rule in (*mine, *theirs)):
            ids = {rule.id for rule in mine}
            yield from ((*there, i) for i, rule in enumerate(theirs) if rule.id in ids)
        elif isinstance(mine, dict) and isinstance(theirs, dict):
            yield from ((*there, key) for key in theirs if key in mine)
        else:
            yield there


def _beneath(name: str, shipped: Document[Any], place: Place) -> Beneath:
    node = node_at(shipped, place)
    words = [_named(shipped, place, i) for i in range(len(place))]
    text = "" if node is None else _text(shipped, node)
    return Beneath(file=name, rule="/".join(words), digest=_digest(node), text=text)


def _named(document: Document[Any], place: Place, step: int) -> str:
    """A step of a place; a rule by its id rather than by where it stands in its list."""
    node = node_at(document, (*place[: step + 1], "id")) if isinstance(place[step], int) else None
    return node.value if isinstance(node, yaml.ScalarNode) else str(place[step])


def _text(document: Document[Any], node: Any) -> str:
    indent = " " * node.start_mark.column
    return textwrap.dedent(indent + document.text[node.start_mark.index : node.end_mark.index]).rstrip()


def _digest(node: yaml.Node | None) -> str:
    value = None if node is None else plain(node)
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _is_own(parts: Parts, before: Beneath) -> bool:
    """Whether the site still has its own of something that is shipped no longer."""
    if not before.rule:
        return any(f"rules/recognise/{one.value.id}.yaml" == before.file for one in parts.recognisers)
    listed, _, rule = before.rule.partition("/")
    for rules in (parts.correlate, parts.priority, parts.escalation):
        own = rules.documents[0]
        if own.name.endswith(before.file) and rule in own.words(listed, "*", "id"):
            return True
    return False
