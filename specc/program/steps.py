"""A training of one's own: `buffer`, `step d with opt_d { ... }` and `every epoch { ... }`, as in a GAN."""

from __future__ import annotations

from typing import Any, Callable, Sequence

from specc.program import blocks, calls
from specc.program.context import Frame, GraphBuilder, Slots
from specc.program.evaluate import evaluate
from specc.program.joins import settled
from specc.program.model import (
    Action,
    BufferMember,
    Data,
    Graph,
    GraphInput,
    Model,
    ModuleStep,
    OptimizerPlan,
    SizeOf,
    StepPlan,
)
from specc.program.objectives import _refs
from specc.program.training import _cadence
from specc.program.values import BlockValue, Env, TensorValue, as_size, code, has_unknown, seen
from specc.syntax import tree
from specc.types.dims import Dim
from specc.types.facts import Facts
from specc.types.tensor import UNKNOWN, TensorType

ACTIONS = {"save_image": ("nrow", "padding", "normalize", "value_range", "scale_each", "pad_value")}
COUNTERS = ("epoch", "step")
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tiff", ".webp")  # what save_image can write, by its ending


class ModelValue:
    """A model as a function in a training step: `G(z)`."""

    __slots__ = ("definition", "arguments", "told")

    def __init__(self, definition: tree.Block, arguments: dict[str, Any]) -> None:
        self.definition, self.arguments = definition, arguments
        self.told: set[str] = set()  # what was wrong with earlier calls

    def called(self, frame: Frame, args: Sequence[Any], node: Any) -> Any:
        """The step that calls the model; its result type follows from the types of the arguments."""
        if any(has_unknown(arg.value) for arg in args):
            return UNKNOWN
        block = BlockValue(self.definition, frame.compilation.top)
        problems = frame.compilation.problems
        before = len(problems)
        env = Env(frame.compilation.top, dict(self.arguments))
        graph = blocks.elaborate_block(frame.compilation, block, env, args, node)
        problems[before:] = [problem for problem in problems[before:] if problem.headline not in self.told]
        self.told.update(problem.headline for problem in problems[before:])
        if graph is None:
            return UNKNOWN
        positional = tuple(code(arg.value) for arg in args if arg.name is None)
        named = tuple((arg.name, code(arg.value)) for arg in args if arg.name is not None)
        type = graph.result_type
        return frame.graph.add(
            ModuleStep(self.definition.name, positional, named, frame.graph.ref(), type, None, node), type
        )


class Session:
    """What the steps share: the names they may speak of, growing from step to step."""

    def __init__(
        self,
        frame: Frame,
        definitions: Sequence[tree.Block],
        models: Sequence[Model],
        data: Data | None,
        optimizers: Sequence[str],
    ) -> None:
        self.frame, self.data, self.optimizers = frame, data, optimizers
        self.types: dict[str, Any] = {part.name: settled(part.name, part.type) for part in data.parts} if data else {}
        known = {model.name: ModelValue(model.graph.definition, model.graph.arguments) for model in models}
        self.models = {definition.name: known.get(definition.name, UNKNOWN) for definition in definitions}

    def open(self) -> Frame:
        """A frame for one body: every known name is an input of its graph."""
        builder = GraphBuilder()
        frame = Frame(self.frame.compilation, builder, Env(self.frame.env), None, "", Slots("", ""))
        for name, value in self.models.items():
            frame.env.bind(name, value)
        for name, type in self.types.items():
            ref = builder.ref()
            if type is not UNKNOWN:
                builder.inputs.append((GraphInput(name, ref, type), self.frame))
            frame.env.bind(name, UNKNOWN if type is UNKNOWN else TensorValue(ref, type))
        self._bind_batch(frame)
        return frame

    def _bind_batch(self, frame: Frame) -> None:
        """`N`: the size of the batch, under the name the model gives it."""
        for part in self.data.parts if self.data else ():
            if isinstance(part.type, TensorType) and part.type.shape and isinstance(part.type.shape[0], Dim):
                name = str(part.type.shape[0])
                if name.isidentifier():
                    frame.env.bind(name, as_size(part.type.shape[0], SizeOf(frame.env.names[part.name].code, 0)))
                return


def elaborate_steps(
    frame: Frame,
    node: tree.Train,
    definitions: Sequence[tree.Block],
    models: Sequence[Model],
    data: Data | None,
    optimizers: Sequence[OptimizerPlan],
    names: Sequence[str],
) -> tuple[tuple[BufferMember, ...], tuple[StepPlan, ...], tuple[Action, ...]]:
    """The buffers, steps and actions of a train section, in order; `names` are those of all optimizers, also of ones
    with a mistake in them.
    """
    own = [item for item in node.items if isinstance(item, (tree.Buffer, tree.TrainStep, tree.Every))]
    if not own:
        return (), (), ()
    frame.compilation.facts = Facts()
    session = Session(frame, definitions, models, data, names)
    found = [RULES[type(item)](session, item, optimizers) for item in own]
    _check_used(frame, own, optimizers)
    return tuple(tuple(item for item in found if isinstance(item, kind)) for kind in (BufferMember, StepPlan, Action))  # type: ignore[return-value]


def _buffer(session: Session, node: tree.Buffer, optimizers: Sequence[OptimizerPlan]) -> BufferMember | None:
    from specc.program.placing import label_text
    from specc.program.states import held

    inner = Frame(session.frame.compilation, GraphBuilder(), Env(session.frame.env))
    name = label_text(inner, node.path)
    steps, value = held(inner, node)
    if name is UNKNOWN:
        return None
    type = value.type if isinstance(value, TensorValue) else UNKNOWN
    session.types[name] = type
    return None if not isinstance(type, TensorType) else BufferMember(name, type, steps, code(value), True, node)


def _step(session: Session, node: tree.TrainStep, optimizers: Sequence[OptimizerPlan]) -> StepPlan | None:
    from specc.program.bodies import run_statements

    frame = session.open()
    before = set(frame.env.names)
    run_statements(frame, node.body.statements)
    made = {
        name: value for name, value in frame.env.names.items() if name not in before and isinstance(value, TensorValue)
    }
    for name, value in frame.env.names.items():
        if name not in before:
            session.types[name] = value.type if isinstance(value, TensorValue) else UNKNOWN
    session.types.pop("loss", None)
    _check_optimizer(session, node)
    every = 1 if node.every is None else evaluate(frame, node.every)
    if not _has_loss(session, frame, node, made) or type(every) is not int:
        return None
    return StepPlan(node.name, node.optimizer.id, every, _graph(node.name, frame, made, node), node.span)


def _check_optimizer(session: Session, node: tree.TrainStep) -> None:
    names = session.optimizers
    if node.optimizer.id not in names and names:
        session.frame.report(
            "unknown-name",
            node.optimizer.span,
            f"there is no optimizer {node.optimizer.id}",
            helps=("the optimizers are " + ", ".join(names),),
        )


def _check_used(frame: Frame, own: Sequence[Any], optimizers: Sequence[OptimizerPlan]) -> None:
    """Every optimizer has a step; where a step has none that is known, it may be the one that is left."""
    used = {item.optimizer.id for item in own if isinstance(item, tree.TrainStep)}
    if not used or not used <= {plan.name for plan in optimizers}:
        return
    for plan in optimizers:
        if plan.name not in used:
            frame.report(
                "unused-setting",
                plan.span,
                f"no step trains with {plan.name}, so {' and '.join(plan.models)} would not learn",
                helps=(f"write step name with {plan.name} {{ loss = ... }}",),
            )


def _has_loss(session: Session, frame: Frame, node: tree.TrainStep, made: dict[str, Any]) -> bool:
    if has_unknown(frame.env.names.get("loss", None)):
        return False
    if "loss" not in made:
        session.frame.report(
            "missing-setting", node.span, f"step {node.name} has no loss", helps=("bind it: loss = ...",)
        )
        return False
    if made["loss"].type.shape != ():
        session.frame.report(
            "loss-shape",
            node.span,
            f"the loss of step {node.name} is {made['loss'].type}, it has to be one number",
            helps=("reduce it: mean(...) or sum(...)",),
        )
        return False
    return True


def _graph(name: str, frame: Frame, made: dict[str, TensorValue], node: Any) -> Graph:
    builder = frame.graph
    used = set(_refs(builder.steps)) | set(_refs(tuple(code(value) for value in made.values())))
    inputs = tuple(given for given, _ in builder.inputs if given.ref in used)
    result, types = {key: code(value) for key, value in made.items()}, {key: seen(value) for key, value in made.items()}
    members = tuple(member for member in builder.members.values() if member is not None)
    return Graph(name, None, {}, inputs, members, tuple(builder.steps), result, types, (), builder.names, node.span)


def _action(session: Session, node: tree.Every, optimizers: Sequence[OptimizerPlan]) -> Action | None:
    """`save_image(tensor, "file_{epoch}.png")`, the one thing that can be done besides training."""
    frame = session.open()
    cadence = _cadence(frame, node.cadence)
    statements = node.body.statements
    call = statements[0].call if len(statements) == 1 and isinstance(statements[0], tree.CallStatement) else None
    name = call.function.id if call is not None and isinstance(call.function, tree.Name) else None
    if call is None or name not in ACTIONS:
        session.frame.report(
            "unknown-function", node.body.span, 'every .. holds one call of save_image(tensor, "file_{epoch}.png")'
        )
        return None
    positional = [argument for argument in call.arguments if argument.name is None]
    if len(positional) != 2 or not isinstance(positional[1].value, tree.String):
        session.frame.report("missing-argument", call.span, f"{name} takes a tensor and a file name")
        return None
    value = calls.value_at(frame, positional[0].value)
    options = _options(frame, name, [argument for argument in call.arguments if argument.name is not None])
    path = _path(frame, positional[1].value)
    if has_unknown(value) or not isinstance(value, TensorValue) or options is None or path is None or cadence is None:
        return None
    return Action(cadence, name, _graph(name, frame, {"value": value}, node), path, options, node.span)


def _options(frame: Frame, name: str, arguments: Sequence[tree.Argument]) -> dict[str, Any] | None:
    known = ACTIONS[name]
    for argument in arguments:
        if argument.name not in known:
            frame.report(
                "unknown-argument",
                argument.span,
                f"{name} has no argument {argument.name}",
                notes=("it has " + ", ".join(known),),
            )
            return None
    return {str(argument.name): evaluate(frame, argument.value) for argument in arguments}


def _path(frame: Frame, node: tree.String) -> tuple[str, ...] | None:
    """The file name, with `{epoch}` and `{step}` left open; it must stay inside the run's folder."""
    parts = []
    for part in node.parts:
        if isinstance(part, str):
            parts.append(part)
        elif isinstance(part, tree.Name) and part.id in COUNTERS:
            parts.append("{" + part.id + "}")
        else:
            frame.report("unknown-name", part.span, "a file name speaks of {epoch} and {step}")
            return None
    text = "".join(parts)
    if text.startswith(("/", "\\")) or ".." in text.replace("\\", "/").split("/") or not text:
        frame.report("argument-domain", node.span, "the file must lie inside the run's folder")
        return None
    if not text.lower().endswith(PICTURES):
        frame.report("argument-domain", node.span, f"the file name must end in one of {' '.join(PICTURES)}")
        return None
    return tuple(parts)


RULES: dict[type, Callable[..., BufferMember | StepPlan | Action | None]] = {
    tree.Buffer: _buffer,
    tree.TrainStep: _step,
    tree.Every: _action,
}
