"""``ingestd reload``."""

from typing import Any

import httpx
import pytest

from ingestd.cli.client import Client
from ingestd.cli.reload import reload


def client(status: int, **body: Any) -> Client:
    return Client("http://x", "t", httpx.MockTransport(lambda _: httpx.Response(status, json=body)))


def test_what_is_in_force_and_what_was_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = {"ok": False, "problems": ["people.yaml:1:2: unknown key"], "notes": ["x"]}
    assert reload(client(409, **refused), as_json=False) == 1
    assert '"problems":["people.yaml:1:2: unknown key"]' in capsys.readouterr().out
    monkeypatch.setattr("ingestd.cli.reload.is_terminal", lambda: True)
    assert reload(client(409, **refused), as_json=False) == 1
    said = capsys.readouterr().err
    assert said == "people.yaml:1:2: unknown key\nrefused: the rules from before keep running\n"
    assert reload(client(200, ok=True, notes=["restart for: timezone"]), as_json=False) == 0
    assert capsys.readouterr() == ("in force\n", "note: restart for: timezone\n")
