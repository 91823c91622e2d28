"""The record of a graph: what the built module does, read off the checked program."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from specc.backends.definitions.record import Key, Level, Record, event
from specc.backends.factories import FACTORIES, place_of
from specc.backends.layout import Doc, filled, flat, leaves
from specc.backends.python_text import literal
from specc.backends.script_members import buffer, parameter
from specc.program.model import (
    Arithmetic,
    BlockMember,
    BufferMember,
    Call,
    CheckStep,
    Choose,
    FunctionStep,
    Graph,
    InTraining,
    LayerMember,
    ModuleStep,
    ParameterMember,
    Ref,
    SizeOf,
    StateOf,
)
from specc.types.tensor import TensorType

OPPOSITE = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}
ALIASES = (("nn.", "torch.nn."), ("F.", "torch.nn.functional."), ("ops.", "torchvision.ops."))


class Unfolded(NamedTuple):
    """The record of a graph, and the shapes that were checked: of each value, in training and in evaluating."""

    record: Record
    shapes: tuple[dict[Key, tuple[Any, ...]], ...]


def unfold(graph: Graph, run: Callable[[str, int], tuple[list[Any], Any]]) -> Unfolded:
    """The record of a graph. `run` writes down what an expression of torch does (for parameters and buffers)."""
    making = Making(run)
    level = making.module(graph)
    sides, shapes = [], []
    for training in (True, False):
        calls = Calls(level, training)
        inputs = [Key(("input", place)) for place in range(len(graph.inputs))]
        result = calls.graph(graph, level, inputs)
        sides.append((*calls.log, ("return", event("", (result,), ()))))
        shapes.append(calls.shapes)
    return Unfolded(Record(tuple(making.made), level.frozen(), *sides), tuple(shapes))


class Made(Level):
    """A block's module: a level that remembers its graph."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph


class Making:
    """Constructs what a graph holds, in the order of the built module."""

    def __init__(self, run: Callable[[str, int], tuple[list[Any], Any]]) -> None:
        self.run = run
        self.made: list[Any] = []

    def module(self, graph: Graph) -> Made:
        module = Made(graph)
        for member in graph.members:
            owner, name = _owner(module, member.path)
            if isinstance(member, BlockMember):
                owner.children[name] = self.module(member.graph)
            elif isinstance(member, LayerMember):
                self.made.append(event(member.call.target, member.call.args, member.call.kwargs))
                owner.children[name] = Key(("module", len(self.made) - 1))
            else:
                self._own(owner, name, member)
        for left, right in graph.ties:
            self.made.append(event("tie", (_state(module, left), _state(module, right)), ()))
        return module

    def _own(self, owner: Level, name: str, member: ParameterMember | BufferMember) -> None:
        if isinstance(member, ParameterMember):
            before, doc = parameter(member)
        else:
            *before, (_, doc, _) = buffer(member, name, "self")
        lines = [f"{target} = {text_of(part)}" for target, part, _ in before]
        log, value = self.run("\n".join([*lines, text_of(doc)]), len(self.made))
        self.made += log
        owner.own[name] = value


def text_of(doc: Doc) -> str:
    """A doc with its constants as they are."""
    return flat(filled(doc, iter([literal(leaf.value) for leaf in leaves(doc)])))


def _owner(module: Level, path: str) -> tuple[Level, str]:
    *levels, name = path.split(".")
    for level in levels:
        module = module.children.setdefault(level, Level())
    return module, name


def _state(module: Level, path: str) -> Key:
    """A parameter or buffer below a module, as a value."""
    owner, _, name = path.rpartition(".")
    found: Any = module
    for word in owner.split(".") if owner else ():
        found = found.children[word]
    return found.own[name] if isinstance(found, Level) else Key(("state", found, name))


class Calls:
    """Runs the steps of a graph on keys."""

    def __init__(self, root: Made, training: bool) -> None:
        self.root, self.training = root, training
        self.log: list[Any] = []
        self.shapes: dict[Key, tuple[Any, ...]] = {}

    def graph(self, graph: Graph, module: Level, inputs: Any) -> Any:
        values = {given.ref.id: value for given, value in zip(graph.inputs, inputs)}
        for given, value in zip(graph.inputs, inputs):
            self.checked(value, given.type)
        run = Steps(self, module, values, place_of(graph) is not None)
        run.steps(graph.steps)
        return run.value(graph.result)

    def checked(self, value: Any, type_: Any) -> None:
        """Note the shape of a value."""
        if isinstance(value, Key) and isinstance(type_, TensorType):
            self.shapes.setdefault(value, type_.shape)

    def note(self, target: str, args: Any, kwargs: Any) -> Key:
        self.log.append(event(target, args, kwargs))
        return Key(("call", len(self.log) - 1))


class Steps:
    """The steps of one use of a graph; `placed` if the tensors it makes go to the device of what goes in."""

    def __init__(self, calls: Calls, module: Level, values: dict[int, Any], placed: bool) -> None:
        self.calls, self.module, self.values, self.placed = calls, module, values, placed

    def steps(self, steps: Any) -> None:
        for step in steps:
            if isinstance(step, CheckStep):
                op, left, right = step.condition
                self.calls.log.append(("check", OPPOSITE[op], *event("", (self.value(left), self.value(right)), ())))
            else:
                self.values[step.result.id] = value = self._result(step)
                self.calls.checked(value, step.type)

    def _result(self, step: Any) -> Any:
        if isinstance(step, ModuleStep):
            return self._module(step)
        if isinstance(step, FunctionStep):
            return self.call(step.call)
        taken = (step.then, step.then_result) if self.calls.training else (step.otherwise, step.otherwise_result)
        self.steps(taken[0])
        return self.value(taken[1])

    def _module(self, step: ModuleStep) -> Any:
        found: Any = self.module
        for word in step.path.split("."):
            found = found.children[word]
        args, kwargs = [self.value(a) for a in step.args], [(n, self.value(v)) for n, v in step.kwargs]
        if isinstance(found, Made):
            names = [given.name for given in found.graph.inputs]
            given = dict(zip(names, args)) | dict(kwargs)
            return self.calls.graph(found.graph, found, [given[name] for name in names])
        return self.calls.note("forward", (found, *args), kwargs)

    def call(self, call: Call) -> Any:
        args = [self.value(arg) for arg in call.args]
        if call.target == "operator.getitem" and type(args[1]) in (int, str):
            return take(args[0], args[1])
        kwargs = [(name, self.value(value)) for name, value in call.kwargs]
        if self.placed and call.target in FACTORIES:
            kwargs.append(("device", Key(("name", "device"))))
        return self.calls.note(call.target, args, kwargs)

    def value(self, value: Any) -> Any:
        kind = type(value)
        if kind in (tuple, list):
            return kind(self.value(item) for item in value)
        if kind is dict:
            return {name: self.value(item) for name, item in value.items()}
        rule = RULES.get(kind)
        return value if rule is None else rule(self, value)


def take(value: Any, index: Any) -> Any:
    """One part of a tuple of tensors (or a row of a tensor), which is no call of its own."""
    return Key(("part", value, index)) if isinstance(value, Key) else value[index]


RULES: dict[type, Any] = {
    Ref: lambda run, value: run.values[value.id],
    SizeOf: lambda run, value: Key(("size", run.value(value.value), value.axis)),
    Arithmetic: lambda run, value: Key((value.op, run.value(value.left), run.value(value.right))),
    StateOf: lambda run, value: _state(run.module, value.path),
    Choose: lambda run, value: run.value(value.then if run.calls.training else value.otherwise),
    InTraining: lambda run, value: run.calls.training,
    Call: lambda run, value: run.call(value),
    slice: lambda run, value: slice(run.value(value.start), run.value(value.stop), run.value(value.step)),
}
