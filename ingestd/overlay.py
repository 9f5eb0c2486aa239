"""A site's rules over the shipped ones: by rule id, so that an upgrade never touches what a site wrote.

A rule with the id of a shipped one takes its place; new ones come before the shipped (the first that matches counts),
except where the last one has the final say. Keys that a site does not write keep what was shipped.
"""

from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import fields, replace
from yaml import MappingNode, Node

from ingestd.yamltypes import Document

T = TypeVar("T", bound=Struct)

#: Lists of which every entry applies in turn, so that a site's own ones belong at the end.
IN_TURN = frozenset({"overrides"})


def overlay(shipped: T, site: Document[T]) -> T:
    """The shipped rules with everything that the site's file writes."""
    return _struct(shipped, site.value, site.node)


def by_id(shipped: tuple[Any, ...], own: tuple[Any, ...], *, last: bool = False) -> tuple[Any, ...]:
    """Two lists of rules with ids as one; ``last``: new ones go to the end."""
    mine = {rule.id: rule for rule in own}
    kept = tuple(mine.pop(rule.id, rule) for rule in shipped)
    fresh = tuple(mine.values())
    return (*kept, *fresh) if last else (*fresh, *kept)


def _struct(shipped: T, own: T, node: Node | None) -> T:
    written = {key.value: value for key, value in node.value} if isinstance(node, MappingNode) else {}
    changed = {
        field.name: _value(
            field.name, getattr(shipped, field.name), getattr(own, field.name), written[field.encode_name]
        )
        for field in fields(shipped)
        if field.encode_name in written
    }
    return replace(shipped, **changed)


def _value(name: str, shipped: Any, own: Any, node: Node) -> Any:
    if isinstance(own, Struct) and isinstance(shipped, Struct):
        return _struct(shipped, own, node)
    if isinstance(own, dict):
        return shipped | own
    if isinstance(own, tuple) and all(hasattr(rule, "id") for rule in (*shipped, *own)):
        return by_id(shipped, own, last=name in IN_TURN)
    return own
