"""The running daemon's HTTP API, as the command line uses it: where it is, who is calling, what it answered."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec

from ingestd.cli.terminal import CommandError
from ingestd.model import Verdict
from ingestd.settings import Settings
from ingestd.yamltypes import ConfigError, load

T = TypeVar("T")

HOME_TOKEN = Path("~/.config/ingestd/token")
TOKEN_BESIDE = "ingestd.token"  # noqa: S105  (a file's name)
SITES = (Path("ingestd.yaml"), Path("config/ingestd.yaml"), Path("/etc/ingestd/ingestd.yaml"))
TIMEOUT = 30.0  # seconds; a command waits for its verdict


def site_file(named: Path | None, environ: Mapping[str, str] = os.environ) -> Path:
    """The site's file: as named, else INGESTD_CONFIG, else the first of the usual places."""
    if named:
        return named
    if environ.get("INGESTD_CONFIG"):
        return Path(environ["INGESTD_CONFIG"])
    return next((path for path in SITES if path.exists()), SITES[0])


def find_token(named: Path | None, site: Path, environ: Mapping[str, str] = os.environ) -> str:
    """The caller's personal token; CommandError if there is none."""
    if named is None and environ.get("INGESTD_TOKEN"):
        return environ["INGESTD_TOKEN"].strip()
    places = (named,) if named else (HOME_TOKEN.expanduser(), site.parent / TOKEN_BESIDE)
    for place in places:
        try:
            return place.read_text("utf-8").strip()
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{place} can't be read: {error}") from error
    looked = " or ".join(map(str, places))
    raise NoDaemonError(f"no personal token: set INGESTD_TOKEN, or put it into {looked}")


def find_url(named: str | None, site: Path, environ: Mapping[str, str] = os.environ) -> str:
    """Where the daemon listens: as named, else INGESTD_URL, else what the site's file says."""
    given = named or environ.get("INGESTD_URL")
    if given:
        return given
    try:
        http = load(site, Settings).listen.http
    except ConfigError as error:
        raise CommandError(
            f"where is the daemon? Use --url or INGESTD_URL, or mend the site's file:\n{error}"
        ) from error
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(http.host, http.host)  # noqa: S104  (compared, not bound)
    scheme = "https" if http.certificate else "http"
    return f"{scheme}://[{host}]:{http.port}" if ":" in host else f"{scheme}://{host}:{http.port}"


class NoDaemonError(CommandError):
    """Nobody answers, or nobody knows how to ask."""


class Client:
    """Calls the API. Every failure is a CommandError that says what to do."""

    def __init__(self, url: str, token: str, transport: httpx.BaseTransport | None = None) -> None:
        self._url = url
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT, transport=transport
        )

    def get(self, path: str, kind: type[T], **params: str | int) -> T:
        """Read something."""
        return self._decoded(self._call("GET", path, params=params), kind)

    def command(self, path: str, ask: msgspec.Struct) -> Verdict:
        """Ask for something; a refusal by the step is a verdict too."""
        answer = self._call("POST", path, content=msgspec.json.encode(ask), allowed=(409,))
        return self._decoded(answer, Verdict)

    def post(self, path: str, ask: msgspec.Struct, kind: type[T], *, allowed: tuple[int, ...] = ()) -> T:
        """Ask for something that has an answer of its own; with an ``allowed`` status it is a refusal."""
        return self._decoded(self._call("POST", path, content=msgspec.json.encode(ask), allowed=allowed), kind)

    def raw(self, path: str) -> bytes:
        """Read bytes as they are."""
        return self._call("GET", path).content

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def _call(self, method: str, path: str, *, allowed: tuple[int, ...] = (), **more: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, f"/api/v1{path}", **more)
        except httpx.HTTPError as error:
            raise NoDaemonError(f"{self._url} does not answer ({error}): is `ingestd run` running there?") from error
        if answer.is_success or answer.status_code in allowed:
            return answer
        raise CommandError(f"{answer.status_code}: {_error(answer)}")

    def _decoded(self, answer: httpx.Response, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except msgspec.DecodeError as error:
            raise CommandError(f"{self._url} is no ingestd of this version: {error}") from error


class _Refused(msgspec.Struct):
    error: str


def _error(answer: httpx.Response) -> str:
    try:
        return msgspec.json.decode(answer.content, type=_Refused).error
    except msgspec.DecodeError:
        return answer.text[:200]
