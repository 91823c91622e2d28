"""The forward method of a class: steps as statements, with the spec's names.

A value used once, by a function or an operator right behind it, stands inside that expression; along a chain the same
variable is used again.
"""

from __future__ import annotations

from typing import Any, Callable

from specc.backends.layout import Bracket, Doc, Joined, call, rough
from specc.backends.python_text import identifier
from specc.backends.script_calls import ATOM, CallPrinter
from specc.program.model import CheckStep, FunctionStep, Graph, Ref, TrainingStep
from specc.types.tensor import TensorType, sizes

LONGEST_NEST = 72  # characters of an expression another one may stand in
SPARE = ("y", "z", "h", "u", "v", "w")


class Statement:
    """One line (or a nest of them) of a forward: `target = doc  # note`; `inner` holds the lines of an if."""

    __slots__ = ("target", "doc", "note", "indent")

    def __init__(self, target: str, doc: Doc, note: str = "", indent: int = 0) -> None:
        self.target, self.doc, self.note, self.indent = target, doc, note, indent


class ForwardPrinter:
    """Prints the steps of one graph. `module` gives the text of a member, `sequences` the chains that stand for one
    call.
    """

    def __init__(self, graph: Graph, module: Callable[[str], str], sequences: dict[int, tuple[str, Ref]]) -> None:
        self.graph, self.module, self.sequences = graph, module, sequences
        self.variables: dict[int, str] = {}
        self.tensors: dict[str, bool] = {}  # for each variable whether a tensor is in it at the moment
        self.pending: dict[int, tuple[Doc, int]] = {}
        self.last_use, self.uses = _uses(graph)
        self.types = types_of(graph)
        self.statements: list[Statement] = []
        self.calls = CallPrinter(self._value, _state)
        self.at = 0
        self.indent = 0

    def run(self) -> list[Statement]:
        for given in self.graph.inputs:
            self.variables[given.ref.id] = identifier(given.name)
            self.tensors[identifier(given.name)] = isinstance(given.type, TensorType)
        self._steps(self.graph.steps)
        self.at = len(self.last_use) + 10**9
        self.statements.append(Statement("return", self._result()))
        return self.statements

    def _result(self) -> Doc:
        text = self.calls.text(self.graph.result)
        return Joined((text,)) if not isinstance(text, Bracket) else text

    def _steps(self, steps: Any) -> None:
        for place, step in enumerate(steps):
            self.at += 1
            self.calls.device = self._device()
            if isinstance(step, CheckStep):
                self._check(step)
            elif isinstance(step, TrainingStep):
                self._training(step)
            elif _is_part(step):
                self._part(step)
            else:
                self._value_step(step, steps[place + 1 :])

    def _value_step(self, step: Any, rest: Any) -> None:
        skip = self.sequences.get(step.result.id)
        if skip == ("", step.result):
            return
        doc, rank = self._expression(step, skip)
        if self._nests(step, doc, rest):
            self.pending[step.result.id] = (doc, rank)
            return
        if type(step.type) is tuple and self._unpacked(step, doc, rest):
            return
        self._assign(step.result, doc, self._note(step))

    def _expression(self, step: Any, sequence: Any) -> tuple[Doc, int]:
        if isinstance(step, FunctionStep):
            hints = tuple(argument.name for argument in step.use.operation.arguments) if step.use else ()
            return self.calls.call(step.call, hints)
        if sequence is not None:
            path, first = sequence
            return call(self.module(path), self.calls.text(first)), ATOM
        args = [self.calls.text(arg) for arg in step.args]
        named = [Joined((f"{name}=", self.calls.text(value))) for name, value in step.kwargs]
        return call(self.module(step.path), *args, *named), ATOM

    def _nests(self, step: Any, doc: Doc, rest: Any) -> bool:
        """Whether the value may stand inside the next expression instead of on a line of its own."""
        ref = step.result
        if self.uses.get(ref.id) != 1 or ref.id in self.graph.names or type(step.type) is tuple:
            return False
        if not rest:
            return self.graph.result == ref and self.indent == 0
        following = rest[0]
        if not isinstance(following, FunctionStep) or not _reads(following, ref):
            return False
        short = len(rough(doc)) <= LONGEST_NEST - 30
        nested = _depth(doc) <= 2
        return short and nested

    def _device(self) -> str:
        """Where tensors made from nothing go: to those there are."""
        return next((f"{name}.device" for name, is_tensor in self.tensors.items() if is_tensor), "")

    # ------------------------------------------------------------ names

    def _value(self, ref: Ref) -> tuple[Doc, int]:
        if ref.id in self.pending:
            return self.pending.pop(ref.id)
        return self.variables[ref.id], ATOM

    def _assign(self, ref: Ref, doc: Doc, note: str = "") -> None:
        name = self._variable(ref)
        self.variables[ref.id] = name
        self.tensors[name] = isinstance(self.types.get(ref.id), TensorType)
        self.statements.append(Statement(name, doc, note, self.indent))

    def _variable(self, ref: Ref) -> str:
        """The spec's name of a value, else the variable it was made from, else a free one."""
        live = {
            self.variables[other]
            for other, last in self.last_use.items()
            if last > self.at and other in self.variables and other != ref.id
        }
        wanted = [identifier(self.graph.names[ref.id])] if ref.id in self.graph.names else []
        for name in [*wanted, "x", *SPARE]:
            if name not in live:
                return name
        return next(f"x{number}" for number in range(2, 10**6) if f"x{number}" not in live)

    def _note(self, step: Any) -> str:
        """The sizes of a value, where they are not those of what went in."""
        if not isinstance(step.type, TensorType):
            return ""
        return sizes(step.type.shape) if reshapes(self.types, step) else ""

    # ------------------------------------------------------------ tuples

    def _unpacked(self, step: Any, doc: Doc, rest: Any) -> bool:
        """`y, (h, c) = self.rnn(x)`: a tuple whose parts are taken right behind it."""
        parts = {}
        for other in rest:
            if not _is_part(other) or not _reads(other, step.result):
                break
            if type(other.type) is not tuple:
                parts[other.call.args[1]] = other.result
        if len(parts) != self.uses.get(step.result.id) or not parts:
            return False
        names = []
        for place in range(len(step.type)):
            if place in parts and self.uses.get(parts[place].id):
                self.variables[parts[place].id] = self._variable(parts[place])
                self.tensors[self.variables[parts[place].id]] = isinstance(step.type[place], TensorType)
                names.append(self.variables[parts[place].id])
            else:
                names.append("_")
        self.statements.append(Statement(", ".join(names), doc, "", self.indent))
        return True

    def _part(self, step: FunctionStep) -> None:
        """One part of a tuple that was not taken apart at once."""
        if step.result.id in self.variables or not self.uses.get(step.result.id):
            return
        doc, rank = self.calls.call(step.call)
        self._assign(step.result, doc)

    # ------------------------------------------------------------ control

    def _training(self, step: TrainingStep) -> None:
        name = self._variable(step.result)
        for head, steps, value in (
            ("if self.training:", step.then, step.then_result),
            ("else:", step.otherwise, step.otherwise_result),
        ):
            self.statements.append(Statement("", head, "", self.indent))
            self.indent += 4
            self._steps(steps)
            self.statements.append(Statement(name, self.calls.text(value), "", self.indent))
            self.indent -= 4
        self.variables[step.result.id] = name
        self.tensors[name] = isinstance(step.type, TensorType)

    def _check(self, step: CheckStep) -> None:
        op, left, right = step.condition
        wrong = _opposite(self, op, left, right)
        message = "".join(letter if letter not in '"\\' else "'" for letter in step.text)
        self.statements.append(Statement("", Joined(("if ", wrong, ":")), "", self.indent))
        self.statements.append(
            Statement("", f'raise ValueError("the input does not satisfy {ascii(message)[1:-1]}")', "", self.indent + 4)
        )


def _opposite(printer: ForwardPrinter, op: str, left: Any, right: Any) -> Doc:
    turned = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}[op]
    return printer.calls._binary(turned, 4, left, right)


def _state(path: str) -> str:
    from specc.backends.script_members import attribute

    return attribute(path)


def _is_part(step: Any) -> bool:
    return (
        isinstance(step, FunctionStep)
        and step.use is None
        and step.call.target == "operator.getitem"
        and isinstance(step.call.args[1], int)
    )


def _reads(step: Any, ref: Ref) -> bool:
    return any(found == ref for found in refs_in(step))


def refs_in(item: Any) -> list[Ref]:
    """The values an item reads, at any depth, each as often as it stands there."""
    from specc.program.objectives import _refs

    return _refs(item)


def _uses(graph: Graph) -> tuple[dict[int, int], dict[int, int]]:
    """For each value the number of the last step that reads it, and how often it is read."""
    last: dict[int, int] = {}
    count: dict[int, int] = {}
    place = 0

    def visit(steps: Any) -> None:
        nonlocal place
        for step in steps:
            place += 1
            if isinstance(step, TrainingStep):
                visit(step.then)
                visit(step.otherwise)
                note((step.then_result, step.otherwise_result))
            else:
                note(step)

    def note(item: Any) -> None:
        for ref in refs_in(item):
            last[ref.id] = place
            count[ref.id] = count.get(ref.id, 0) + 1

    visit(graph.steps)
    place = 10**9
    note(tuple(graph.result.values()) if isinstance(graph.result, dict) else graph.result)
    return last, count


def types_of(graph: Graph) -> dict[int, Any]:
    """The type of every input and step result, by the number of its Ref."""
    known = {given.ref.id: given.type for given in graph.inputs}

    def visit(steps: Any) -> None:
        for step in steps:
            if isinstance(step, TrainingStep):
                visit(step.then)
                visit(step.otherwise)
            if not isinstance(step, CheckStep):
                known[step.result.id] = step.type

    visit(graph.steps)
    return known


def reshapes(types: dict[int, Any], step: Any) -> bool:
    """Whether a step's result has other sizes than the first value it reads."""
    first = next(iter(refs_in(step)), None)
    before = types.get(first.id) if first is not None else None
    return getattr(before, "shape", None) != step.type.shape


def _depth(doc: Doc) -> int:
    if isinstance(doc, Joined):
        return max((_depth(part) for part in doc.parts), default=0)
    if isinstance(doc, Bracket):
        return max(_depth(doc.head), 1 + max((_depth(item) for item in doc.items), default=0))
    return 0
