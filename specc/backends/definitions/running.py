"""Running printed text with stand-ins for torch, and writing down what it does."""

from __future__ import annotations

import ast
import builtins
import math
from collections import OrderedDict
from fnmatch import fnmatch
from functools import partial
from typing import Any

from specc.backends.definitions.record import Key, Level, Record, event
from specc.backends.definitions.stand_ins import (
    Module,
    ModuleDict,
    ModuleList,
    Name,
    Sequential,
    Session,
    Shape,
    Value,
    bare,
    least,
)
from specc.backends.definitions.types import kind_of
from specc.backends.definitions.unfolding import take

ALLOWED = (
    "__build_class__ ValueError all any bool dict enumerate float getattr int isinstance len list max min range "
    "reversed round sorted str sum super tuple zip abs"
).split()


class Loaded:
    """The classes of a text, ready to be run."""

    def __init__(self, text: str) -> None:
        module = _Unpacking().visit(ast.parse(text))
        self.code = compile(ast.fix_missing_locations(module), "<printed>", "exec", dont_inherit=True, flags=FLAGS)

    def record(
        self, made_by: str, inputs: int, shapes: Any = ({}, {}), kinds: dict[str, dict[str, list[Any]]] | None = None
    ) -> Record:
        """What the module that the expression `made_by` makes does with so many inputs.

        `shapes` are those of the checked values. The kinds of the values that the functions named in `kinds` take and
        give are noted there.
        """
        session = Session(shapes)
        scope = _scope(session)
        exec(self.code, scope)
        for name, found in (kinds or {}).items():
            scope[name] = _watched(scope[name], found)
        module = eval(made_by, scope)
        level = _frozen(module)
        sides = []
        for training in (True, False):
            session.start(training)
            result = module(*(Value(session, Key(("input", place))) for place in range(inputs)))
            sides.append((*session.calls, ("return", event("", (bare(result),), ()))))
        return Record(tuple(session.made), level, *sides)


def _watched(function: Any, found: dict[str, list[Any]]) -> Any:
    """A function that notes the kinds of its arguments and results."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    defaults = function.__defaults__ or ()

    def run(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        given = dict(zip(names[len(names) - len(defaults) :], defaults)) | dict(zip(names, args)) | kwargs
        for name, value in (*given.items(), ("return", result)):
            if kind_of(value) not in found.setdefault(name, []):
                found[name].append(kind_of(value))
        return result

    return run


def run_expression(text: str, number: int) -> tuple[list[Any], Any]:
    """What lines that end in an expression do, its calls counted from `number`; and the key of its value."""
    session = Session()
    session.made.extend([None] * number)
    *before, last = text.splitlines()
    scope = _scope(session)
    scope["self"] = module = scope["nn"].Module()
    exec("\n".join(before), scope)
    value = eval(last, scope)
    kept = next(iter(module.key.own.values()), None)
    return session.made[number:], kept if value is None else value.key


def _scope(session: Session) -> dict[str, Any]:
    special: dict[str, Any] = {}
    for made in (Module, Sequential, ModuleList, ModuleDict):
        special[f"torch.nn.{made.__name__}"] = type(made.__name__, (made,), {"session": session})
    torch = Name(session, "torch", special)
    allowed = {name: getattr(builtins, name) for name in ALLOWED}
    allowed |= {"min": least("min"), "max": least("max")}
    return {
        "__builtins__": allowed,
        "__name__": "printed",
        "torch": torch,
        "nn": torch.nn,
        "F": torch.nn.functional,
        "ops": Name(session, "torchvision.ops", special),
        "math": math,
        "OrderedDict": OrderedDict,
        "partial": partial,
        "fnmatch": fnmatch,
        "parts": _parts,
    }


def _frozen(module: Any) -> Any:
    """The tree of names of a module."""
    if not isinstance(module.key, Level):
        return module.key
    level = Level()
    level.own = module.key.own
    level.children = {name: _Frozen(_frozen(child)) for name, child in module.key.children.items()}
    return level.frozen()


class _Frozen(Level):
    """A level that is frozen already."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def frozen(self) -> Any:
        return self.value


def _parts(value: Any, count: int) -> Any:
    """A tensor of tensors, or a shape, taken apart: its parts are no calls."""
    if isinstance(value, Shape):
        return value.apart(count)
    if not isinstance(value, Value):
        return value
    return [Value(value.session, take(value.key, place)) for place in range(count)]


class _Unpacking(ast.NodeTransformer):
    """`a, (b, c) = value` in steps that say how many parts each has."""

    def visit_Assign(self, node: ast.Assign) -> Any:
        self.generic_visit(node)
        return self._split(node.targets[0], node.value, node) if len(node.targets) == 1 else node

    def _split(self, target: Any, value: Any, node: ast.Assign) -> Any:
        if not isinstance(target, ast.Tuple):
            return ast.copy_location(ast.Assign([target], value), node)
        names = [f"part{id(item)}" for item in target.elts]
        call = ast.Call(ast.Name("parts", ast.Load()), [value, ast.Constant(len(names))], [])
        first = ast.Assign([ast.Tuple([ast.Name(n, ast.Store()) for n in names], ast.Store())], call)
        rest = [self._split(item, ast.Name(n, ast.Load()), node) for item, n in zip(target.elts, names)]
        return [ast.copy_location(first, node), *_flatten(rest)]


def _flatten(items: Any) -> list[Any]:
    return [inner for item in items for inner in (_flatten(item) if isinstance(item, list) else [item])]


FLAGS = 0x1000000  # annotations stay text, as `from __future__ import annotations` has it
