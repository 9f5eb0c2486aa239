"""Finding many patterns, or many names, in a text at a cost that does not grow with their number."""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import re2

MEMORY = 64 * 1024 * 1024  # bytes for one compiled set and its automaton
MOST_PER_SET = 1000  # larger sets fall off a cliff; several smaller ones do not
LONGEST = 64 * 1024  # characters of a text that are looked at
PIECE = 1000  # characters that are normalised at once
SHORTEST_NAME = 4  # shorter spellings occur in ordinary words


def _options(*, fold: bool = False) -> re2.Options:
    options = re2.Options()
    options.case_sensitive = not fold
    options.max_mem = MEMORY
    options.log_errors = False
    return options


class Pattern(str):
    """A pattern an admin wrote, known to be RE2 syntax."""

    __slots__ = ()

    @classmethod
    def from_yaml(cls, value: object) -> "Pattern":
        """Read a pattern; ValueError says what is wrong with it."""
        if not isinstance(value, str):
            raise ValueError(f"expected a pattern, got {value!r}: put it in quotes")
        try:
            compiled(value)
        except re2.error as error:
            why = error.args[0] if error.args else "not understood"
            words = why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)
            raise ValueError(f"not an RE2 pattern ({words}): {value}") from error
        return cls(value)


def compiled(pattern: str, *, fold: bool = False) -> "re2._Regexp[str]":
    """Compile one pattern; ``fold``: without case."""
    return re2.compile(pattern, _options(fold=fold))


class GroupsOf:
    """A pattern's named groups. It reads UTF-8, so that a text which many patterns look at is encoded but once."""

    def __init__(self, pattern: str) -> None:
        self._pattern = re2.compile(pattern.encode(), _options())
        self._names = tuple((name.decode(), group) for name, group in self._pattern.groupindex.items())

    def find(self, text: bytes) -> Iterator[tuple[str, str]]:
        """The groups that the first match fills; none if there is no match."""
        found = self._pattern.search(text)
        if found is None:
            return
        for name, group in self._names:
            start, end = found.span(group)
            if start < end:
                yield name, text[start:end].decode("utf-8", "replace")


def glob_pattern(glob: str) -> str:
    """The pattern of a glob over a whole text: ``*`` is any text, ``?`` one character."""
    parts = ({"*": ".*", "?": "."}.get(sign) or re2.escape(sign) for sign in glob)
    return rf"(?s)\A{''.join(parts)}\z"


class PatternSet:
    """Which of many patterns occur in a text: one pass of a set automaton, whatever their number."""

    def __init__(self, patterns: Sequence[str], *, fold: bool = False) -> None:
        self._sets = [
            _Set(start, patterns[start : start + MOST_PER_SET], fold) for start in range(0, len(patterns), MOST_PER_SET)
        ]

    def hits(self, text: str) -> frozenset[int]:
        """Indices of the patterns that occur in ``text``."""
        text = text[:LONGEST]
        if len(self._sets) == 1:
            return self._sets[0].hits(text)
        return frozenset().union(*(part.hits(text) for part in self._sets))


_NONE: frozenset[int] = frozenset()


class _Set:
    """One compiled set. An automaton out of memory says "no match", hence the sentinel that always matches."""

    def __init__(self, first: int, patterns: Sequence[str], fold: bool) -> None:
        self.first, self.patterns, self.fold = first, patterns, fold
        self.set = re2.Set.SearchSet(_options(fold=fold))
        for pattern in patterns:
            self.set.Add(pattern)
        self.sentinel = self.set.Add("")
        self.nothing = [self.sentinel]
        try:
            self.set.Compile()
            self.usable = True
        except re2.error:
            self.usable = False

    def hits(self, text: str) -> frozenset[int]:
        found: list[int] = (self.usable and self.set.Match(text)) or []  # type: ignore[assignment]
        if found == self.nothing:
            return _NONE
        if self.sentinel in found:
            return frozenset(self.first + index for index in found if index != self.sentinel)
        return frozenset(self.first + index for index, pattern in enumerate(self.single) if pattern.search(text))

    @cached_property
    def single(self) -> list["re2._Regexp[str]"]:
        """The patterns one by one: they take much room, and are seldom needed."""
        return [compiled(pattern, fold=self.fold) for pattern in self.patterns]


# Names

_CJK = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_CJK}]|[^\W_{_CJK}][^\W{_CJK}]*(?:[-.]+[^\W{_CJK}]+)*")
_IPV6 = re.compile(r"(?<![0-9A-Za-z:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![0-9A-Za-z:])")


class NameFinder:
    """Finds the topology's names in free text, token by token; the number of names costs nothing."""

    def __init__(self, spellings: Iterable[tuple[str, str]] = (), addresses: Iterable[str] = ()) -> None:
        self._addresses = frozenset(address.casefold() for address in addresses)
        self._ids: dict[tuple[str, ...], str] = {}
        self._lengths: dict[str, tuple[int, ...]] = {}
        self._qualified: set[str] = set()  # nodes that have a domain name of their own
        for name, owners in _owners(spellings).items():
            if len(owners) == 1:
                self._add(name, next(iter(owners)))

    def finds_like(self, other: "NameFinder") -> bool:
        """Whether it finds the same as another one in any text."""
        return self._ids == other._ids and self._addresses == other._addresses

    def _add(self, name: tuple[str, ...], owner: str) -> None:
        self._ids[name] = owner
        self._lengths[name[0]] = tuple(sorted({*self._lengths.get(name[0], ()), len(name)}, reverse=True))
        if len(name) == 1 and "." in name[0] and not _ip(name[0]):
            self._qualified.add(owner)

    @property
    def knows_people(self) -> bool:
        """Whether anybody said who the site's people are."""
        return bool(self._addresses)

    def is_colleague(self, address: str) -> bool:
        """Whether a mail address, or its domain, is that of the site's people."""
        known = address.casefold()
        return known in self._addresses or known.rpartition("@")[2] in self._addresses

    def find(self, text: str) -> tuple[str, ...]:
        """Ids of the nodes that ``text`` names, in order of appearance, each once."""
        return tuple(dict.fromkeys(self._found(text[:LONGEST]))) if self._ids else ()

    def _found(self, text: str) -> Iterator[str]:
        tokens, passed, known = _tokens(text), 0, self._lengths
        for i in [i for i, token in enumerate(tokens) if token in known or "." in token]:
            if i < passed:
                continue
            token = tokens[i]
            length = next((n for n in known.get(token, ()) if tuple(tokens[i : i + n]) in self._ids), 0)
            if length:
                yield self._ids[tuple(tokens[i : i + length])]
                passed = i + length
            elif "." in token:
                yield from self._unqualified(token)

    def _unqualified(self, token: str) -> Iterator[str]:
        """``db01.example.net`` names db01, unless db01 is known under another domain."""
        owner = self._ids.get((token.split(".", 1)[0],))
        if owner is not None and owner not in self._qualified and not _ip(token):
            yield owner


def _owners(spellings: Iterable[tuple[str, str]]) -> dict[tuple[str, ...], set[str]]:
    owners: dict[tuple[str, ...], set[str]] = {}
    for spelling, owner in spellings:
        name = tuple(_tokens(spelling))
        if name and (len(spelling.strip()) >= SHORTEST_NAME or _ip(spelling.strip())):
            owners.setdefault(name, set()).add(owner)
    return owners


def _tokens(text: str) -> list[str]:
    """Words in lower case, host names and addresses whole, each Chinese character alone."""
    plain = text if text.isascii() else normalized(text)
    if plain.count(":") > 1:
        plain = _IPV6.sub(lambda found: _flat_ipv6(found[0]), plain)
    return _TOKEN.findall(plain.casefold())


def _flat_ipv6(text: str) -> str:
    """An IPv6 address as one token (``ip6-`` and its 32 digits); other text unchanged."""
    address = _ip(text)
    return f" ip6-{int(address):032x} " if isinstance(address, ipaddress.IPv6Address) else text


def normalized(text: str) -> str:
    """A text in NFKC, piece by piece: the time for a long run of combining marks grows with its square."""
    pieces = (text[start : start + PIECE] for start in range(0, len(text), PIECE))
    return "".join(unicodedata.normalize("NFKC", piece) for piece in pieces)


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
