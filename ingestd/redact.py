"""Configuration without its secrets: what may go into the journal, logs and backups."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from ingestd.feeds import is_url, name_of
from ingestd.yamltypes import Document

#: Keys whose values never leave the process.
SECRETS = frozenset({"token", "password", "secret"})
#: Keys under which every value is one: SMTP users and the hashes of their passwords, what goes with a webhook.
OF_SECRETS = frozenset({"users", "headers"})
#: Keys whose entries have further secrets, and which: who knows the URL of a robot can post by it.
WITHIN = {"channels": frozenset({"url", "proxy"}), "dead_man": frozenset({"url"})}
Span = tuple[int, int, str]  # from, to, what stands there instead
URL_PASSWORD = re.compile(r"(?<=://)([^\s:/@]*):[^\s/@]+@")


def redacted(document: Document[Any]) -> str:
    """The text of a file without its secrets: what may go into the journal."""
    text = document.text
    for start, end, instead in sorted(_secret_spans(document.node), reverse=True):
        text = f"{text[:start]}{instead}{text[end:]}"
    return URL_PASSWORD.sub(r"\1:REDACTED@", text)


def _span(node: yaml.Node, instead: str = "REDACTED") -> Span:
    return node.start_mark.index, node.end_mark.index, instead


def _secret_spans(node: yaml.Node | None, more: frozenset[str] = frozenset()) -> Iterator[Span]:
    """Where secrets stand, and what stands there instead; ``more``: keys that are secret in this part of the file."""
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _secret_spans(child, more)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(value, yaml.ScalarNode) and key.value in SECRETS | more:
                yield _span(value)
            elif isinstance(value, yaml.ScalarNode) and key.value == "ical" and is_url(value.value):
                yield _span(value, name_of(value.value))
            elif isinstance(value, yaml.MappingNode) and key.value in OF_SECRETS:
                yield from (_span(one) for _, one in value.value)
            else:
                yield from _secret_spans(value, more | WITHIN.get(str(key.value), frozenset()))
