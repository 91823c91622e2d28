"""From the tree of a file to its typed program."""

from __future__ import annotations

import sys
from typing import Any, Callable, Mapping

from specc.diagnostics.model import Diagnostic
from specc.program import blocks, calls, overrides
from specc.program.bodies import let_value
from specc.program.context import Compilation, Frame, StopElaboration
from specc.program.externs import check_extern
from specc.program.imports import import_names, imported_models
from specc.program.initialization import fills_of, init_rules, parameters_of, report_unmatched
from specc.program.model import Model, Program
from specc.program.modelstate import state_of
from specc.program.names import library
from specc.program.sizes import open_sizes
from specc.program.values import MISSING, BlockValue, Env, ExternValue, FnValue
from specc.source import Source
from specc.syntax import tree
from specc.types.facts import Facts

Load = Callable[[Source, str], "Source | str"]
PYTHON_FRAMES = 20_000  # a nest of 64 blocks needs a few thousand; Python's own limit is 1,000


def elaborate(
    module: tree.Module, settings: Mapping[str, str], load: Load
) -> tuple[Program | None, tuple[Diagnostic, ...]]:
    """The program of a parsed file, as far as it could be understood, and what is wrong with it."""
    problems: list[Diagnostic] = []
    compilation = Compilation(module.span.source, load, problems)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, PYTHON_FRAMES))
    try:
        program = _program(compilation, module, settings)
    except StopElaboration:
        program = None
    finally:
        sys.setrecursionlimit(before)
    return program, unique(problems)


def unique(problems: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """One finding for each rule and place: a line of a block that is used ten times is told of once."""
    seen: dict[Any, Diagnostic] = {}
    for problem in problems:
        place = (problem.name, id(problem.span.source), problem.span.start, problem.span.end)
        seen.setdefault(place, problem)
    return tuple(seen.values())


def _program(compilation: Compilation, module: tree.Module, settings: Mapping[str, str]) -> Program:
    from specc.program.job import elaborate_job

    overrides.read(compilation, settings)
    frame = Frame(compilation, None, compilation.top)
    define(frame, module)
    blocks = [BlockValue(item, compilation.top) for item in module.items if _is_model(item)]
    blocks = blocks or imported_models(compilation, module)
    compilation.inits += [item for item in module.items if isinstance(item, tree.Init)]
    models = tuple(filter(None, [_model(compilation, block) for block in blocks]))
    report_unmatched(compilation, [block.definition.name for block in blocks])
    program = elaborate_job(frame, module, [block.definition for block in blocks], models)
    overrides.report_unused(compilation)
    return program


def _is_model(item: Any) -> bool:
    return isinstance(item, tree.Block) and item.kind == "model"


def define(frame: Frame, module: tree.Module) -> None:
    """Bind the top-level names of a file in the order written; blocks and functions may be used before they stand."""
    for item in module.items:
        if isinstance(item, (tree.Block, tree.Fn, tree.Extern)):
            name = item.name
            if frame.env.names.get(name, MISSING) is not MISSING:
                frame.report("duplicate-name", item.span, f"{name} is defined twice")
            _note_shadow(frame, name, item)
            frame.env.bind(name, _definition(item, frame.env))
    for item in module.items:
        if isinstance(item, tree.Extern):
            check_extern(frame, item)
    for item in module.items:
        if isinstance(item, tree.Import):
            import_names(frame, item)
        elif isinstance(item, tree.Let):
            _let(frame, item)


def _note_shadow(frame: Frame, name: str, item: Any) -> None:
    """A definition that hides a layer or function of the library: the local one wins, which a reader should know."""
    if library(name) is not None:
        span = getattr(item, "name_span", item.span)
        frame.report(
            "shadowed-name", span, f"{name} hides the {'layer' if name[:1].isupper() else 'function'} of that name"
        )


def _definition(item: Any, env: Env) -> Any:
    if isinstance(item, tree.Block):
        return BlockValue(item, env)
    return FnValue(item, env) if isinstance(item, tree.Fn) else ExternValue(item, env)


def _let(frame: Frame, node: tree.Let) -> None:
    from specc.program.names import bind_target

    value = let_value(frame, node)
    if isinstance(node.targets, tree.Name):
        if node.targets.id in frame.env.names:
            frame.report("duplicate-name", node.targets.span, f"{node.targets.id} is defined twice")
        _note_shadow(frame, node.targets.id, node.targets)
        value = overrides.take(frame.compilation, node.targets.id, value, node)
    bind_target(frame, node.targets, value)


def _model(compilation: Compilation, block: BlockValue) -> Model | None:
    """A model with its own defaults (or what the overrides say) and input types."""
    definition = block.definition
    compilation.facts = Facts()
    compilation.graphs.clear()
    compilation.layers.clear()
    frame = Frame(compilation, None, block.env)
    env = calls.bind_parameters(frame, definition, block.env, overrides.arguments(compilation, definition), definition)
    if env is None:
        return None
    overrides.offer(compilation, definition, env)
    graph = blocks.elaborate_block(compilation, block, env, None, definition)
    if graph is None:
        return None
    compilation.elaborated.add(definition.name)
    state, parameters = state_of(graph), parameters_of(graph)
    rules = init_rules(compilation, definition, parameters, env)
    fills = fills_of(compilation, rules, parameters, state, env)
    sizes = open_sizes(graph, compilation.facts)
    return Model(definition.name, graph, state, rules, fills, sizes, compilation.facts, definition.span)
