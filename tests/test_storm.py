"""How well storms become incidents; needs the case collection.

``INGESTD_CASES`` names its folder: ``storm/`` below it holds the generator ``simulate.py`` and the scorer ``score.py``.
"""

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from ingestd import simulate

FLOOR = 90.0
SCENARIOS = ("month-end", "switch-down", "cause-late", "aliases", "maintenance", "recurrence")


@pytest.fixture(scope="module")
def storm() -> Iterator[dict[str, ModuleType]]:
    """The generator and the scorer, imported from where they stand, leaving no bytecode there."""
    named = os.environ.get("INGESTD_CASES")
    if not named:
        pytest.skip("left out: INGESTD_CASES names no folder of cases")
    folder = Path(named).resolve() / "storm"
    if not (folder / "simulate.py").is_file():
        pytest.skip(f"left out: no storm/simulate.py in {named}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        patch.syspath_prepend(str(folder))
        for name in ("model", "simulate", "score"):
            patch.delitem(sys.modules, name, raising=False)
        try:
            yield {name: _imported(folder, name) for name in ("model", "simulate", "score")}
        finally:
            for name in ("model", "simulate", "score"):
                sys.modules.pop(name, None)


def _imported(folder: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)  # the generator imports its neighbour by name
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("size", ["small", "medium"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_storms(storm: dict[str, ModuleType], scenario: str, size: str, seed: int) -> None:
    inventory, events, truth = storm["simulate"].run(scenario, size, seed)
    figures = storm["score"].score(truth, events, simulate.correlate(inventory, events))
    assert figures["storm_score"] >= FLOOR, figures
