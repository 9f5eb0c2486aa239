"""Drafts as their reader has them: written into a folder, with the secrets that she was asked for, and checked."""

import argparse
import shlex
from pathlib import Path

from ingestd.__main__ import _parser
from ingestd.config import Survey, survey
from ingestd.moving import alertmanager, nagios, oncall, opsgenie
from ingestd.moving.draft import Draft, File, files_of

SAMPLES = Path(__file__).parent / "samples"
NOW = 1795446000.0  # 2026-11-23 15:00 UTC
#: What each form of a secret's file may hold.
FORMS = {
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/{to}",
    "workflows": "workflows://prod-15.logic.example:443/WFID/SIGNATURE/",
    "tgram": "tgram://123456789:abcdefghijklmnopqrstuvwxyz012345678/{to}",
    "pover": "pover://uuuuuuuuuuuuuuuuuuuuuuuuuuuuuu@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "discord": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    "wxteams": "wxteams://" + "a" * 80,
    "rockets": "rockets://user:secret@chat.example/{to}",
    "mmosts": "mmosts://mm.example/3ccdd113474722377935511fc85d3dd4/",
    "splunk": "splunk://{to}@b1d9f8e4-1111-2222-3333-444455556666",
    "sns": "sns://AHIAJGNT76XIMXDBIJYA/bu1dHSdO22pfaaVy/wmNsdjFL4C07D3bndi9PWJFTpBfcHAMPLE/us-west-2/{to}",
    "pagerduty": "pagerduty://integrationkey12@apikey12345",
    "opsgenie": "opsgenie://a62a58d1-3d7c-4d3f-9b8b-000000000000",
    "twilio": "twilio://AC" + "a" * 32 + ":" + "b" * 32 + "@15550100123/{to}",
    "https": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc",
    "the URL, as it is there": "https://hook.example/x",
    "the password of the relay": "something",
}


def read(product: str, *names: str, silences: str = "") -> Draft:
    """The draft of some samples."""
    paths = [SAMPLES / product / name for name in names]
    if product == "alertmanager":
        return alertmanager.read(paths, SAMPLES / product / silences if silences else None, NOW)
    return {"opsgenie": opsgenie, "oncall": oncall, "nagios": nagios}[product].read(paths, NOW)


def file(draft: Draft, name: str) -> str:
    """The text of one of its files; "" if there is none."""
    return next((one.text for one in files_of(draft) if one.name == name), "")


def checked(draft: Draft, folder: Path, main: str = "") -> Survey:
    """``ingestd check`` of a site made of the draft. ``main``: a site's own ingestd.yaml, to which channels are added."""
    for one in files_of(draft):
        _put(folder, one)
    if main:
        drafted = file(draft, "ingestd.yaml").partition("\nchannels:\n")[2]
        _put(folder, File("ingestd.yaml", main + (f"channels:\n{drafted}" if drafted else "")))
    for secret in draft.secrets:
        _put(folder, File(secret.file, FORMS.get(secret.form, FORMS.get(secret.form.partition(":")[0], ""))))
    return survey(folder / "ingestd.yaml", NOW)


def _put(folder: Path, one: File) -> None:
    path = folder / one.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(one.text, "utf-8")


def left(draft: Draft, word: str) -> list[str]:
    """What did not carry over, as far as it speaks of something."""
    return [str(one) for one in draft.left if word in str(one)]


def command(line: str) -> argparse.Namespace:
    """A line of silences.sh as the command line understands it."""
    return _parser().parse_args(shlex.split(line)[1:])
