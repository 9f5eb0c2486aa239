"""The part of Icinga 2's configuration language that says what there is: objects, templates, apply rules, expressions.

What needs a running Icinga (functions, loops, conditions) is kept as ``Opaque`` and judged unknown, never guessed.
Format: "Language Reference" of the Icinga 2 documentation.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from ingestd.inventory.files import Text, unreadable
from ingestd.inventory.found import At

DEEPEST = 40  # brackets within brackets
LONGEST = 50  # dots, signs or calls in a row


class Literal(Struct, frozen=True):
    """A text, a number, true, false, null."""

    value: str | float | bool | None


class Name(Struct, frozen=True):
    """A variable, a constant, or an attribute of the object itself."""

    name: str


class Member(Struct, frozen=True):
    """``a.b`` or ``a["b"]``."""

    of: "Expression"
    key: "Expression"


class Call(Struct, frozen=True):
    """A function or a method with its arguments."""

    function: "Expression"
    arguments: tuple["Expression", ...]


class Operation(Struct, frozen=True):
    """An operator between two expressions; with one before a single expression, ``left`` is it."""

    operator: str
    left: "Expression"
    right: "Expression | None" = None


class Array(Struct, frozen=True):
    """``[ a, b ]``."""

    parts: tuple["Expression", ...]


class Body(Struct, frozen=True):
    """What stands between braces: of an object, or a dictionary."""

    statements: tuple["Statement", ...]


class Opaque(Struct, frozen=True):
    """What only a running Icinga knows."""


Expression = Literal | Name | Member | Call | Operation | Array | Body | Opaque


class Statement(Struct, frozen=True, kw_only=True):
    """A line in a body: ``=``, ``+=`` …, ``import``, ``assign``, ``ignore``, or "" for what is not followed."""

    word: str
    at: At
    target: Expression | None = None
    value: Expression = Opaque()


class Definition(Struct, frozen=True, kw_only=True):
    """``object``, ``template``, ``apply`` or ``const`` at the top of a file."""

    word: str
    type: str
    at: At
    name: Expression = Opaque()
    body: Body = Body(())
    to: str = ""
    each: tuple[str, ...] = ()  # the variables of ``for (key => value in …)``
    among: Expression | None = None


#: From the loosest to the tightest.
LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"||"}),
    frozenset({"&&"}),
    frozenset({"|", "&", "^"}),
    frozenset({"==", "!=", "in", "!in"}),
    frozenset({"<", ">", "<=", ">="}),
    frozenset({"<<", ">>"}),
    frozenset({"+", "-"}),
    frozenset({"*", "/", "%"}),
)
ASSIGNS = frozenset({"=", "+=", "-=", "*=", "/="})
WORDS = {"true": True, "false": False, "null": None}
#: Begin what is skipped as a whole.
STATEMENTS = frozenset({"if", "for", "while", "function", "return", "throw", "try", "var", "using", "else"})
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}

_TOKEN = re.compile(
    r"(?P<skip>[ \t]+|//[^\n]*|\#[^\n]*)"
    r"|(?P<line>\n|;)"
    r'|(?P<text>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<angle><[A-Za-z][\w./-]*>)"
    r"|(?P<number>\d+(?:\.\d+)?(?:ms|[smhd])?\b)"
    r"|(?P<name>@?[A-Za-z_]\w*)"
    r"|(?P<sign>\{\{|\}\}|=>|==|!=|<=|>=|<<|>>|\+=|-=|\*=|/=|&&|\|\||!in\b|[-+*/%=<>!&|^~?:.,(){}\[\]])"
)


class Block(Struct, frozen=True):
    """What is taken as a whole, whatever stands in it."""

    start: str
    end: str
    kept: bool  # a text; else a comment


BLOCKS = {block.start: block for block in (Block("{{{", "}}}", True), Block("/*", "*/", False))}


class Token(Struct, frozen=True):
    """A word of the language and where it stands."""

    kind: str
    text: str
    offset: int


def definitions(text: Text) -> Iterator[Definition]:
    """Everything that a file defines; ConfigError where it is no Icinga 2 configuration."""
    return _Parser(text).file()


def _tokens(text: Text) -> Iterator[Token]:
    place = 0
    while place < len(text.text):
        kind = BLOCKS.get(text.text[place : place + 3]) or BLOCKS.get(text.text[place : place + 2])
        if kind is not None:
            end = text.text.find(kind.end, place + len(kind.start))
            if end < 0:
                raise unreadable(text.at(place), f"{kind.start} without {kind.end}")
            if kind.kept:
                yield Token("long", text.text[place : end + 3], place)
            place = end + len(kind.end)
            continue
        found = _TOKEN.match(text.text, place)
        if not found or found.lastgroup is None:
            raise unreadable(text.at(place), f"not Icinga 2 configuration: {text.text[place : place + 20]!r}")
        if found.lastgroup != "skip":
            yield Token(found.lastgroup, found[0], place)
        place = found.end()
    yield Token("end", "", place)


class _Parser:
    def __init__(self, text: Text) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._next = 0
        self._depth = 0
        self._starts = [0, *(found.end() for found in re.finditer("\n", text.text))]
        self._line = 0

    def file(self) -> Iterator[Definition]:
        while self._peek().kind != "end":
            token = self._peek()
            if token.kind == "line" or token.text in (",", "}", ")", "]"):
                self._next += 1
            elif token.text in ("object", "template", "apply"):
                yield self._definition(token.text)
            elif token.text == "const":
                self._next += 1
                name = self._take().text
                self._expect("=")
                yield Definition(word="const", type="", at=self._at(token), name=Literal(name), body=self._const())
            else:
                self._skip()

    def _const(self) -> Body:
        at = self._at(self._peek())
        return Body((Statement(word="=", at=at, target=Name("value"), value=self._expression()),))

    def _definition(self, word: str) -> Definition:
        at = self._at(self._take())
        type_ = self._take().text
        name: Expression = Literal("")
        to, each = "", tuple[str, ...]()
        among: Expression | None = None
        if self._peek().text not in ("{", "to", "for"):
            name = self._expression()
        while self._peek().text != "{":
            token = self._take()
            if token.text == "to":
                to = self._take().text
            elif token.text == "for":
                each, among = self._for()
            elif token.text in ("use", "import", "assign", "ignore"):
                self._skip_to_brace()
            elif token.kind != "line" and token.text not in ("default", "ignore_on_error"):
                raise unreadable(self._at(token), f"expected {{ after {word} {type_}, got {token.text!r}")
        return Definition(word=word, type=type_, at=at, name=name, body=self._body(), to=to, each=each, among=among)

    def _for(self) -> tuple[tuple[str, ...], Expression]:
        self._expect("(")
        names = [self._take().text]
        while self._peek().text == "=>":
            self._next += 1
            names.append(self._take().text)
        self._expect("in")
        among = self._expression()
        self._lines()
        self._expect(")")
        return tuple(names), among

    def _body(self) -> Body:
        self._deeper()
        self._expect("{")
        statements: list[Statement] = []
        while True:
            token = self._peek()
            if token.kind == "line" or token.text == ",":
                self._next += 1
            elif token.text == "}":
                self._next += 1
                self._depth -= 1
                return Body(tuple(statements))
            elif token.kind == "end":
                raise unreadable(self._at(token), "the file ends within braces")
            else:
                statements.append(self._statement())

    def _statement(self) -> Statement:
        token = self._peek()
        at = self._at(token)
        if token.text == "import":
            self._next += 1
            return Statement(word="import", at=at, value=self._expression())
        if token.text in ("assign", "ignore") and self._tokens[self._next + 1].text == "where":
            self._next += 2
            return Statement(word=token.text, at=at, value=self._expression())
        if token.text in STATEMENTS:
            self._skip()
            return Statement(word="", at=at)
        target = self._postfix()
        if self._peek().text not in ASSIGNS:
            self._skip()
            return Statement(word="", at=at)
        word = self._take().text
        return Statement(word=word, at=at, target=target, value=self._expression())

    # -- expressions
    def _expression(self, level: int = 0) -> Expression:
        if level == 0:
            self._deeper()
        if level == len(LEVELS):
            return self._unary()
        left = self._expression(level + 1)
        while self._peek().text in LEVELS[level] and self._peek().kind in ("sign", "name"):
            operator = self._take().text
            self._lines()
            left = Operation(operator, left, self._expression(level + 1))
        if level == 0:
            self._depth -= 1
            if self._peek().text in ("?", "=>"):
                self._skip()
                return Opaque()
        return left

    def _unary(self) -> Expression:
        signs = []
        while self._peek().kind == "sign" and self._peek().text in ("!", "-", "+", "~", "&"):
            signs.append(self._take().text)
            self._bounded(len(signs))
        found = self._postfix()
        for sign in reversed(signs):
            found = Operation(sign, found)
        return found

    def _postfix(self) -> Expression:
        found = self._primary()
        steps = 0
        while self._peek().kind == "sign":
            self._bounded(steps := steps + 1)
            sign = self._peek().text
            if sign == ".":
                self._next += 1
                found = Member(found, Literal(self._take().text))
            elif sign == "[":
                self._next += 1
                self._lines()
                found = Member(found, self._expression())
                self._lines()
                self._expect("]")
            elif sign == "(":
                found = Call(found, self._several("(", ")"))
            else:
                break
        return found

    def _primary(self) -> Expression:
        token = self._peek()
        if token.text == "{":
            return self._body()
        if token.text == "[":
            return Array(self._several("[", "]"))
        if token.text in ("{{", "function"):
            self._skip()
            return Opaque()
        self._next += 1
        if token.text == "(":
            self._lines()
            found = self._expression()
            self._lines()
            self._expect(")")
            return found
        if token.kind == "text":
            return Literal(_unescaped(token.text))
        if token.kind == "long":
            return Literal(token.text[3:-3])
        if token.kind == "number":
            digits = token.text.rstrip("mshd")
            return Literal(float(digits) * _UNITS[token.text[len(digits) :]])
        if token.kind == "name":
            return Literal(WORDS[token.text]) if token.text in WORDS else Name(token.text.removeprefix("@"))
        if token.kind == "angle":
            return Opaque()
        raise unreadable(self._at(token), f"not Icinga 2 configuration: unexpected {token.text.strip() or 'end'!r}")

    def _several(self, opening: str, closing: str) -> tuple[Expression, ...]:
        self._expect(opening)
        parts = []
        self._lines()
        while self._peek().text != closing:
            parts.append(self._expression())
            self._lines()
            if self._peek().text == ",":
                self._next += 1
                self._lines()
            elif self._peek().text != closing:
                raise unreadable(self._at(self._peek()), f"expected , or {closing}, got {self._peek().text!r}")
        self._next += 1
        return tuple(parts)

    # -- tokens
    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _expect(self, text: str) -> None:
        token = self._take()
        if token.text != text:
            raise unreadable(self._at(token), f"expected {text}, got {token.text.strip() or 'the end of the line'!r}")

    def _lines(self) -> None:
        while self._peek().kind == "line":
            self._next += 1

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise unreadable(self._at(self._peek()), f"more than {DEEPEST} brackets within brackets")

    def _bounded(self, steps: int) -> None:
        if steps > LONGEST:
            raise unreadable(self._at(self._peek()), f"more than {LONGEST} signs, dots or calls in a row")

    def _skip(self) -> None:
        """Go past a statement, with all the braces in it."""
        open_ = 0
        while self._peek().kind != "end":
            token = self._peek()
            if open_ <= 0 and (token.kind == "line" or token.text in ("}", ")", "]", ",")):
                return
            open_ += {"{{": 2, "}}": -2}.get(token.text, (token.text in _CLOSING) - (token.text in ("}", ")", "]")))
            self._next += 1

    def _skip_to_brace(self) -> None:
        while self._peek().text != "{" and self._peek().kind != "end":
            self._next += 1

    def _at(self, token: Token) -> At:
        """Its line; tokens come mostly in order."""
        while self._line + 1 < len(self._starts) and self._starts[self._line + 1] <= token.offset:
            self._line += 1
        while self._starts[self._line] > token.offset:
            self._line -= 1
        return At(self._text.name, self._line + 1)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1])
