"""Blocks: one graph for each distinct use, checked once however often it occurs."""

from __future__ import annotations

from typing import Any, Sequence

from specc.diagnostics.model import Label
from specc.program import calls, chains, operations
from specc.program.context import Compilation, Frame, GraphBuilder, StopElaboration
from specc.program.model import BlockMember, Call, FunctionStep, Graph, ModuleStep
from specc.program.operations import Arg
from specc.program.ordering import in_order
from specc.program.patterns import bind_inputs
from specc.program.placing import place
from specc.program.values import (
    BlockValue,
    Env,
    ExternValue,
    NamedOutputs,
    SizeValue,
    TensorValue,
    code,
    has_unknown,
    key,
    seen,
)
from specc.types.tensor import UNKNOWN

MODULE_LIMIT = 100_000  # modules of a model, those of every use of a block counted
BLOCK_STEPS = 4  # what a use of a block that was not met before costs, in steps


def block_step(frame: Frame, step: Any, block: BlockValue) -> Any:
    """A use of a block: one level of keys, under its label or in the next slot."""
    args = operations.evaluate_arguments(frame.with_hole(None), step.arguments)
    path = place(frame, step.slots, step.label, step.node)
    env = _arguments(frame, block, args, step.node)
    if path is None or env is None or chains.unknown_value(step.value):
        return UNKNOWN
    inputs = chains.arguments_of(step.value, step.node)
    graph = graph_of(frame, block, env, inputs, step.node)
    if graph is None:
        return UNKNOWN
    frame.graph.members[path] = BlockMember(path, graph, step.node)
    _count(frame, graph, step.node)
    return _call(frame, path, graph, inputs, step.node)


def _count(frame: Frame, graph: Graph, node: Any) -> None:
    """Keep the number of modules in bounds: blocks of shared blocks grow fast, though each is checked once."""
    sizes = frame.compilation.sizes
    frame.graph.modules += 1 + sizes[id(graph)]
    if frame.graph.modules > MODULE_LIMIT:
        frame.report("unroll-limit", node.span, f"this model has more than {MODULE_LIMIT:,} modules")
        raise StopElaboration


def _arguments(frame: Frame, block: BlockValue, args: Sequence[Arg], node: Any) -> Env | None:
    for arg in args:
        if isinstance(arg.value, (SizeValue, TensorValue)):
            what = (
                f"a size known only at run time ({seen(arg.value)})" if isinstance(arg.value, SizeValue) else "a tensor"
            )
            frame.report(
                "symbolic-size",
                arg.span,
                f"an argument of a block is settled at compile time, this is {what}",
                helps=("pass tensors through ->, and read sizes inside from the block's input type",),
            )
            return None
    env = calls.bind_parameters(frame, block.definition, block.env, args, node)
    return None if env is None or any(value is UNKNOWN for value in env.names.values()) else env


def graph_of(frame: Frame, block: BlockValue, env: Env, inputs: Sequence[Arg], node: Any) -> Graph | None:
    """The graph of this use: found if the same arguments and input types occurred before, else elaborated."""
    compilation = frame.compilation
    types = tuple((arg.name, key(seen(arg.value))) for arg in inputs)
    use = (id(block.definition), tuple((name, key(value)) for name, value in env.names.items()), types)
    if use not in compilation.graphs:
        compilation.enter(node.span, block.definition.name)
        compilation.spend(BLOCK_STEPS, node.span)
        compilation.graphs[use] = elaborate_block(compilation, block, env, inputs, node)
        compilation.leave()
    return compilation.graphs[use]


def elaborate_block(
    compilation: Compilation, block: BlockValue, env: Env, inputs: Sequence[Arg] | None, node: Any
) -> Graph | None:
    """One use of a block or (with inputs None: its own types hold) a model; None where it gives no result."""
    from specc.program.bodies import run_body

    before = len(compilation.problems)
    arguments = dict(env.names)
    frame = Frame(compilation, GraphBuilder(), env)
    fits = bind_inputs(frame, block.definition, inputs, node)
    if fits:
        run_body(frame, block.definition)
    _point_at_use(compilation, before, block, inputs, node)
    if not fits or frame.graph.result is None or has_unknown(frame.graph.result):
        return None
    graph = finish(frame, block.definition, arguments)
    compilation.sizes[id(graph)] = frame.graph.modules + len(graph.members)
    return graph


def _point_at_use(compilation: Compilation, before: int, block: BlockValue, inputs: Any, node: Any) -> None:
    """Findings inside a block name the use that led to them."""
    if inputs is None:
        return
    problems = compilation.problems
    for place_, problem in enumerate(problems[before:], before):
        if (
            problem.span != node.span
            and len(problem.labels) < 4
            and problem.span.source is block.definition.span.source
        ):
            used = Label(node.span, f"in this use of {block.definition.name}")
            problems[place_] = problem._replace(labels=(*problem.labels, used))


def finish(frame: Frame, definition: Any, arguments: dict[str, Any]) -> Graph:
    """The frozen graph of an elaborated body."""
    builder = frame.graph
    result = builder.result
    if isinstance(result, NamedOutputs):
        shown: Any = {name: code(value) for name, value in result.items}
        types: Any = {name: seen(value) for name, value in result.items}
    else:
        shown, types = code(result), seen(result)
    return Graph(
        definition.name,
        definition,
        arguments,
        tuple(given for given, _ in builder.inputs),
        in_order(builder),
        tuple(builder.steps),
        shown,
        types,
        tuple((a, b) for a, b, _ in builder.ties),
        builder.names,
        definition.span,
    )


def _call(frame: Frame, path: str, graph: Graph, inputs: Sequence[Arg], node: Any) -> Any:
    """The step that calls a block, and its result as a value."""
    frame.compilation.spend(1, node.span)
    args = tuple(code(arg.value) for arg in inputs if arg.name is None)
    kwargs = tuple((arg.name, code(arg.value)) for arg in inputs if arg.name is not None)
    types = graph.result_type
    named = isinstance(types, dict)
    type = tuple(types.values()) if named else types
    value = frame.graph.add(ModuleStep(path, args, kwargs, frame.graph.ref(), type, None, node), type)
    return _named(frame, value, types, node) if named else value


def _named(frame: Frame, value: TensorValue, types: dict[str, Any], node: Any) -> NamedOutputs:
    """The parts of a result with named outputs."""
    items = []
    for name, type in types.items():
        call = Call("operator.getitem", (value.code, name))
        items.append((name, frame.graph.add(FunctionStep(call, frame.graph.ref(), type, None, node), type)))
    return NamedOutputs(tuple(items))


def call_again(frame: Frame, member: BlockMember, inputs: Sequence[Arg], node: Any) -> Any:
    """A further use of a block that stands as a `layer`: the same weights, so the same sizes."""
    if any(has_unknown(arg.value) for arg in inputs):
        return UNKNOWN
    graph = member.graph
    block = BlockValue(graph.definition, frame.env)
    env = Env(frame.compilation.top, dict(graph.arguments))
    again = elaborate_block(frame.compilation, block, env, inputs, node)
    if again is None:
        return UNKNOWN
    if not same_code(graph, again):
        frame.report(
            "block-input-mismatch",
            node.span,
            f"{graph.name} is one module: its weights were made for {_inputs(graph)}, {_inputs(again)} needs others",
        )
        return UNKNOWN
    return _call(frame, member.path, again, inputs, node)


def same_code(a: Graph, b: Graph) -> bool:
    """Whether two uses of one block are the same Python: equal layers, steps and results."""
    return (
        _members(a) == _members(b)
        and [_step(s) for s in a.steps] == [_step(s) for s in b.steps]
        and a.result == b.result
    )


def _members(graph: Graph) -> list[Any]:
    return [(m.path, getattr(m, "call", None), getattr(m, "state", None)) for m in graph.members]


def _step(step: Any) -> Any:
    return (
        getattr(step, "call", None),
        getattr(step, "path", None),
        getattr(step, "args", None),
        step[0] if isinstance(step[0], str) else None,
    )


def _inputs(graph: Graph) -> str:
    return ", ".join(str(given.type) for given in graph.inputs)


def extern_step(frame: Frame, step: Any, extern: ExternValue) -> Any:
    from specc.program.externs import use_extern

    return use_extern(frame, step, extern)
