"""JSON Schemas of a site's files, made from their types, so that editors complete and check what is written.

The types say what there is, their docstrings and the comments behind their fields what it means. ``check`` says more:
it knows the names. The shipped files in ``schemas/`` are written by ``ingestd schema --write``.
"""

import io
import json
import textwrap
import tokenize
from collections.abc import Mapping
from functools import cache
from inspect import getdoc, getsource
from pathlib import Path
from typing import Any

from msgspec import Struct, inspect

from ingestd.decide.classify import CorrelateRules
from ingestd.decide.heartbeat import HeartbeatFile
from ingestd.decide.match import Pattern
from ingestd.decide.oncall import PeopleFile
from ingestd.decide.rank import PriorityRules
from ingestd.decide.recognise import RecogniserFile
from ingestd.decide.route import EscalationRules
from ingestd.decide.topology import TopologyFile
from ingestd.decide.vocabulary import ANY_NAME, MAIL, Fact, Facts
from ingestd.intake.lmtp import FileMode
from ingestd.settings import Settings
from ingestd.sources.mapping import MappingFile, Search
from ingestd.trial.spec import TestFile
from ingestd.yamltypes import Clock, Duration

FOLDER = Path(__file__).parent / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: The files, by the names of their schemas.
KINDS: Mapping[str, type[Struct]] = {
    "ingestd": Settings,
    "people": PeopleFile,
    "topology": TopologyFile,
    "heartbeats": HeartbeatFile,
    "correlate": CorrelateRules,
    "priority": PriorityRules,
    "escalation": EscalationRules,
    "recogniser": RecogniserFile,
    "mapping": MappingFile,
    "rule-test": TestFile,
}
#: Types of our own: how YAML writes them.
WRITTEN: Mapping[type, Mapping[str, Any]] = {
    Duration: {
        "description": "a duration: 90s, 5m, 2h, 1d, 1h30m, or a number of seconds",
        "oneOf": [
            {"type": "number", "minimum": 0},
            {"type": "string", "pattern": r"^\s*(\d+(\.\d+)?\s*(ms|[smhdw])\s*)+$"},
        ],
    },
    Clock: {"type": "string", "pattern": r"^\d{1,2}:\d\d$", "description": "a time of day: 06:00"},
    Pattern: {"type": "string", "format": "regex", "description": "an RE2 pattern"},
    Search: {"type": "string", "description": "a JMESPath expression"},
    FileMode: {"type": "string", "pattern": "^[0-7]{3,4}$", "description": 'permissions in quotes: "0660"'},
}
#: Keys that a type lets be empty and a site must write.
REQUIRED: Mapping[str, tuple[str, ...]] = {"Settings": ("last_resort",)}
#: What the facts of a condition take, by their kind; others take text.
VALUES: Mapping[str, Any] = {"truth": "boolean", "number": ["number", "string"]}


def schema_of(name: str) -> dict[str, Any]:
    """The schema of one kind of file; KeyError: there is no such kind."""
    made = _Maker()
    top = made.of(inspect.type_info(KINDS[name]))
    return {"$schema": DIALECT, "title": f"ingestd: {name}", **top, "$defs": dict(sorted(made.parts.items()))}


def written(name: str) -> str:
    """The text of a schema's file."""
    return json.dumps(schema_of(name), indent=1, ensure_ascii=False) + "\n"


def write_all(folder: Path) -> list[Path]:
    """Write every schema; the files that were written."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in KINDS:
        path = folder / f"{name}.json"
        path.write_text(written(name), "utf-8")
        paths.append(path)
    return paths


def header(name: str, path: str) -> str:
    """The comment by which editors find a schema: ``path`` leads to the folder of the schemas."""
    return f"# yaml-language-server: $schema={path}/{name}.json"


# -- made of types


class _Maker:
    """Schemas of types; those of structs and of conditions stand apart, by name."""

    def __init__(self) -> None:
        self.parts: dict[str, dict[str, Any]] = {}
        self._conditions: dict[int, str] = {}

    def of(self, kind: inspect.Type) -> dict[str, Any]:
        """The schema of a type."""
        match kind:
            case inspect.StructType():
                return self._struct(kind)
            case inspect.UnionType():
                return {"anyOf": [self.of(one) for one in kind.types]}
            case inspect.LiteralType():
                return {"enum": list(kind.values)}
            case inspect.TupleType():
                items = [self.of(one) for one in kind.item_types]
                return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}
            case inspect.VarTupleType() | inspect.ListType() | inspect.SetType() | inspect.FrozenSetType():
                return {"type": "array", "items": self.of(kind.item_type)}
            case inspect.DictType():
                return self._mapping(kind)
            case inspect.CustomType():
                return dict(WRITTEN.get(kind.cls) or {"description": _first_line(kind.cls)})
            case inspect.Metadata():
                return self.of(kind.type)
        return dict(_PLAIN[type(kind)])

    def _mapping(self, kind: inspect.DictType) -> dict[str, Any]:
        keys = self.of(kind.key_type)
        found: dict[str, Any] = {"type": "object", "additionalProperties": self.of(kind.value_type)}
        return {**found, "propertyNames": {"enum": keys["enum"]}} if "enum" in keys else found

    def _struct(self, kind: inspect.StructType) -> dict[str, Any]:
        name = kind.cls.__name__
        if name not in self.parts:
            self.parts[name] = {}  # it may hold itself
            self.parts[name] = self._described(kind)
        return {"$ref": f"#/$defs/{name}"}

    def _described(self, kind: inspect.StructType) -> dict[str, Any]:
        bases = [base for base in reversed(kind.cls.__mro__) if issubclass(base, Struct) and base is not Struct]
        comments = {name: words for base in bases for name, words in _comments(base).items()}
        facts: Facts | None = getattr(kind.cls, "FACTS", None) or (MAIL if kind.cls is RecogniserFile else None)
        properties: dict[str, Any] = {}
        if kind.tag_field is not None:
            properties[kind.tag_field] = {"const": kind.tag}
        for field in kind.fields:
            found = self._when(field.type, facts) if field.name == "when" and facts else self.of(field.type)
            if field.name in comments:
                found["description"] = comments[field.name]
            if field.default is None or (isinstance(field.default, str | int | bool) and field.default != ""):
                found["default"] = field.default
            properties[field.encode_name] = found
        required = [field.encode_name for field in kind.fields if field.required]
        required += [kind.tag_field] if kind.tag_field is not None else []
        return {
            "type": "object",
            "description": " ".join((getdoc(kind.cls) or "").partition("\n\n")[0].split()),
            "properties": properties,
            "required": [*required, *REQUIRED.get(kind.cls.__name__, ())],
            "additionalProperties": not kind.forbid_unknown_fields,
        }

    # -- conditions
    def _when(self, kind: inspect.Type, facts: Facts) -> dict[str, Any]:
        """One condition, or a list of alternatives where the type says so."""
        name = self._conditions.setdefault(id(facts), f"Condition{len(self._conditions) + 1}")
        one = {"$ref": f"#/$defs/{name}"}
        if name not in self.parts:
            self.parts[name] = _condition(facts, one)
        return dict(one) if isinstance(kind, inspect.DictType) else {"type": "array", "items": one, "minItems": 1}


_PLAIN: Mapping[type, Mapping[str, Any]] = {
    inspect.StrType: {"type": "string"},
    inspect.IntType: {"type": "integer"},
    inspect.FloatType: {"type": "number"},
    inspect.BoolType: {"type": "boolean"},
    inspect.NoneType: {"type": "null"},
    inspect.DateType: {"type": "string", "format": "date"},
    inspect.DateTimeType: {"type": "string", "format": "date-time"},
    inspect.AnyType: {},
}


def _first_line(kind: type) -> str:
    return (getdoc(kind) or "").partition("\n")[0]


@cache
def _comments(kind: type[Struct]) -> dict[str, str]:
    """What stands behind the fields of a type, by field."""
    source = textwrap.dedent(getsource(kind))
    found: dict[str, str] = {}
    name, depth, fresh = "", 0, True
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME and fresh and token.start[1] == 4:
            name = token.string
        elif token.type == tokenize.COMMENT and name and not token.line.lstrip().startswith("#"):
            found[name] = token.string.lstrip("# ").strip()
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.string, 0)
        if token.type == tokenize.NEWLINE:
            name = ""
        fresh = depth == 0 and token.type in (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT)
    return found


def _condition(facts: Facts, one: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping of facts; ``one`` refers to it."""
    many = {"type": "array", "items": one, "minItems": 1}
    patterns = {f"^{name.removesuffix(ANY_NAME)}\\.": _value(fact) for name, fact in facts.items() if _open(name)}
    return {
        "type": "object",
        "properties": {
            **{name: _value(fact) for name, fact in facts.items() if not _open(name)},
            "any": {**many, "description": "one of these holds"},
            "all": {**many, "description": "every one of these holds"},
            "not": {**one, "description": "this does not hold"},
        },
        **({"patternProperties": patterns} if patterns else {}),
        "additionalProperties": False,
    }


def _open(name: str) -> bool:
    return name.endswith(ANY_NAME)


def _value(fact: Fact) -> dict[str, Any]:
    one: dict[str, Any] = {"type": VALUES.get(fact.kind, "string")}
    if fact.words:
        one = {"anyOf": [{"enum": list(fact.words)}, {"type": "string"}]}
    many = {"type": "array", "items": one, "minItems": 1}
    return {"description": fact.means, "anyOf": [one, many]}
