"""The parameter groups of an optimizer."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Sequence

from specc.program import library, operations
from specc.program.context import Frame
from specc.program.evaluate import evaluate
from specc.program.externs import own_paths
from specc.program.model import Model, Named, ParameterGroup
from specc.program.values import Env
from specc.syntax import tree


def parameter_groups(
    frame: Frame, node: tree.Optimizer, optimizer: Named | None, models: Sequence[Model]
) -> tuple[ParameterGroup, ...] | None:
    """The parameter groups; every trainable parameter is in exactly one."""
    for item in node.items:
        if isinstance(item, tree.Setting):
            frame.report(
                "unused-setting",
                item.span,
                f"{item.name} stands outside a group",
                helps=("put it among the optimizer's arguments",),
            )
    written = [item for item in node.items if isinstance(item, tree.OptimizerGroup)]
    if not written or optimizer is None or not models:
        return ()
    left = [entry for model in models for entry in trainable(model)]
    own = _has_own(frame, models, written[-1])
    groups, sound = [], True
    for item in written:
        before = len(frame.compilation.problems)
        taken = [entry for entry in left if _belongs(frame, item.condition, entry)]
        sound = sound and len(frame.compilation.problems) == before  # else any of them may be meant
        settings = _group_settings(frame, item, optimizer)
        if not taken and sound and not own and (item.settings or not _is_rest(item.condition)):
            _report_empty(frame, item.condition, models)
        left = [entry for entry in left if entry not in taken]
        groups.append(ParameterGroup(tuple(entry.key for entry in taken), settings, item.condition, item.span))
    if left and sound:
        frame.report(
            "missing-setting",
            node.span,
            f"{len(left)} parameters are in no group: {_names(left)}",
            helps=("end with group rest { }",),
        )
    return tuple(groups)


def _report_empty(frame: Frame, condition: Any, models: Sequence[Model]) -> None:
    """Say why a group holds nothing: what fits does not train, is in an earlier group, or is not there."""
    written = condition.span.text
    parameters = [entry for model in models for entry in model.state if not entry.is_buffer]
    fitting = [entry for entry in parameters if not _is_rest(condition) and _belongs(frame, condition, entry)]
    if fitting and not any(entry.trainable for entry in fitting):
        frame.report(
            "frozen-in-optimizer",
            condition.span,
            f"what fits {written} does not train: {_names(fitting)}",
            helps=("leave the group out, or make the parameter trainable",),
        )
        return
    taken = f": earlier groups have taken {_names(fitting)}" if fitting else ""
    helps = ("put the narrower group first",) if fitting else (f"the parameters are {_names(parameters)}",)
    frame.report(
        "empty-group",
        condition.span,
        f"no parameter is left for the group {written}{taken}",
        helps=() if _is_rest(condition) else helps,
    )


def _has_own(frame: Frame, models: Sequence[Model], last: tree.OptimizerGroup) -> bool:
    """Whether modules of the user's own Python are among the models: then the last group must take what is left."""
    paths = [path for model in models for path in own_paths(model.graph)]
    if paths and not _is_rest(last.condition):
        frame.report(
            "missing-setting",
            last.span,
            f"the parameters of {paths[0]} are your own Python's: which groups they are in shows only in a run",
            helps=("end with group rest { }",),
        )
    return bool(paths)


def _is_rest(condition: Any) -> bool:
    return isinstance(condition, tree.Name) and condition.id == "rest"


def _names(entries: Sequence[Any]) -> str:
    return ", ".join(entry.key for entry in entries[:3]) + (", ..." if len(entries) > 3 else "")


def trainable(model: Model) -> list[Any]:
    """The parameters torch's `parameters()` gives: trainable, each once though it may have two keys."""
    second = second_keys(model)
    return [entry for entry in model.state if entry.trainable and entry.key not in second]


def second_keys(model: Model) -> set[str]:
    """The keys of parameters that stand under an earlier key already."""
    return {_later(model, left, right) for left, right in all_ties(model.graph)}


def _later(model: Model, left: str, right: str) -> str:
    keys = [entry.key for entry in model.state]
    return max(left, right, key=lambda key: keys.index(key) if key in keys else -1)


def all_ties(graph: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Pairs of keys that are one Parameter, in the whole model."""
    found = [(prefix + left, prefix + right) for left, right in graph.ties]
    for member in graph.members:
        if hasattr(member, "graph"):
            found += all_ties(member.graph, f"{prefix}{member.path}.")
    return found


def _belongs(frame: Frame, node: Any, entry: Any) -> bool:
    """Whether a parameter fits a group's condition: `ndim >= 2`, a pattern of its key, `rest`, or a mix."""
    if isinstance(node, tree.Paren):
        return _belongs(frame, node.inner, entry)
    if isinstance(node, tree.String):
        return fnmatchcase(entry.key, "".join(part for part in node.parts if isinstance(part, str)))
    if _is_rest(node):
        return True
    if isinstance(node, tree.Binary) and node.op in ("and", "or"):
        sides = (_belongs(frame, side, entry) for side in (node.left, node.right))
        return all(sides) if node.op == "and" else any(sides)
    if isinstance(node, tree.Unary) and node.op == "not":
        return not _belongs(frame, node.operand, entry)
    inner = frame.within(Env(frame.env, {"ndim": len(entry.shape), "key": entry.key, "layer": entry.layer}))
    return evaluate(inner, node) is True


def _group_settings(frame: Frame, item: tree.OptimizerGroup, optimizer: Named) -> dict[str, Any]:
    args = [operations.Arg(setting.name, evaluate(frame, setting.value), setting.span) for setting in item.settings]
    required = [
        operations.Arg(name, value, item.span)
        for name, value in optimizer.values.items()
        if name not in {arg.name for arg in args}
    ]
    bound = library.bound(frame, optimizer.operation, [*args, *required], item)
    return {} if bound is None else {arg.name: bound.values[arg.name] for arg in args if arg.name}
