"""A site's own templates: rendered in a sandbox, within bounds.

Facts are bounded, so that loops over them end; what could still go on for ever or grow without end (loops in loops,
calls that call themselves, texts times texts) is counted and stopped. The sandbox keeps templates to what they are
given, and from changing it.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from itertools import islice
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, FunctionLoader, PrefixLoader, StrictUndefined, nodes, pass_context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from ingestd.problem import Refused

STEPS = 5_000  # rounds of loops and calls of one rendering
LONGEST_TEXT = 65_536  # characters of what a template makes at once
LONGEST_LIST = 1_000
LARGEST = 2**63
OWN = "own:"  # how the file names of a site's own templates begin in tracebacks
#: Filters that take a width or a count.
COUNTING = ("batch", "center", "indent", "round", "slice", "truncate", "wordwrap")
FORBIDDEN_FILTERS = ("format", "random")  # widths in formats; chance
FORBIDDEN_GLOBALS = ("lipsum",)
TEXT = "it makes more than {most} characters"
LIST = "it makes a list of more than {most}"
FORMAT = "texts can't be formatted in a template: use ~ and join"


class Bounded(ImmutableSandboxedEnvironment):
    """The templates of a site (relative name -> text) over the shipped ones, which ``shipped/NAME`` always names."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, own: Mapping[str, str], shipped: Path, filters: Mapping[str, Callable[..., Any]]) -> None:
        super().__init__(
            loader=_loader(own, shipped),
            undefined=StrictUndefined,
            autoescape=lambda name: name is not None and name.endswith(".html.j2"),
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.left = STEPS
        for name in FORBIDDEN_GLOBALS:
            del self.globals[name]
        for name in FORBIDDEN_FILTERS:
            del self.filters[name]
        for name in COUNTING:
            self.filters[name] = _modest(self.filters[name])
        self.globals["range"] = _range
        self.filters |= {"counted": _counted, "bounded": _bounded, "replace": _replace, **filters}

    def rendered(self, name: str, values: Mapping[str, Any]) -> str:
        """A template with its values; whatever an admin may write can raise whatever Python can."""
        self.left = STEPS
        parts: list[str] = []
        room = LONGEST_TEXT
        for part in self.get_template(name).generate(values):
            room -= len(part)
            if room < 0:
                raise Refused(TEXT, most=LONGEST_TEXT)
            parts.append(part)
        return "".join(parts)

    def spend(self, steps: int) -> None:
        """Count rounds and calls."""
        self.left -= steps
        if self.left < 0:
            raise Refused("it takes more than {most} steps", most=STEPS)

    # -- where Jinja asks
    def call(self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: D102  (Jinja's hook)
        self.spend(1)
        for argument in (*args, *kwargs.values()):
            within(argument)
            if isinstance(getattr(__obj, "__self__", None), str) and isinstance(argument, int):
                _small(argument)
        return within(super().call(__context, __obj, *args, **kwargs))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: D102  (Jinja's hook)
        if operator == "%" and isinstance(left, str):
            raise Refused(FORMAT)
        if operator == "**":
            _small(left)
            _small(right)
        if operator == "*":
            _fits(left, right)
            _fits(right, left)
        return within(super().call_binop(context, operator, left, right))

    def wrap_str_format(self, value: Any) -> None:  # noqa: D102  (Jinja's hook)
        if super().wrap_str_format(value) is not None:
            raise Refused(FORMAT)

    def _generate(self, source: nodes.Template, name: Any, filename: Any, defer_init: bool = False) -> str:
        return super()._generate(_Counting(self).visit(source), name, filename, defer_init)


class _Counting(NodeTransformer):
    """Has loops counted before their first round, and whatever a template keeps measured."""

    def __init__(self, environment: Bounded) -> None:
        self._environment = environment

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802  (named by the visitor)
        self.generic_visit(node)
        node.iter = self._through("counted", node.iter, node.lineno)
        return node

    def visit_Assign(self, node: nodes.Assign) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.node = self._through("bounded", node.node, node.lineno)
        return node

    def visit_AssignBlock(self, node: nodes.AssignBlock) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.filter = self._through("bounded", node.filter, node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return self._through("bounded", node, node.lineno)

    def _through(self, name: str, value: Any, line: int) -> nodes.Filter:
        return nodes.Filter(value, name, [], [], None, None, lineno=line, environment=self._environment)


def within(value: Any) -> Any:
    """The value, unless it is too large."""
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise Refused(TEXT, most=LONGEST_TEXT)
    if isinstance(value, list | tuple | dict) and len(value) > LONGEST_LIST:
        raise Refused(LIST, most=LONGEST_LIST)
    if isinstance(value, int) and abs(value) > LARGEST:
        raise Refused("it makes a number above {most}", most=LARGEST)
    return value


@pass_context  # which keeps the compiler from folding it away
def _counted(context: Any, value: Any) -> list[Any]:
    found = list(islice(value, STEPS + 1))
    context.environment.spend(len(found) + 1)
    return found


@pass_context
def _bounded(_context: Any, value: Any) -> Any:
    return within(value)


def _range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > LONGEST_LIST:
        raise Refused(LIST, most=LONGEST_LIST)
    return found


def _replace(text: Any, old: str, new: str, count: int = -1) -> str:
    if not old or len(new) > LONGEST_LIST:
        raise Refused("replace: expected a text to replace, and at most {most} characters instead", most=LONGEST_LIST)
    return str(within(str(text).replace(old, new, count)))


def _modest(made: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose widths and counts are small."""

    @wraps(made)
    def checked(*args: Any, **kwargs: Any) -> Any:
        for argument in (*args, *kwargs.values()):
            if isinstance(argument, int):
                _small(argument)
        return made(*args, **kwargs)

    return checked


def _small(number: Any) -> None:
    if abs(number) > LONGEST_LIST:
        raise Refused("expected a number of at most {most}, got {got}", most=LONGEST_LIST, got=number)


def _fits(value: Any, times: Any) -> None:
    """So many times a text or a list."""
    if isinstance(value, str) and len(value) * times > LONGEST_TEXT:
        raise Refused(TEXT, most=LONGEST_TEXT)
    if isinstance(value, list | tuple) and len(value) * times > LONGEST_LIST:
        raise Refused(LIST, most=LONGEST_LIST)


def _loader(own: Mapping[str, str], shipped: Path) -> ChoiceLoader:
    files = FileSystemLoader(shipped)

    def found(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        return (own[name], f"{OWN}{name}", lambda: True) if name in own else None

    return ChoiceLoader([FunctionLoader(found), PrefixLoader({"shipped": files}), files])
