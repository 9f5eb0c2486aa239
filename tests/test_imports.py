"""Imports point one way: the nouns know nobody, judgement touches no edge, only the top knows all."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "ingestd"

LEAVES = frozenset(
    {"model", "problem", "signatures", "spelling", "yamlmistakes", "yamlnodes", "yamlsyntax", "yamltypes"}
)
SIDES = frozenset({"decide", "store", "sources", "channels", "intake"})
#: part -> what it may import besides itself and the leaves. Parts not listed here are the top and may import anything.
MAY: dict[str, frozenset[str]] = {
    "model": frozenset(),
    "problem": frozenset(),
    "yamlsyntax": frozenset({"problem"}),
    "yamlnodes": frozenset({"problem", "yamlsyntax"}),
    "yamlmistakes": frozenset({"problem", "yamlnodes"}),
    "yamltypes": frozenset({"problem", "yamlmistakes", "yamlnodes"}),
    "signatures": frozenset(),
    "notify": frozenset(),
    "links": frozenset(),
    "telemetry": frozenset(),
    **dict.fromkeys(SIDES, frozenset()),
    "overlay": frozenset(),
    "feeds": frozenset(),
    "redact": frozenset({"feeds"}),
    "inventory": frozenset({"decide"}),
    "references": SIDES,
    "settings": SIDES | {"references"},
    "check": SIDES | {"feeds", "references", "settings"},
    "sitefiles": SIDES | {"check", "feeds", "overlay", "redact", "settings"},
    "config": SIDES | {"check", "feeds", "inventory", "overlay", "redact", "references", "settings", "sitefiles"},
    "overridden": SIDES | {"sitefiles"},
    "sitecache": SIDES | {"config", "feeds", "overridden", "settings", "sitefiles"},
    "index": frozenset(),
    "understand": SIDES,
    "world": SIDES | {"index"},
    "pipeline": SIDES | {"understand", "world"},
    "parse": SIDES | {"config", "understand"},
    "doors": SIDES,
    "outbox": SIDES,
    "slices": SIDES | {"config", "outbox", "settings"},
    "aside": SIDES | {"pipeline", "world"},
    "forgetting": SIDES | {"config"},
    "backlog": frozenset({"decide"}),
    "worker": SIDES | {"aside", "backlog", "pipeline", "world"},
    "trial": SIDES | {"check", "config", "inventory", "overlay", "pipeline", "references", "settings", "world"},
    "simulate": SIDES | {"config", "trial"},
    "rehearsal": SIDES | {"pipeline", "trial", "world"},
    "explanation": SIDES | {"rehearsal"},
    "web": SIDES | {"explanation", "links", "rehearsal"},
}
#: What would bring a clock, the network, chance or a thread into judgement.
IMPURE = frozenset(
    {
        "time",
        "random",
        "secrets",
        "asyncio",
        "socket",
        "threading",
        "subprocess",
        "os",
        "sqlalchemy",
        "httpx",
        "structlog",
    }
)


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if "shipped" not in path.parts)


def part_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Every module name that a file imports, relative ones made absolute."""
    package = ["ingestd", *path.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            yield from (f"{module}.{alias.name}" for alias in node.names) if module == "ingestd" else (module,)


def own_parts(path: Path) -> set[str]:
    names = (name.split(".") for name in imported(path))
    return {name[1] for name in names if name[0] == "ingestd" and len(name) > 1}


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_point_one_way(path: Path) -> None:
    part = part_of(path)
    if part not in MAY:
        return
    allowed = MAY[part] | (LEAVES if part not in LEAVES else frozenset()) | {part, "__version__"}
    assert own_parts(path) <= allowed, f"{path} may not import {sorted(own_parts(path) - allowed)}"


@pytest.mark.parametrize("path", sorted((ROOT / "decide").glob("*.py")), ids=lambda path: path.stem)
def test_judgement_is_pure(path: Path) -> None:
    roots = {name.split(".")[0] for name in imported(path)}
    assert not roots & IMPURE
    assert not any(
        isinstance(node, ast.AsyncFunctionDef | ast.Await) for node in ast.walk(ast.parse(path.read_text("utf-8")))
    )


def test_nobody_imports_the_top() -> None:
    for path in modules():
        if part_of(path) in MAY:
            assert not own_parts(path) & {"app", "cli", "__main__"}, path


def test_the_test_sees_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    file = tmp_path / "decide" / "bad.py"
    file.parent.mkdir()
    file.write_text("import ingestd.store\nfrom ingestd import world\nfrom ..web import api\nfrom . import mail\n")
    assert own_parts(file) == {"store", "world", "web", "decide"}
