"""The language of ``rules/recognise/*.yaml``: how one monitoring tool writes its mail, and what the words mean.

    when        alternatives, each a condition (docs/rules.md); the one that asks the most goes first
    needs       fields without which the mail is left to the other recognisers
    labels      field: the label, or labels, of its "Label: value" line (a value may stand in the next line)
    separator   what stands between label and value; if not said a colon or a tab (cells of an HTML table)
    take        patterns whose named groups are fields; they come after the labels, the first in the list first
    blocks      several alerts in one mail: where each begins, and section lines above them
    each        a field that lists several (parted by blanks or commas): one event for each
    translate   values of a field or group put into other words, so that begin and end share an identity
    compose     fields put together from others; of several templates the first whose parts are all there
    states      the tool's words -> firing | resolved; an unknown word counts as firing
    severities  the tool's words -> ours; ``severity`` is that of a problem whose mail states none
    by_words    the mail states neither: the words of the summary decide (output of a job, lines of a log)
    wordless    the notice that it then is if no word tells of anything; without one it counts as firing
    notices     words of the field ``notice`` that make it a notice: kept, pages nobody. ``acknowledgement`` says that
                somebody took a problem (field ``sender``: who); ``success`` ends a failure of the same identity
    quiet       values of fields that make an event quiet (heartbeats)
    defaults    fields that the mail does not give
    identity    what identifies the alert, from fields, groups and {labels}; of several templates the first whose
                parts are all there; without one node and check do
    ends        recovery | ends_at | {unheard: 2h} | person (the default)
    guess_host  look for a host in the text where no field gives one
    examples    mails and what they must be understood as

Of several values for one field the first counts; for state, severity and notice the first that the table knows.
``decide/reader.py`` reads mails with it.
"""

import re
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, field

from ingestd.decide.match import Pattern
from ingestd.model import ReadingKind, Severity
from ingestd.yamltypes import Duration

Field = Literal[
    "host", "check", "state", "severity", "summary", "external_id", "started_at", "ends_at", "url", "notice", "sender"
]  # fmt: skip
State = Literal["firing", "resolved"]
Notice = Literal["acknowledgement", "downtime", "flapping", "test", "custom", "info", "report", "success"]
NOTHING = Pattern("")


class _Config(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Take(_Config, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One pattern over one place; each named group is a field (or a name of the file's own, for ``identity``)."""

    subject: Pattern = NOTHING
    sender: Pattern = field(name="from", default=NOTHING)
    header: Pattern = NOTHING
    body: Pattern = NOTHING

    def __post_init__(self) -> None:
        given = [pattern for pattern in (self.subject, self.sender, self.header, self.body) if pattern]
        if len(given) != 1:
            raise ValueError("expected exactly one of subject, from, header, body")
        if "(?P<" not in given[0]:
            raise ValueError("expected a named group such as (?P<host>...)")


class Blocks(_Config, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One mail, several alerts: each match of ``start`` begins one; ``section`` lines give fields to all below them."""

    start: Pattern
    section: Pattern = NOTHING
    labels_until: Pattern = NOTHING  # below this line of a block labels no longer belong to what identifies the alert


class Unheard(_Config, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The alert is over when it was not repeated for that long."""

    unheard: Duration


class Expected(_Config, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an example's event must say; what is left out is not compared."""

    state: State | UnsetType = UNSET
    host: str | UnsetType | None = UNSET
    check: str | UnsetType | None = UNSET
    severity: Severity | UnsetType = UNSET
    summary: str | UnsetType = UNSET
    external_id: str | UnsetType | None = UNSET
    identity: str | UnsetType | None = UNSET
    url: str | UnsetType | None = UNSET
    quiet: bool | UnsetType = UNSET
    acknowledged: bool | UnsetType = UNSET
    sender: str | UnsetType = UNSET


class Example(_Config, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A mail and what it must be understood as; every shipped one is a test."""

    mail: str
    kind: ReadingKind
    events: tuple[Expected, ...]


class RecogniserFile(_Config, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One tool. ``when`` lists alternatives; ``needs`` names fields without which the mail is left to the others."""

    id: str
    tool: str = ""
    when: tuple[dict[str, Any], ...]  # over the facts of vocabulary.MAIL
    needs: tuple[Field, ...] = ()
    labels: dict[Field, str | tuple[str, ...]] = {}
    separator: str = ""
    take: tuple[Take, ...] = ()
    blocks: Blocks | None = None
    each: Field | None = None
    translate: dict[str, dict[str, str]] = {}
    compose: dict[Field, str | tuple[str, ...]] = {}  # "{plugin}-{instance}"; goes before what was read
    states: dict[str, State] = {}
    severities: dict[str, Severity] = {}
    severity: Severity = "unknown"
    by_words: bool = False
    wordless: Notice | None = None
    notices: dict[str, Notice] = {}
    quiet: dict[Field, tuple[str, ...]] = {}
    defaults: dict[Field, str] = {}
    identity: str | tuple[str, ...] = ""  # "zabbix:{external_id}"; "{labels}": all of them; empty: node and check
    ends: Literal["recovery", "ends_at", "person"] | Unheard = "person"
    guess_host: bool = False
    examples: tuple[Example, ...] = ()

    def __post_init__(self) -> None:
        if not self.when:
            raise ValueError("expected at least one alternative under when")
        if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]*", self.id):
            raise ValueError(f"expected an id of small letters, digits, - and _, got {self.id!r}")
