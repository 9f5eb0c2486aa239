"""Who is on call, over the API: the turns of every team from a moment on."""

import asyncio
from zoneinfo import ZoneInfo

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingestd.decide.oncall import People, Person, Roster
from ingestd.decide.rota import Clocks
from ingestd.web.answers import RefusalError, json_reply
from ingestd.web.api import Api
from ingestd.web.face import Face
from ingestd.yamltypes import Duration

PATH = "/api/v1/oncall"
AHEAD = "14d"
FARTHEST = 366 * 86400.0  # seconds that can be looked ahead


class OnCall(Struct, frozen=True, kw_only=True):
    """The rosters of teams; all times are those of the wall clock, in epoch seconds."""

    at: float
    until: float
    teams: tuple[Roster, ...]


def routes(face: Face) -> list[Route]:
    """The one address."""
    return [Route(PATH, (api := OnCallApi(face)).guarded(api.listing), methods=["GET"])]


class OnCallApi(Api):
    """The handler."""

    async def listing(self, request: Request, _person: Person) -> Response:
        """GET /oncall?at=2027-01-31T18:00&next=14d&team=network: a moment, how far ahead, one team or all."""
        people, asked = self._face.rules().people, request.query_params
        try:
            at = moment(asked["at"], people.zone) if asked.get("at") else self._face.clock()
            until = at + ahead(asked.get("next") or AHEAD)
            teams = wanted(people, asked.get("team", ""))
        except ValueError as error:
            raise RefusalError(422, str(error)) from error
        rosters = []
        for team in teams:
            rosters.append(people.roster(team, at, until))
            await asyncio.sleep(0)  # mails and pages go first
        return json_reply(OnCall(at=at, until=until, teams=tuple(rosters)))


def moment(text: str, zone: ZoneInfo) -> float:
    """``2027-01-31T18:00`` or a day, by the clocks of a zone unless it says which; ValueError: it is neither."""
    try:
        return Clocks(zone).moment(text if ":" in text else f"{text} 00:00")
    except (ValueError, OverflowError):
        raise ValueError(f"at: expected a time such as 2027-01-31T18:00, got {text!r}") from None


def ahead(text: str) -> float:
    """A length such as 14d in seconds; ValueError: it is none, or nothing, or more than a year."""
    try:
        found = float(Duration.from_yaml(text))
    except ValueError as error:
        raise ValueError(f"next: {error}") from None
    if not 0 < found <= FARTHEST:
        raise ValueError(f"next: expected at most 366d, got {text!r}")
    return found


def wanted(people: People, team: str) -> tuple[str, ...]:
    """The teams that are asked for, "" for all; ValueError: there is no such team."""
    if team and team not in people.teams:
        raise ValueError(f"team: expected one of {', '.join(people.teams) or 'none yet'}, got {team!r}")
    return (team,) if team else tuple(people.teams)
