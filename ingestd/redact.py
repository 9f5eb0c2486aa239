"""Configuration without its secrets: what may go into the journal, logs and backups."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from ingestd.yamltypes import Document

#: Keys whose values never leave the process.
SECRETS = frozenset({"token", "password", "secret"})
#: Keys under which every value is one: SMTP users and the hashes of their passwords, what goes with a webhook.
OF_SECRETS = frozenset({"users", "headers"})
#: Keys whose entries have further secrets, and which: who knows the URL of a robot can post by it.
WITHIN = {"channels": frozenset({"url", "proxy"}), "dead_man": frozenset({"url"})}
URL_PASSWORD = re.compile(r"(?<=://)([^\s:/@]*):[^\s/@]+@")


def redacted(document: Document[Any]) -> str:
    """The text of a file without its secrets: what may go into the journal."""
    text = document.text
    for start, end in sorted(_secret_spans(document.node), reverse=True):
        text = f"{text[:start]}REDACTED{text[end:]}"
    return URL_PASSWORD.sub(r"\1:REDACTED@", text)


def _secret_spans(node: yaml.Node | None, more: frozenset[str] = frozenset()) -> Iterator[tuple[int, int]]:
    """Where secrets stand; ``more``: keys that are secret in this part of the file."""
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _secret_spans(child, more)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(value, yaml.ScalarNode) and key.value in SECRETS | more:
                yield value.start_mark.index, value.end_mark.index
            elif isinstance(value, yaml.MappingNode) and key.value in OF_SECRETS:
                yield from ((one.start_mark.index, one.end_mark.index) for _, one in value.value)
            else:
                yield from _secret_spans(value, more | WITHIN.get(str(key.value), frozenset()))
