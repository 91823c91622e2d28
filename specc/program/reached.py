"""Which parameters the gradient of the losses reaches in training: back along the steps, from losses to layers."""

from __future__ import annotations

from typing import Any

from specc.program.expressions import StateOf
from specc.program.model import BlockMember, FunctionStep, Graph, ModuleStep, Program, Ref, TrainingStep
from specc.program.reads import read_by
from specc.types.tensor import TensorType

STOPPING = frozenset(("detach", "no_grad"))
FRESH = frozenset(f"{name}_like" for name in ("zeros", "ones", "empty", "full", "rand", "randn", "randint"))
WHOLE: Any = None  # a value as it is, not a part of it


def unreached(program: Program) -> list[str]:
    """The keys of the trainable parameters of the model that no gradient of a loss reaches.

    Those of the user's own Python are in no spec, so not in the list.
    """
    from specc.program.objectives import output_types

    model = program.models[0]
    read = {name for term in program.losses for name in _Back(term.graph, "", set()).inputs()}
    names = output_types(model.graph)
    parts = {part for name, part in zip(names, _parts(model.graph.result)) if name in read}
    reached: set[str] = set()
    _Back(model.graph, "", reached, parts).inputs()
    _tie(model.graph, "", reached)
    return [entry.key for entry in model.state if entry.trainable and not _is_in(entry.key, reached)]


class _Back:
    """One graph, followed from its result to its inputs; `reached` gathers paths of layers and parameters."""

    def __init__(self, graph: Graph, prefix: str, reached: set[str], parts: Any = frozenset((WHOLE,))) -> None:
        self.graph, self.prefix, self.reached = graph, prefix, reached
        self.blocks = {member.path: member.graph for member in graph.members if isinstance(member, BlockMember)}
        self.wanted: dict[int, set[Any]] = {}  # by the number of a value, which parts of it
        self._want_parts(graph.result, parts)

    def inputs(self) -> set[str]:
        """The names of the inputs that are reached."""
        self._follow(self.graph.steps)
        return {given.name for given in self.graph.inputs if given.ref.id in self.wanted}

    def _want(self, item: Any, part: Any = WHOLE) -> None:
        for read in read_by(item, sizes=False):
            if isinstance(read, StateOf):
                self.reached.add(self.prefix + read.path)
            else:
                self.wanted.setdefault(read.id, set()).add(part)

    def _want_parts(self, item: Any, parts: Any) -> None:
        for part in parts:
            if part is not WHOLE and isinstance(item, (tuple, list, dict)) and not isinstance(item, Ref):
                self._want(item[part])
            else:
                self._want(item, part)

    def _follow(self, steps: Any) -> None:
        for step in reversed(steps):
            result = getattr(step, "result", None)
            if isinstance(result, Ref) and result.id in self.wanted and not stops(step):
                self._step(step, self.wanted[result.id])

    def _step(self, step: Any, parts: set[Any]) -> None:
        if isinstance(step, TrainingStep):
            self._want_parts(step.then_result, parts)
            self._follow(step.then)
        elif isinstance(step, ModuleStep):
            self._module(step, parts)
        elif _is_part(step):
            self._want(*step.call.args)
        else:
            self._want(step)

    def _module(self, step: ModuleStep, parts: set[Any]) -> None:
        path = self.prefix + step.path
        if step.path not in self.blocks:
            self.reached.add(path)
            return self._want(step)
        graph = self.blocks[step.path]
        found = _Back(graph, f"{path}.", self.reached, parts).inputs()
        given = [*zip((item.name for item in graph.inputs), step.args), *step.kwargs]
        self._want([value for name, value in given if name in found])


def stops(step: Any) -> bool:
    """Whether no gradient goes back through a step."""
    if isinstance(step.type, TensorType) and not step.type.is_float:
        return True
    use = getattr(step, "use", None)
    return use is not None and use.operation.name in STOPPING | FRESH


def _is_part(step: Any) -> bool:
    """Whether a step takes one part of a tuple, by number or name."""
    if not isinstance(step, FunctionStep) or step.use is not None or step.call.target != "operator.getitem":
        return False
    return isinstance(step.call.args[1], (int, str))


def _parts(result: Any) -> list[Any]:
    """What takes the values of a result out of it, in order; a single one is taken whole."""
    if isinstance(result, dict):
        return list(result)
    return list(range(len(result))) if type(result) is tuple else [WHOLE]


def _tie(graph: Graph, prefix: str, reached: set[str]) -> None:
    """What is tied to a parameter that is reached is that parameter."""
    for pair in graph.ties:
        paths = {prefix + path for path in pair}
        if any(_is_in(path, reached) for path in paths):
            reached |= paths
    for member in graph.members:
        if isinstance(member, BlockMember):
            _tie(member.graph, f"{prefix}{member.path}.", reached)


def _is_in(key: str, reached: set[str]) -> bool:
    """Whether a parameter, or the layer that holds it, is reached."""
    return key in reached or key.rpartition(".")[0] in reached
