"""Which mails are of one shape: written by one program from one template, about different hosts at different times.

A subject is cut into words; what differs from mail to mail by nature (numbers, hosts, addresses, states) is masked. A
mail joins the group whose template and whose ``Label: value`` lines it resembles most, and the template keeps only what
all of them share. That is what log-template miners do; the labels and the sender make it surer for mail.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from msgspec import Struct

from ingestd.decide import mail, words
from ingestd.decide.mail import Mail

ALIKE = 0.6  # similarity from which a mail belongs to a group
MOST_GROUPS = 500
MOST_WORDS = 60  # of a subject
MOST_LINES = 200  # of a body in which labels are looked for
LONGEST_LABEL = 40

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}](?:[^\W{_CJK}]|[.@%/+-])*|[^\w\s]")
_NUMBER = re.compile(r"[\d.,:/+-]*\d[\d.,:/+-]*[%a-zA-Z]{0,3}")
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+|(?=[\w-]*\d)(?=[\w-]*[a-zA-Z])[\w-]{3,}")
_LABEL = re.compile(r"[ \t*>•-]*([^\W\d][^:：=|\n]{0,39}?)[ \t*]*[:：][ \t*]*(\S[^\n]{0,500})")


class Sample(Struct, frozen=True, kw_only=True):
    """One mail as grouping sees it."""

    raw: bytes
    mail: Mail
    words: tuple[str, ...]  # of the subject
    labels: tuple[tuple[str, str], ...]  # of the body, in order; the first of a name
    sender: str  # without what differs between machines of one site


@dataclass
class Group:
    """Mails of one shape. ``template``: the words that all subjects share, None where they differ."""

    template: list[str | None]
    labels: frozenset[str]
    samples: list[Sample] = field(default_factory=list)


def sample(raw: bytes) -> Sample:
    """A mail, ready to be grouped."""
    read = mail.read(raw)
    found = dict(reversed(list(labels_of(read.text))))
    return Sample(
        raw=raw,
        mail=read,
        words=tuple(_WORD.findall(read.subject)[:MOST_WORDS]),
        labels=tuple(reversed(found.items())),
        sender=_sender(read.sender),
    )


def group(samples: Iterable[Sample]) -> list[Group]:
    """The groups, the largest first."""
    groups: list[Group] = []
    exact: dict[tuple[str, tuple[str, ...], frozenset[str]], Group] = {}
    for one in samples:
        masked = tuple(map(mask, one.words))
        names = frozenset(name for name, _ in one.labels)
        key = (one.sender, masked, names)
        home = exact.get(key) or _nearest(groups, masked, names, one.sender)
        if home is None:
            home = Group(list(masked), names)
            groups.append(home)
        else:
            home.template = _shared(home.template, masked)
            home.labels &= names
        exact.setdefault(key, home)
        home.samples.append(one)
    return sorted(groups, key=lambda one: -len(one.samples))


def labels_of(text: str) -> Iterator[tuple[str, str]]:
    """The ``Label: value`` lines of a text."""
    for line in text.split("\n")[:MOST_LINES]:
        found = _LABEL.match(line[:600])
        if found and not found[2].startswith("//"):
            yield " ".join(found[1].split()), found[2].strip("* \t")


def mask(word: str) -> str:
    """A word, or what stands for its kind."""
    if _NUMBER.fullmatch(word):
        return "<host>" if _ADDRESS.fullmatch(word) else "<number>"
    if words.severity(word) is not None or words.says_recovered(word):
        return "<state>"
    return "<host>" if _HOST.fullmatch(word) else word.casefold()


def _sender(address: str) -> str:
    local, _, domain = address.casefold().rpartition("@")
    return f"{re.sub(r'[0-9]+', '', local)}@{'.'.join(domain.split('.')[-2:])}"


def _nearest(groups: list[Group], masked: tuple[str, ...], names: frozenset[str], sender: str) -> Group | None:
    scored = [(_likeness(one, masked, names, sender), -index, one) for index, one in enumerate(groups[:MOST_GROUPS])]
    best = max(scored, default=None)
    return best[2] if best and best[0] >= ALIKE else None


def _likeness(one: Group, masked: tuple[str, ...], names: frozenset[str], sender: str) -> float:
    subject = SequenceMatcher(None, one.template, masked, autojunk=False).ratio()
    either = one.labels | names
    labels = len(one.labels & names) / len(either) if either else subject
    same = 1.0 if one.samples[0].sender == sender else 0.0
    return 0.45 * subject + 0.4 * labels + 0.2 * same


def _shared(template: list[str | None], masked: tuple[str, ...]) -> list[str | None]:
    """The template with a gap wherever the subject differs."""
    kept: list[str | None] = []
    for kind, start, end, _, _ in SequenceMatcher(None, template, masked, autojunk=False).get_opcodes():
        kept += template[start:end] if kind == "equal" else [None]
    return [word for index, word in enumerate(kept) if word is not None or index == 0 or kept[index - 1] is not None]
