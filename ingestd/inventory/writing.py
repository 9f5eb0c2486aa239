"""An inventory as YAML for topology.yaml: sorted, one line a node where it fits, guesses in comments.

What is written reads back as it was: text that YAML could take for something else stands in quotes.
"""

import json
import re
from collections.abc import Iterable, Iterator

from msgspec.structs import fields

from ingestd.decide.topology import AnyOf, DepartmentSpec, NodeSpec
from ingestd.inventory.found import Found, Inventory, order
from ingestd.inventory.kinds import WORDS

WIDTH = 118
#: In this order kinds stand in the file: what others hang on comes first.
KINDS: tuple[str, ...] = ("power", "router", *(k for k in WORDS if k not in ("power", "router", "server", "pc")))
LAST: tuple[str, ...] = ("server", "vm", "pc", "service")

_PLAIN = re.compile(r"[^\W\d_][\w./@+-]*(?: [\w./@+()-]+)*")
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_RESERVED = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
#: What may not stand in YAML as it is, or would be folded or skipped.
_ODD = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def written(inventory: Inventory, head: Iterable[str] = ()) -> str:
    """A whole topology.yaml."""
    lines = [*map(comment, head), *("nodes:" if inventory.nodes else "nodes: []").splitlines()]
    lines += node_block(inventory.nodes, "  ")
    if inventory.departments:
        lines += ["", "departments:"]
        lines += [line for spec in inventory.departments for line in department_lines(spec, "  ")]
    return "\n".join(lines) + "\n"


def node_block(nodes: Iterable[Found], indent: str) -> list[str]:
    """The nodes as entries of a list, grouped by kind."""
    lines: list[str] = []
    kind = ""
    for found in sorted(nodes, key=lambda one: (_place(one.spec.kind), order(one.spec.id))):
        if lines and found.spec.kind != kind:
            lines.append("")
        kind = found.spec.kind
        lines += node_lines(found, indent)
    return lines


def node_lines(found: Found, indent: str) -> list[str]:
    """One node: on one line if it fits, else a key a line; its notes behind or above it."""
    pairs = list(pairs_of(found.spec))
    flow = f"{indent}- {{{', '.join(f'{key}: {value}' for key, value in pairs)}}}"
    note = comment("; ".join(found.notes)) if found.notes else ""
    if len(flow) > WIDTH:
        body = [f"{indent}{'- ' if i == 0 else '  '}{key}: {value}" for i, (key, value) in enumerate(pairs)]
        return [f"{indent}{note}", *body] if note else body
    if note and len(flow) + 2 + len(note) > WIDTH:
        return [f"{indent}{note}", flow]
    return [f"{flow}  {note}".rstrip()]


def pairs_of(spec: NodeSpec | DepartmentSpec) -> Iterator[tuple[str, str]]:
    """Its keys and values as YAML, without what is as by default."""
    for field in fields(spec):
        value = getattr(spec, field.name)
        if field.required or value != field.default:
            yield field.encode_name, value_text(value)


def value_text(value: object) -> str:
    """A value of a node on one line."""
    if isinstance(value, AnyOf):
        return f"{{any_of: {value_text(value.any_of)}}}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(value_text, value))}]"
    return scalar(value) if isinstance(value, str) else str(value)


def scalar(text: str) -> str:
    """Text as a YAML scalar: plain if nothing can take it for something else, else in quotes."""
    plain = _PLAIN.fullmatch(text) and text.casefold() not in _RESERVED
    if (plain and not _ODD.search(text)) or _ADDRESS.fullmatch(text):
        return text
    quoted = json.dumps(_SURROGATES.sub("\ufffd", text), ensure_ascii=False)
    return _ODD.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def comment(text: str) -> str:
    """Text as a comment on one line."""
    clean = _SURROGATES.sub("\ufffd", _ODD.sub(" ", text))
    return f"# {' '.join(''.join(c if c >= ' ' else ' ' for c in clean).split())}".rstrip()


def department_lines(spec: DepartmentSpec, indent: str) -> list[str]:
    """One department on a line."""
    return [f"{indent}- {{{', '.join(f'{key}: {value}' for key, value in pairs_of(spec))}}}"]


def _place(kind: str) -> tuple[int, str]:
    if kind in KINDS and kind not in LAST:
        return KINDS.index(kind), ""
    return (len(KINDS) + 1 + LAST.index(kind), "") if kind in LAST else (len(KINDS), kind)
