"""Every text that can be said of a file: found by reading the code, so that no language is forgotten."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent / "ingestd"
SPEAKERS = frozenset({"said", "Said", "Refused"})
#: Files whose plain texts reach an admin as problems: raised as ValueError, or kept in tables of (key, …, text).
PLAIN = (
    "decide/match.py",
    "decide/heartbeat.py",
    "decide/recognise.py",
    "decide/rank.py",
    "decide/grouping.py",
    "decide/timing.py",
    "sources/mapping.py",
    "inventory/check.py",
    "intake/lmtp.py",
    "intake/imapsettings.py",
    "intake/smtp.py",
    "intake/smtpauth.py",
    "intake/door.py",
)


def spoken() -> Iterator[tuple[str, str]]:
    """(file, template) of each ``said("…")``; a template in a constant of the same file counts too."""
    for path in sorted(ROOT.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        constants = dict(_constants(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name(node.func) in SPEAKERS and node.args:
                yield from ((str(path), text) for text in _texts(node.args[0], constants))


def raised(name: str) -> Iterator[str]:
    """The texts of ``raise ValueError(f"…")`` in a file, with ``{}`` for what is filled in."""
    for node in ast.walk(ast.parse((ROOT / name).read_text("utf-8"))):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and _name(node.exc.func) == "ValueError":
            yield from (_skeleton(argument) for argument in node.exc.args[:1])


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _texts(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body, constants)
        yield from _texts(node.orelse, constants)
    elif isinstance(node, ast.Name) and node.id in constants:
        yield from _texts(constants.pop(node.id), constants)


def _skeleton(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
    return "{}"
