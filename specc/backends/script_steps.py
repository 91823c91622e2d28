"""Steps of one's own as statements of the training loop, in the names of the spec."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from specc.backends.layout import Doc, Joined, filled, leaves, lines, rough
from specc.backends.python_text import literal
from specc.backends.script_calls import ATOM, CallPrinter
from specc.backends.script_forward import SPARE, ForwardPrinter, Statement, refs_in
from specc.backends.script_objective import Variables
from specc.program.model import CheckStep, Choose, Graph, InTraining, Ref, SizeOf, TrainingStep

LONGEST_NEST = 56  # characters of an expression another one may stand in


class Written(NamedTuple):
    """The statements of one body, and the expressions of what it gives, by the names asked for."""

    statements: tuple[Statement, ...]
    results: dict[str, Doc]


def written(
    graph: Graph, wanted: list[str], variables: Variables, module: Callable[[str], str], device: str = "device"
) -> Written:
    """A body as statements. Its inputs and the `wanted` results have their names from `variables`; tensors it makes
    lie on `device` ("" for torch's default).
    """
    for name in graph.result:
        if name not in variables:
            variables.add(name)
    printer = BodyPrinter(graph, wanted, variables, module, device)
    statements = printer.run()
    return Written(tuple(statements), printer.results)


class BodyPrinter(ForwardPrinter):
    """Like a forward, but among other bodies: what those have named is left alone."""

    def __init__(
        self, graph: Graph, wanted: list[str], variables: Variables, module: Callable[[str], str], device: str
    ) -> None:
        super().__init__(graph._replace(result={name: graph.result[name] for name in wanted}), module, {})
        self.own = set(graph.result)  # a name bound before keeps its value for the others, though it may be bound here
        self.calls = BodyCalls(self._value, lambda path: path)
        self.device = device
        self.shared = variables
        self.results: dict[str, Doc] = {}

    def run(self) -> list[Statement]:
        for given in self.graph.inputs:
            self.variables[given.ref.id] = self.shared[given.name]
        self._steps(self.graph.steps)
        self.results = {name: self.calls.text(value) for name, value in self.graph.result.items()}
        return self.statements

    def _device(self) -> str:
        return self.device

    def _variable(self, ref: Ref) -> str:
        """The spec's name, which later bodies may read, else a spare one that none has."""
        live = {name for other, name in self.variables.items() if self.last_use.get(other, 0) > self.at}
        name = self.graph.names.get(ref.id, "")
        wanted = [self.shared[name]] if name in self.own else []
        free = [spare for spare in ("x", *SPARE) if spare not in self.shared.taken]
        number = 2
        while not free or all(name in live for name in [*wanted, *free]):
            free.append(f"x{number}")
            number += 1
        return next(name for name in [*wanted, *free] if name not in live)

    def _nests(self, step: Any, doc: Doc, rest: Any) -> bool:
        """Whether a value stands inside the expression that uses it: everything between goes into that one, too."""
        ref = step.result
        if self.uses.get(ref.id) != 1 or ref.id in self.graph.names or type(step.type) is tuple:
            return False
        if len(rough(doc)) > LONGEST_NEST:
            return False
        return _joins(ref, rest) or not rest

    def _training(self, step: TrainingStep) -> None:
        """A step of one's own is always training."""
        self._steps(step.then)
        self._assign(step.result, self.calls.text(step.then_result))


def _joins(ref: Ref, rest: Any) -> bool:
    """Whether the steps up to the one that reads a value are all read by it, or by one another."""
    waiting = {ref}
    for step in rest:
        if isinstance(step, (CheckStep, TrainingStep)) or type(step.type) is tuple:
            return False
        read = [other for other in refs_in(step) if other in waiting]
        if read != sorted(read, key=lambda other: other.id):  # Python would compute them in another order
            return False
        waiting -= set(read)
        if ref not in waiting:
            return not waiting
        waiting.add(step.result)
    return False


class BodyCalls(CallPrinter):
    """Calls outside of a module: nothing is evaluation."""

    def ranked(self, value: Any, hint: str = "") -> tuple[Doc, int]:
        if isinstance(value, Choose):
            return self.ranked(value.then, hint)
        if isinstance(value, InTraining):
            return "True", ATOM
        if isinstance(value, SizeOf) and value.axis == 0:
            return Joined(("len(", self.name(value.value)[0], ")")), ATOM
        return super().ranked(value, hint)


def statement_lines(statements: tuple[Statement, ...], indent: int) -> list[str]:
    """The lines of statements that stand `indent` columns to the right."""
    made: list[str] = []
    for statement in statements:
        before = f"{statement.target} = " if statement.target else ""
        made += lines(plain(statement.doc), indent + statement.indent, before, "", statement.note)
    return [line[indent:] for line in made]


def plain(doc: Doc) -> Doc:
    """An expression with its constants as text."""
    return filled(doc, iter([literal(leaf.value) for leaf in leaves(doc)]))
