"""Do the tests of the checks notice faults? Each is planted by itself, and the tests are run (mutation testing).

A fault is one changed comparison, operator, number or slice, one negated condition, one statement, entry of a table or
returned value less. Left aside: words, type hints, and the data of tests (lists and tuples of plain values, what random
numbers are drawn from, how often).
"""

from __future__ import annotations

import argparse
import ast
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import multiprocessing
import os
import sys
import textwrap
import time
from collections.abc import Iterator
from itertools import zip_longest
from multiprocessing import connection
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple

from tools.environment import ROOT

CHECKS = ROOT / "checks"
SHORTEST_LIMIT = 20.0  # seconds; a fault may make a loop endless
PASSED, FAILED, INTERRUPTED = 0, 1, 2  # of pytest's exit statuses

OTHER_OPERATORS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Div, ast.Mod: ast.Add,
    ast.Pow: ast.Mult, ast.MatMult: ast.Mult,
}  # fmt: skip
WITHOUT_MEANING = ("annotation", "returns", "decorator_list", "format_spec")
DRAWS = {"default_rng", "seeded", "integers", "normal", "uniform", "random", "choice", "permutation", "shuffle"}
COUNTS = {"count", "seed"}


class Fault(NamedTuple):
    """A node that takes the position of another one; ``index`` counts in a field that is a list, else it is None."""

    line: int
    words: str
    parent: ast.AST
    field: str
    index: int | None
    node: ast.AST

    def plant(self) -> None:
        """Change the tree that the parent belongs to."""
        if self.index is None:
            setattr(self.parent, self.field, self.node)
        else:
            getattr(self.parent, self.field)[self.index] = self.node


def faults(node: ast.AST, parent: ast.AST | None = None, field: str = "", index: int | None = None) -> Iterator[Fault]:
    """All faults in a tree, in the order of its lines."""
    if _is_left_aside(node, parent, field):
        return
    for other in _others(node):
        yield Fault(node.lineno, _change(node, other), parent, field, index, other)
    for name, value in ast.iter_fields(node):
        if name in WITHOUT_MEANING:
            continue
        for position, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                yield from faults(child, node, name, position)


def _is_left_aside(node: ast.AST, parent: ast.AST | None, field: str) -> bool:
    match node:
        case ast.JoinedStr() | ast.arg() | ast.alias():
            return True
        case ast.List() | ast.Tuple() if field != "slice":
            return _is_plain(node)
        case ast.keyword():
            return node.arg in COUNTS
        case ast.Constant() if isinstance(parent, ast.arguments):
            return bool(COUNTS & {argument.arg for argument in (*parent.args, *parent.kwonlyargs)})
        case ast.Call() if field == "iter":
            # for _ in range(20): how often, not what.
            return ast.unparse(parent.target) == "_"
        case ast.Call():
            return getattr(node.func, "attr", getattr(node.func, "id", "")) in DRAWS
    return False


def _is_plain(node: ast.AST) -> bool:
    """True for a number, a string, and lists and tuples of them."""
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def _others(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand instead of a node."""
    copy = lambda **changes: type(node)(**{**dict(ast.iter_fields(node)), **changes})  # noqa: E731
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                other = OTHER_OPERATORS[type(operator)]()
                yield copy(ops=[*node.ops[:index], other, *node.ops[index + 1 :]])
        case ast.BinOp() if type(node.op) in OTHER_OPERATORS and not any(map(_is_text, (node.left, node.right))):
            yield copy(op=OTHER_OPERATORS[type(node.op)]())
        case ast.BoolOp():
            yield copy(op=OTHER_OPERATORS[type(node.op)]())
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int() | float()):
            yield ast.Constant(node.value + 1)
        case ast.Slice():
            for bound in ("lower", "upper", "step"):
                if getattr(node, bound):
                    yield copy(**{bound: None})
        case ast.Dict() if len(node.keys) > 1:
            for gone in node.keys:
                if gone is not None:
                    kept = [(key, value) for key, value in zip(node.keys, node.values) if key is not gone]
                    yield ast.Dict(*map(list, zip(*kept)))
        case ast.If() | ast.IfExp() if not isinstance(node.test, (ast.Compare, ast.BoolOp, ast.UnaryOp)):
            yield copy(test=ast.UnaryOp(ast.Not(), node.test))
        case ast.Return() if node.value and not (isinstance(node.value, ast.Constant) and node.value.value is None):
            yield copy(value=ast.Constant(None))
        case ast.Expr() if not isinstance(node.value, ast.Constant):
            yield ast.Pass()
        case ast.Raise() | ast.AugAssign() | ast.Continue() | ast.Break():
            yield ast.Pass()


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _change(node: ast.AST, other: ast.AST) -> str:
    """The change in one line, from a little before the first difference."""
    if isinstance(node, ast.Dict):
        (node,) = (key for key in node.keys if key not in other.keys)
        other = ast.Pass()
    before, after = (" ".join(ast.unparse(each).split()) for each in (node, other))
    if isinstance(other, ast.Pass):
        return f"removed: {textwrap.shorten(before, 90)}"
    first = next(index for index, pair in enumerate(zip_longest(before, after)) if pair[0] != pair[1])
    begin = max(0, first - 25)
    return " -> ".join(textwrap.shorten(text[begin:], 60) for text in (before, after))


def survivors(
    module: Path, name: str, tests: list[Path], jobs: int = 1, every: int = 1
) -> tuple[list[Fault], list[Fault]]:
    """The faults of a module, imported as ``name``, that no test notices; and all that were tried, every n-th one.

    Each one runs in a process forked from this one, which keeps what has been imported here. Raises SystemExit where
    the tests fail without a fault.
    """
    tree = ast.parse(module.read_text(encoding="utf-8"))
    gc.freeze()  # what is there now is not looked through again in each process
    begin = time.monotonic()
    alone = _started(tree, module, name, tests, None)
    alone.join()
    if alone.exitcode != PASSED:
        raise SystemExit(f"The tests of {module.name} fail as they are: python -m pytest {' '.join(map(str, tests))}")
    limit = max(SHORTEST_LIMIT, 5 * jobs * (time.monotonic() - begin))
    planned = list(faults(tree))[::every]
    waiting, running, alive = list(reversed(planned)), {}, []
    while waiting or running:
        while waiting and len(running) < jobs:
            fault = waiting.pop()
            process = _started(tree, module, name, tests, fault)
            running[process.sentinel] = process, fault, time.monotonic() + limit
        connection.wait(running, timeout=1)
        for sentinel, (process, fault, end) in list(running.items()):
            if process.exitcode is None and time.monotonic() > end:
                process.kill()
                process.join()
            if process.exitcode is not None:
                del running[sentinel]
                if process.exitcode > INTERRUPTED:
                    raise SystemExit(f"pytest could not run: exit status {process.exitcode}, line {fault.line}.")
                if process.exitcode == PASSED:
                    alive.append(fault)
    return sorted(alive, key=planned.index), planned


def _started(tree: ast.Module, module: Path, name: str, tests: list[Path], fault: Fault | None):
    process = multiprocessing.get_context("fork").Process(target=_tested, args=(tree, module, name, tests, fault))
    process.start()
    return process


def _tested(tree: ast.Module, module: Path, name: str, tests: list[Path], fault: Fault | None) -> None:
    """Import the module with its fault, run the tests up to the first that fails, end with pytest's exit status."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    import pytest

    if fault:
        fault.plant()
    code = compile(ast.fix_missing_locations(tree), str(module), "exec", dont_inherit=True)
    sys.meta_path.insert(0, _Planted(name, module, code))
    os._exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *map(str, tests)]))


class _Planted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the changed code to whoever imports the module first."""

    def __init__(self, name: str, module: Path, code: CodeType):
        self.name, self.module, self.code = name, module, code

    def find_spec(self, name: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.module, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, module.__dict__)


def main(arguments: argparse.Namespace) -> int:
    """Print the share of faults that were noticed for each module of ``checks``, and those that were not."""
    if not hasattr(os, "fork"):
        raise SystemExit("Windows cannot fork a process that has TensorFlow: run this on Linux or macOS, or in WSL.")
    subjects = arguments.names or ["grading", *sorted({path.stem[6:8] for path in CHECKS.glob("lesson*.py")})]
    from helpers import start

    with start.quiet():
        # Once, and not in each process.
        for package in ("hypothesis", "keras", "matplotlib.pyplot", "pytest", "sklearn"):
            importlib.import_module(package)
    noticed = planted = 0
    for subject in subjects:
        stem = subject if subject == "grading" else f"lesson{subject.zfill(2)}"
        modules = sorted(CHECKS.glob("grading/[!_]*.py" if subject == "grading" else f"{stem}*.py"))
        tests = sorted((ROOT / "tests" / "checks").glob(f"test_{stem}*.py"))
        if not modules or not tests:
            raise SystemExit(f"There are no checks, or no tests of them, for {subject!r}.")
        for module in modules:
            jobs, every = arguments.jobs or os.cpu_count() or 1, max(1, arguments.every)
            name = ".".join(module.relative_to(ROOT).with_suffix("").parts)
            alive, tried = survivors(module, name, tests, jobs, every)
            noticed, planted = noticed + len(tried) - len(alive), planted + len(tried)
            print(f"{module.relative_to(CHECKS)}: {_share(len(tried) - len(alive), len(tried))}", flush=True)
            for fault in alive:
                print(f"  {module.relative_to(ROOT)}:{fault.line}: {fault.words}", flush=True)
    print(f"all: {_share(noticed, planted)}")
    return 0


def _share(noticed: int, count: int) -> str:
    return f"{noticed} of {count} faults noticed, {100 * noticed / max(count, 1):.1f} %"
