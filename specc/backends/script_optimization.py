"""Optimizer and scheduler in a script."""

from __future__ import annotations

from typing import Any

from specc.backends.formula import operands, python_formula
from specc.backends.python_text import literal
from specc.backends.script_calls import short
from specc.backends.script_flags import Flags
from specc.backends.wrap import WIDTH
from specc.program.model import Call, Named, OptimizerPlan, SchedulerPlan, TrainingLength
from specc.syntax import tree
from specc.syntax.walk import names_in

SCHEDULERS = "torch.optim.lr_scheduler."
MATH = ("cos", "sin", "tan", "exp", "log", "sqrt", "floor", "ceil", "tanh", "pi")


def optimizer_lines(plan: OptimizerPlan, flags: Flags, name: str = "optimizer", trained: str = "") -> list[str]:
    """`optimizer = torch.optim.AdamW(model.parameters(), lr=config.lr)`; `trained` is what it is given if not that."""
    arguments = _arguments(plan.optimizer, plan.name, flags)
    trained = trained or ("parameter_groups(model)" if plan.groups else "model.parameters()")
    return [f"{name} = {short(plan.optimizer.call.target)}({', '.join([trained, *arguments])})"]


def groups_text(plan: OptimizerPlan, name: str = "parameter_groups") -> str:
    """`parameter_groups`: which parameter is in which group."""
    settings = [
        "{" + ", ".join(['"params": []', *(f"{literal(k)}: {literal(v)}" for k, v in group.settings.items())]) + "}"
        for group in plan.groups
    ]
    text = [
        f"def {name}(model: nn.Module) -> list[dict[str, Any]]:",
        '    """The parameters in groups with settings of their own; the first to fit counts."""',
        f"    groups: list[dict[str, Any]] = [{', '.join(settings)}]",
        "    for name, parameter in model.named_parameters():",
    ]
    if any(isinstance(group.condition, tree.Name) and group.condition.id == "rest" for group in plan.groups[:-1]):
        raise ValueError("a group after group rest would stay empty")
    for place, group in enumerate(plan.groups):
        word = "if" if place == 0 else "elif"
        rest = isinstance(group.condition, tree.Name) and group.condition.id == "rest"
        text.append(
            "        else:"
            if rest and place
            else f"        {word} {_condition(group.condition)[0] if not rest else 'True'}:"
        )
        text.append(f'            groups[{place}]["params"].append(parameter)')
    return "\n".join([*text, "    return groups", ""])


def _condition(node: Any) -> tuple[str, int]:
    """A group's condition as Python on `name` and `parameter`, and how tightly it binds."""
    if isinstance(node, tree.Paren):
        return _condition(node.inner)
    if isinstance(node, tree.String):
        return f"fnmatchcase(name, {literal(''.join(part for part in node.parts if isinstance(part, str)))})", 9
    if isinstance(node, tree.Unary) and node.op == "not":
        return f"not {_inside(node.operand, 3)}", 3
    if isinstance(node, tree.Binary) and node.op in ("and", "or"):
        rank = 2 if node.op == "and" else 1
        return f"{_inside(node.left, rank)} {node.op} {_inside(node.right, rank + 1)}", rank
    return python_formula(node, {"ndim": "parameter.ndim", "key": "name"}), 4


def _inside(node: Any, rank: int) -> str:
    text, own = _condition(node)
    return text if own >= rank else f"({text})"


def scheduler_lines(plan: SchedulerPlan, flags: Flags, schedule: Any) -> list[str]:
    """`scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=config.max_lr, total_steps=steps)`."""
    target = _class(plan.scheduler.call.target)
    if plan.formula is not None:
        counted = "epoch" if plan.unit == "epoch" else "step"
        lengths = [schedule.total(name[:-1]) for name in ("steps", "epochs") if name in names_in_formula(plan)]
        given = ", ".join([counted, *lengths])
        return [f"scheduler = {target}(optimizer, lambda {counted}: learning_rate({given}))"]
    arguments = _arguments(plan.scheduler, plan.name, flags, schedule)
    first = ["optimizer"] if plan.scheduler.operation.takes_optimizer else []  # type: ignore[attr-defined]
    return [f"scheduler = {target}({', '.join([*first, *arguments])})"]


def _class(target: str) -> str:
    """A scheduler as the script calls it: torch's are imported by name."""
    return target.removeprefix(SCHEDULERS) if target.startswith(SCHEDULERS) else short(target)


def names_in_formula(plan: SchedulerPlan) -> set[str]:
    return {name.id for name in names_in(plan.formula)}


def formula_text(plan: SchedulerPlan) -> str:
    """`learning_rate`: the formula of a LambdaLR as a function."""
    counted = "epoch" if plan.unit == "epoch" else "step"
    used = [counted, *(name for name in ("steps", "epochs") if name in names_in_formula(plan))]
    names = {name: f"math.{name}" for name in MATH}
    head = [
        f"def learning_rate({', '.join(f'{name}: int' for name in used)}) -> float:",
        f'    """The learning rate of {"an" if counted == "epoch" else "a"} {counted}, as a share of the base rate."""',
    ]
    whole = f"    return {python_formula(plan.formula, names)}"
    if len(whole) <= WIDTH:
        return "\n".join([*head, whole, ""])
    return "\n".join(
        [*head, "    return (", *(f"        {piece}" for piece in operands(plan.formula, names)), "    )", ""]
    )


def _arguments(named: Named, section: str, flags: Flags, schedule: Any = None) -> list[str]:
    """What the spec writes, by name."""
    names = [argument.name for argument in named.operation.arguments]  # type: ignore[attr-defined]
    written = dict(zip(names, named.call.args)) | dict(named.call.kwargs)
    made = []
    for name, value in written.items():
        inner = isinstance(value, list) and any(isinstance(item, Call) for item in value)
        computed = inner or isinstance(value, TrainingLength)
        made.append(f"{name}={_scheduled(value, schedule) if computed else flags.value(f'{section}.{name}', value)}")
    return made


def _scheduled(value: Any, schedule: Any) -> str:
    """A scheduler's argument: lengths as the script counts them, schedulers inside a scheduler as calls."""
    if isinstance(value, TrainingLength):
        return str(schedule.total(value.unit))
    if isinstance(value, list):
        return f"[{', '.join(_scheduled(item, schedule) for item in value)}]"
    if not isinstance(value, Call):
        return literal(value)
    given = [_scheduled(item, schedule) for item in value.args]
    named = [f"{name}={_scheduled(item, schedule)}" for name, item in value.kwargs]
    return f"{_class(value.target)}({', '.join(['optimizer', *given, *named])})"
