"""The forward of a graph as Python code, built as a syntax tree with the spec's line numbers."""

from __future__ import annotations

import ast
from typing import Any, Callable

import torch
from torch import nn

from specc.backends.factories import FACTORIES, place_of
from specc.backends.own_python import Checked
from specc.backends.targets import resolve
from specc.ops.base import is_own
from specc.program.model import (
    Arithmetic,
    Call,
    CheckStep,
    Choose,
    FunctionStep,
    Graph,
    InTraining,
    ModuleStep,
    Ref,
    SizeOf,
    StateOf,
    Step,
    TrainingStep,
)
from specc.types.tensor import TORCH_NAMES, DType

OPERATORS = {
    "add": ast.Add,
    "sub": ast.Sub,
    "mul": ast.Mult,
    "truediv": ast.Div,
    "floordiv": ast.FloorDiv,
    "mod": ast.Mod,
    "pow": ast.Pow,
    "matmul": ast.MatMult,
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "//": ast.FloorDiv,
    "%": ast.Mod,
    "**": ast.Pow,
    "/": ast.Div,
}
COMPARISONS = {
    "lt": ast.Lt,
    "gt": ast.Gt,
    "le": ast.LtE,
    "ge": ast.GtE,
    "eq": ast.Eq,
    "ne": ast.NotEq,
    "<": ast.Lt,
    ">": ast.Gt,
    "<=": ast.LtE,
    ">=": ast.GtE,
    "==": ast.Eq,
    "!=": ast.NotEq,
}


# Names of our own in a forward begin with two underscores, which no name of a spec does.
BUILTINS = {"__min": min, "__max": max, "__getattr": getattr, "__ValueError": ValueError}
NO_NAME = str.maketrans(".:", "__")


class ForwardCode:
    """The class of a graph's modules."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.globals: dict[str, Any] = {"__torch": torch, **BUILTINS}
        self._class: type[nn.Module] | None = None
        self._place: str | None = None  # the input on whose device a forward makes its tensors

    def module_class(self) -> type[nn.Module]:
        if self._class is None:
            graph = self.graph
            place = place_of(graph)
            self._place = place and place.name
            forward = self._function(
                "forward", [given.name for given in graph.inputs], self._inputs(), graph.steps, graph.result
            )
            self._class = type(graph.name, (nn.Module,), {"forward": forward, "__module__": __name__})
        return self._class

    def held(self, steps: tuple[Step, ...], value: Any, module: nn.Module) -> torch.Tensor:
        """The tensor that a buffer or parameter of a module under construction starts as."""
        self._place = None
        with torch.no_grad():
            return self._function("held", [], [], steps, value)(module)

    def _inputs(self) -> list[ast.stmt]:
        return [_assign(_name(given.ref), ast.Name(given.name, ast.Load())) for given in self.graph.inputs]

    def _function(
        self, name: str, inputs: list[str], before: list[ast.stmt], steps: tuple[Step, ...], result: Any
    ) -> Any:
        """Compile `def name(self, inputs): steps; return result`."""
        body = [*before, *self._steps(steps), ast.Return(self.expression(result))]
        line = self.graph.span.source.position(self.graph.span.start).line
        parameters = ast.arguments([], [ast.arg("__self"), *(ast.arg(i) for i in inputs)], None, [], [], None, [])
        function = ast.FunctionDef(name, parameters, body, [], None, None)
        function.lineno, function.col_offset = line, 0
        module = _located(ast.Module([function], []), line)
        scope = self.globals
        exec(compile(module, self.graph.span.source.name, "exec"), scope)
        return scope.pop(name)

    def _steps(self, steps: tuple[Step, ...]) -> list[ast.stmt]:
        return [_located(self._step(step), step.site.span.source.position(step.site.span.start).line) for step in steps]

    def _step(self, step: Step) -> ast.stmt:
        if isinstance(step, ModuleStep):
            call = ast.Call(_member(step.path), [self.expression(a) for a in step.args], self._keywords(step.kwargs))
            return _assign(_name(step.result), self._checked(step, call))
        if isinstance(step, FunctionStep):
            return _assign(_name(step.result), self._checked(step, self.expression(step.call)))
        if isinstance(step, CheckStep):
            return self._check(step)
        return self._training(step)

    def _check(self, step: CheckStep) -> ast.stmt:
        op, left, right = step.condition
        wrong = ast.UnaryOp(
            ast.Not(), ast.Compare(self.expression(left), [COMPARISONS[op]()], [self.expression(right)])
        )
        error = ast.Call(
            ast.Name("__ValueError", ast.Load()), [ast.Constant(f"the input does not satisfy {step.text}")], []
        )
        return ast.If(wrong, [ast.Raise(error, None)], [])

    def _training(self, step: TrainingStep) -> ast.stmt:
        sides = [
            [*self._steps(steps), _assign(_name(step.result), self.expression(value))]
            for steps, value in ((step.then, step.then_result), (step.otherwise, step.otherwise_result))
        ]
        return ast.If(_training(), *sides)

    def _checked(self, step: ModuleStep | FunctionStep, call: ast.expr) -> ast.expr:
        """The call; that of the user's own Python inside a check of what it gives."""
        if step.use is None or not is_own(step.use.operation):
            return call
        operation: Any = step.use.operation
        written = (step.args, step.kwargs) if isinstance(step, ModuleStep) else (step.call.args, step.call.kwargs)
        places = {argument.name: number for number, argument in enumerate(operation.inputs)}
        named = {
            **{number: value for number, value in enumerate(written[0][: len(places)])},
            **{places[name]: value for name, value in written[1] if name in places},
        }
        types = [step.use.values[argument.name] for argument in operation.inputs]
        name = f"__checked{step.result.id}"
        self.globals[name] = Checked(operation, types, step.type)
        tensors = [self.expression(named[number]) for number in sorted(named)]
        return ast.Call(ast.Name(name, ast.Load()), [call, *tensors], [])

    def _keywords(self, kwargs: tuple[tuple[str, Any], ...]) -> list[ast.keyword]:
        return [ast.keyword(name, self.expression(value)) for name, value in kwargs]

    # ------------------------------------------------------------ expressions

    def expression(self, value: Any) -> ast.expr:
        """An argument, nested as it may be, as Python."""
        rule = _RULES.get(type(value))
        if rule is not None:
            return rule(self, value)
        if type(value) is tuple:
            return ast.Tuple([self.expression(item) for item in value], ast.Load())
        return ast.Constant(value)

    def _call(self, call: Call) -> ast.expr:
        root, _, name = call.target.rpartition(".")
        args = [self.expression(arg) for arg in call.args]
        if root == "operator":
            return _operator(name, args, call)
        if root == "torch.Tensor":
            return self._method(name, args, call)
        alias = "__" + call.target.translate(NO_NAME)
        self.globals[alias] = resolve(call.target)
        keywords = self._keywords(call.kwargs)
        if self._place is not None and call.target in FACTORIES:
            device = ast.Attribute(ast.Name(self._place, ast.Load()), "device", ast.Load())
            keywords.append(ast.keyword("device", device))
        return ast.Call(ast.Name(alias, ast.Load()), args, keywords)

    def _method(self, name: str, args: list[ast.expr], call: Call) -> ast.expr:
        attribute = ast.Attribute(args[0], name, ast.Load())
        if not callable(getattr(torch.Tensor, name)):
            return attribute
        return ast.Call(attribute, args[1:], self._keywords(call.kwargs))

    def _dtype(self, value: DType) -> ast.expr:
        return ast.Attribute(ast.Name("__torch", ast.Load()), TORCH_NAMES[value.name], ast.Load())

    def _size(self, value: SizeOf) -> ast.expr:
        shape = ast.Attribute(self.expression(value.value), "shape", ast.Load())
        return ast.Subscript(shape, ast.Constant(value.axis), ast.Load())

    def _arithmetic(self, value: Arithmetic) -> ast.expr:
        sides = [self.expression(value.left), self.expression(value.right)]
        if value.op in ("min", "max"):
            return ast.Call(ast.Name(f"__{value.op}", ast.Load()), sides, [])
        return ast.BinOp(sides[0], OPERATORS[value.op](), sides[1])

    def _slice(self, value: slice) -> ast.expr:
        return ast.Slice(
            *(None if end is None else self.expression(end) for end in (value.start, value.stop, value.step))
        )

    def _choose(self, value: Choose) -> ast.expr:
        return ast.IfExp(_training(), self.expression(value.then), self.expression(value.otherwise))

    def _list(self, value: list[Any]) -> ast.expr:
        return ast.List([self.expression(item) for item in value], ast.Load())

    def _dict(self, value: dict[str, Any]) -> ast.expr:
        return ast.Dict([ast.Constant(name) for name in value], [self.expression(item) for item in value.values()])


def _operator(name: str, args: list[ast.expr], call: Call) -> ast.expr:
    if name == "getitem":
        return ast.Subscript(args[0], args[1], ast.Load())
    if name == "neg":
        return ast.UnaryOp(ast.USub(), args[0])
    if name in COMPARISONS:
        return ast.Compare(args[0], [COMPARISONS[name]()], [args[1]])
    return ast.BinOp(args[0], OPERATORS[name](), args[1])


def _name(ref: Ref) -> str:
    return f"__v{ref.id}"


def _assign(name: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(name, ast.Store())], value)


def _self() -> ast.expr:
    return ast.Name("__self", ast.Load())


def _training() -> ast.expr:
    return ast.Attribute(_self(), "training", ast.Load())


def _member(path: str) -> ast.expr:
    """`self._modules["features"]._modules["0"]`: no slower than an attribute of a hand-written module."""
    found = _self()
    for word in path.split("."):
        found = ast.Subscript(ast.Attribute(found, "_modules", ast.Load()), ast.Constant(word), ast.Load())
    return found


def _state(code: ForwardCode, value: StateOf) -> ast.expr:
    owner, _, name = value.path.rpartition(".")
    return ast.Call(ast.Name("__getattr", ast.Load()), [_member(owner) if owner else _self(), ast.Constant(name)], [])


def _located(node: Any, line: int) -> Any:
    """Give every node that has no place yet the line of the spec it came from."""
    for child in ast.walk(node):
        if not hasattr(child, "lineno"):
            places = {"lineno": line, "end_lineno": line, "col_offset": 0, "end_col_offset": 0}
            child.__dict__.update(places)
    return node


_RULES: dict[type, Callable[[ForwardCode, Any], ast.expr]] = {
    Ref: lambda code, value: ast.Name(_name(value), ast.Load()),
    Call: ForwardCode._call,
    DType: ForwardCode._dtype,
    SizeOf: ForwardCode._size,
    Arithmetic: ForwardCode._arithmetic,
    slice: ForwardCode._slice,
    Choose: ForwardCode._choose,
    InTraining: lambda code, value: _training(),
    StateOf: _state,
    list: ForwardCode._list,
    dict: ForwardCode._dict,
}
