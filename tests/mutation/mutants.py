"""The mutants of a file: one change of the text each, found in the syntax tree."""

import ast
import copy
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.Break: ast.Continue,
    ast.Continue: ast.Break,
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
CONDITIONS = frozenset({"where", "and_", "or_", "order_by"})
"""Calls whose arguments are conditions of a query: each can be left out."""
REPORTS = ("log.", "metrics.")
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A file in which the bytes from `start` to `end` have become `text`."""

    path: str
    line: int
    start: int
    end: int
    text: str
    function: str
    """The qualified name of the outermost function; empty for what runs as the module is imported."""

    def __str__(self) -> str:
        before = Path(self.path).read_bytes()[self.start : self.end].decode()
        return f"{self.path}:{self.line}: {_short(before)} -> {_short(self.text)}"

    def source(self) -> str:
        """The whole file with the change."""
        of_file = Path(self.path).read_bytes()
        return (of_file[: self.start] + self.text.encode() + of_file[self.end :]).decode()

    def diff(self) -> str:
        """The change as a unified diff."""
        texts = (Path(self.path).read_text(), self.source())
        before, after = (text.splitlines(keepends=True) for text in texts)
        return "".join(difflib.unified_diff(before, after, f"{self.path}:{self.line}", "mutant", n=1))


def mutants_of(path: Path) -> Iterator[Mutant]:
    """All mutants of a file that can be compiled and are another program."""
    parts = [_Part(statement, path.read_bytes()) for statement in ast.parse(path.read_bytes()).body]
    for mutant in _all(path):
        part = next(part for part in parts if part.start <= mutant.start < part.end)
        if part.is_changed_by(mutant):
            yield mutant


class _Part:
    """A statement of a module: parsed by itself, which takes a tenth of the time of its file."""

    def __init__(self, statement: ast.stmt, source: bytes) -> None:
        starts = _starts(source)
        decorators = getattr(statement, "decorator_list", [])
        first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
        self.start, self.end = starts[first - 1], _span(statement, starts)[1]
        self._text = source[self.start : self.end]
        self._before = ast.dump(ast.parse(self._text))

    def is_changed_by(self, mutant: Mutant) -> bool:
        """Whether the mutant can be compiled, and is not the same."""
        start, end = mutant.start - self.start, mutant.end - self.start
        try:
            changed = ast.parse(self._text[:start] + mutant.text.encode() + self._text[end:])
        except SyntaxError:
            return False
        return ast.dump(changed) != self._before


def _all(path: Path) -> Iterator[Mutant]:
    source = path.read_bytes()
    starts = _starts(source)
    for node, function in _places(ast.parse(source)):
        for changed, text in _changes(node):
            start, end = _span(changed, starts)
            yield Mutant(str(path), changed.lineno, start, end, text, function)
        for first, after in _left_out(node):
            start = _span(first, starts)[0]
            end = _span(first, starts)[1] if after is None else _span(after, starts)[0]
            yield Mutant(str(path), first.lineno, start, end, "", function)


def names_at(path: str, line: int) -> list[str]:
    """The names that a line which runs as its file is imported defines: of functions, classes, constants."""
    found: list[str] = []
    for node in ast.walk(ast.parse(Path(path).read_bytes())):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0):
            found += _defined(node)
    # A constant of a class by its own name: the last ones are the innermost.
    return found[-1:] or [Path(path).stem]


def _defined(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def _span(node: ast.expr | ast.stmt | ast.keyword, starts: Sequence[int]) -> tuple[int, int]:
    """Where a node begins and ends, in bytes."""
    start = starts[node.lineno - 1] + node.col_offset
    return start, starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)


def _starts(source: bytes) -> list[int]:
    """Where each line begins."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _short(text: str) -> str:
    return " ".join(text.split())[:90]


def _places(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """What can be changed, and the qualified name of the outermost function that it is in."""
    yield from _below(tree, scope=(), function="")


def _below(node: ast.AST, *, scope: tuple[str, ...], function: str) -> Iterator[tuple[ast.AST, str]]:
    for name, value in ast.iter_fields(node):
        # Decorators, the keywords of a class, and types change no behaviour that a test should hold.
        if name in {"annotation", "returns", "type_params", "decorator_list"} or _is_type(node, name):
            continue
        if isinstance(node, ast.ClassDef) and name == "keywords":
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_left_out(child):
                inside = function
                if isinstance(node, FUNCTION) and name == "body" and not function:
                    inside = ".".join(scope)
                yield child, inside
                deeper = (*scope, child.name) if isinstance(child, (*FUNCTION, ast.ClassDef)) else scope
                # The text of an error is for people; that it is raised is not.
                if not isinstance(child, ast.Raise):
                    yield from _below(child, scope=deeper, function=inside)


def _is_type(node: ast.AST, name: str) -> bool:
    """Whether a field has what stands in the brackets of a generic type."""
    return (
        isinstance(node, ast.Subscript) and name == "slice" and isinstance(node.slice, ast.Tuple | ast.Name)
    )


def _is_left_out(node: ast.AST) -> bool:
    """Docstrings, reports, imports, exports, defaults of arguments; and f-strings, which 3.11 misplaces."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.arguments | ast.JoinedStr):
        return True
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
        return True
    if not isinstance(node, ast.Expr):
        return False
    called = node.value.func if isinstance(node.value, ast.Call) else None
    reports = isinstance(called, ast.Attribute) and ast.unparse(called).startswith(REPORTS)
    return isinstance(node.value, ast.Constant) or reports


Changes = Iterator[tuple[ast.expr | ast.stmt, str]]


def _changes(node: ast.AST) -> Changes:
    if isinstance(node, ast.stmt):
        yield from _of_statement(node)
    elif isinstance(node, ast.Constant):
        yield from _of_constant(node)
    elif isinstance(node, ast.expr):
        for changed in _of_expression(node):
            yield node, f"({ast.unparse(changed)})" if _needs_brackets(changed) else ast.unparse(changed)


def _needs_brackets(node: ast.expr) -> bool:
    return isinstance(node, ast.BoolOp | ast.BinOp | ast.Compare | ast.UnaryOp | ast.IfExp)


def _of_statement(node: ast.stmt) -> Changes:
    match node:
        case ast.If(test=ast.Name() | ast.Attribute() | ast.Call() | ast.NamedExpr() | ast.Await()):
            yield node.test, ast.unparse(ast.UnaryOp(ast.Not(), node.test))
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield node, "return None"
        case ast.Break() | ast.Continue():
            yield node, ast.unparse(SWAPPED[type(node)]())
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.AugAssign() | ast.Raise() | ast.Delete():
            yield node, "pass"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield node, "pass"


def _of_constant(node: ast.Constant) -> Changes:
    match node.value:
        case bool():
            yield node, repr(not node.value)
        case int() | float():
            yield node, repr(node.value + 1)
        case str() if node.value:
            yield node, repr("XX" + node.value)


def _of_expression(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in SWAPPED:
            yield _with(node, ops=[SWAPPED[type(op)]()])
        case ast.BoolOp():
            yield _with(node, op=SWAPPED[type(node.op)]())
            yield from _fewer(node, "values")
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.BinOp() if type(node.op) in SWAPPED and not isinstance(node.left, ast.JoinedStr):
            yield _with(node, op=SWAPPED[type(node.op)]())
        case ast.IfExp():
            yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
        case ast.Call():
            yield from _of_condition(node)
        case ast.Name(ctx=ast.Load()) if node.id in NAMES:
            yield ast.Name(NAMES[node.id], ast.Load())
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            yield from _unfiltered(node)


def _of_condition(node: ast.Call) -> Iterator[ast.expr]:
    """A query without its one condition."""
    if isinstance(node.func, ast.Attribute) and node.func.attr in CONDITIONS and len(node.args) == 1:
        yield node.func.value


Part = ast.expr | ast.keyword


def _left_out(node: ast.AST) -> Iterator[tuple[Part, Part | None]]:
    """Parts of a list that a mutant leaves out, each with the one after it."""
    parts: Sequence[Part] = ()
    match node:
        case ast.Call():
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            conditions = node.args if name in CONDITIONS and len(node.args) > 1 else []
            parts = [*conditions, *node.keywords]
        case ast.Set() | ast.List(ctx=ast.Load()) | ast.Tuple(ctx=ast.Load()) if len(node.elts) > 1:
            parts = node.elts
    yield from zip_longest(parts, parts[1:])


def _unfiltered(node: ast.expr) -> Iterator[ast.expr]:
    """A comprehension without each of its conditions."""
    generators: list[ast.comprehension] = getattr(node, "generators", [])
    for number, generator in enumerate(generators):
        for left in _fewer(generator, "ifs"):
            yield _with(node, generators=[*generators[:number], left, *generators[number + 1 :]])


def _with(node: ast.AST, **fields: object) -> ast.expr:
    changed: ast.expr = copy.copy(node)  # type: ignore[assignment]
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _fewer(node: ast.AST, name: str) -> Iterator[ast.expr]:
    """Without each of the parts that a field lists."""
    parts = getattr(node, name)
    for number in range(len(parts)):
        left = parts[:number] + parts[number + 1 :]
        if name == "values" and len(left) == 1:
            yield left[0]
        else:
            yield _with(node, **{name: left})
