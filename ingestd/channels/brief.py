"""Letters for small screens and for services that take little: the first line first, cut at whole lines."""

from collections.abc import Mapping, Sequence

from ingestd.channels import Letter

MORE_LINES: Mapping[str, str] = {"en": "… and {n} more lines", "zh": "……另有 {n} 行"}
MORE_LETTERS: Mapping[str, str] = {"en": "… and {n} more", "zh": "……另有 {n} 条"}
SHORTEST = 96  # bytes that a line of many keeps at least
#: Control characters, but for the end of a line and tabs: services refuse them, or spell them with six bytes.
_CONTROLS = {code: " " for code in (*range(32), 127) if chr(code) not in "\n\t"}


def size(text: str) -> int:
    """How many bytes of UTF-8 a text takes."""
    return len(text.encode("utf-8", "replace"))


def plain(text: str) -> str:
    """A text that every service takes: without control characters and halves of characters."""
    return text.translate(_CONTROLS).encode("utf-8", "replace").decode()


def heading(letter: Letter) -> str:
    """One line: priority, what is down, who is hit, since when."""
    return plain(letter.title or letter.subject).replace("\n", " ")


def lines(letter: Letter) -> list[str]:
    """The heading and the text, in which it is not said again."""
    first, found = heading(letter), plain(letter.text).strip().splitlines()
    if found and found[0] and first.startswith(found[0]):
        del found[0]
    return [first, *found]


def shortened(text: str, most: int) -> str:
    """At most ``most`` bytes of a text, whole characters only."""
    if size(text) <= most:
        return text
    return text.encode("utf-8", "replace")[: max(0, most - size("…"))].decode("utf-8", "ignore") + "…"


def cut(texts: Sequence[str], most: int, more: str) -> str:
    """As many whole lines as fit into ``most`` bytes; ``more`` (with ``{n}``) says how many do not."""
    whole = "\n".join(texts)
    if size(whole) <= most:
        return whole
    room = most - size(more.format(n=len(texts))) - 1
    kept: list[str] = []
    for text in texts:
        room -= size(text) + 1
        if room < -1:
            break
        kept.append(text)
    if not kept:
        return shortened(texts[0], most)
    return "\n".join([*kept, more.format(n=len(texts) - len(kept))])


def fitted(letter: Letter, most: int) -> str:
    """A letter in at most ``most`` bytes."""
    return cut(lines(letter), most, _of(MORE_LINES, letter))


def joined(letters: Sequence[Letter], most: int) -> str:
    """Several letters in one post of at most ``most`` bytes: whole if they fit, else a line each.

    What several people are told in the same words is said once.
    """
    once = list({heading(letter): letter for letter in letters}.values())
    if len(once) == 1:
        return fitted(once[0], most)
    whole = "\n\n".join("\n".join(lines(letter)) for letter in once)
    if size(whole) <= most:
        return whole
    each = max(SHORTEST, most // len(once) - 1)
    return cut([shortened(heading(letter), each) for letter in once], most, _of(MORE_LETTERS, once[0]))


def _of(words: Mapping[str, str], letter: Letter) -> str:
    return words.get(letter.language[:2].lower(), words["en"])
