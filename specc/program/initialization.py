"""`init M { ... }`: which rule fills which parameter."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Callable

from specc.ops import registry
from specc.ops.base import Use
from specc.program.context import Compilation, Frame
from specc.program.model import BlockMember, Graph, InitRule, LayerMember
from specc.program.states import constant, sampled
from specc.program.values import Env
from specc.syntax import tree
from specc.syntax.walk import names_in
from specc.types.tensor import UNKNOWN, TensorType, product

FAN_IN = "fan_in"
TRIED_AT_ONCE = 100  # parameters that a rule is tried on cost as much as one step

Parameter = tuple[str, str, str]  # the path of its module, the module's class, its own name


def init_rules(
    compilation: Compilation, definition: Any, parameters: list[Parameter], env: Env
) -> tuple[InitRule, ...]:
    """The rules of every init section that names this model (or stands alone with one model), in order."""
    rules: list[InitRule] = []
    for section in compilation.inits:
        if any(name.id == definition.name for name in section.models):
            for rule in section.rules:
                rules += _rules(compilation, rule, parameters, env)
    return tuple(rules)


def _rules(compilation: Compilation, rule: tree.Rule, parameters: list[Parameter], env: Env) -> list[InitRule]:
    """A rule for each of its patterns; `fan_in` stands for 1 here and is worked out per parameter by the backends."""
    fan_in = any(name.id == FAN_IN for name in names_in(rule.value))
    frame = Frame(compilation, None, Env(env, {FAN_IN: 1} if fan_in else {}))
    call = sampled(frame, rule.value) if rule.sampled else constant(frame, rule.value)
    made = [_rule(pattern, rule, call, fan_in) for pattern in rule.patterns]
    for pattern, one in zip(rule.patterns, made):
        compilation.spend(len(parameters) // TRIED_AT_ONCE, rule.span)
        if any(applies(one, *parameter) for parameter in parameters):
            compilation.matched.add(id(pattern))
    return [] if call is UNKNOWN else made


def fills_of(
    compilation: Compilation, rules: tuple[InitRule, ...], parameters: list[Parameter], state: Any, env: Env
) -> dict[str, Any]:
    """For each key that a rule fills, the call that fills it: a later rule wins."""
    if not rules:
        return {}
    shapes = {entry.key: entry.shape for entry in state}
    fills: dict[str, Any] = {}
    checked: set[Any] = set()  # rules with the shapes they were tried on
    for where, kind, name in parameters:
        last = next((rule for rule in reversed(rules) if applies(rule, where, kind, name)), None)
        key = f"{where}.{name}" if where else name
        if last is not None and key in shapes:
            fills[key] = _with_fan_in(compilation, last, shapes[key], env) if last.fan_in else last.call
            if (id(last), shapes[key]) not in checked:
                checked.add((id(last), shapes[key]))
                _check_rank(compilation, last, fills[key], shapes[key], key)
    return fills


def _with_fan_in(compilation: Compilation, rule: InitRule, shape: tuple[int, ...], env: Env) -> Any:
    """The call with `fan_in` worked out: the inputs of one output, as torch counts them."""
    fan_in = product(shape[1:]) if len(shape) > 1 else 0
    if fan_in == 0:
        compilation.report(
            "argument-domain",
            rule.site.value.span,
            f"fan_in needs a weight of two axes or more, this one has {len(shape)}",
        )
        return UNKNOWN
    return sampled(Frame(compilation, None, Env(env, {FAN_IN: fan_in})), rule.site.value)


def _check_rank(compilation: Compilation, rule: InitRule, call: Any, shape: tuple[int, ...], key: str) -> None:
    """Let the initializer itself say whether it takes a parameter of this shape."""
    if call is UNKNOWN:
        return
    operation = registry.lookup("initializer", call.target.removeprefix("torch.nn.init.").removesuffix("_"))
    if operation is not None:
        values = {argument.name: argument.default for argument in operation.arguments} | {"input": TensorType(shape)}
        operation.infer(
            Use(
                operation,
                values,
                {},
                rule.site.value.span,
                f"{operation.name} for {key}",
                compilation.facts,
                compilation.problems,
            )
        )


def report_unmatched(compilation: Compilation, models: list[str]) -> None:
    """A pattern that fills nothing, in any of the models its section names, is a mistake."""
    for section in compilation.inits:
        for name in section.models:
            if name.id not in models:
                compilation.report("unknown-name", name.span, f"there is no model {name.id}")
        for rule in section.rules:
            for pattern in rule.patterns:
                if (
                    id(pattern) not in compilation.matched
                    and {name.id for name in section.models} <= compilation.elaborated
                ):
                    compilation.report(
                        "unused-setting",
                        pattern.span,
                        f"{pattern.span.text} matches no parameter of {section.models[0].id}",
                        helps=("write Class.weight, a path such as fc.weight, or a pattern in quotes",),
                    )


def _rule(pattern: tree.Pattern, rule: tree.Rule, call: Any, fan_in: bool) -> InitRule:
    glob = "".join(part for part in pattern.glob.parts if isinstance(part, str)) if pattern.glob else None
    layer, path = _split(pattern.path)
    return InitRule(glob, layer, path, rule.sampled, call, fan_in, rule)


def _split(label: tree.Label | None) -> tuple[str | None, str | None]:
    """`Linear.weight` → ("Linear", "weight"); `heads.head.bias` → (None, "heads.head.bias")."""
    if label is None:
        return None, None
    words = [part if isinstance(part, str) else part.span.text for part in label.parts]
    if words[0][:1].isupper():
        return words[0], ".".join(words[1:]) or None
    return None, ".".join(words)


def parameters_of(graph: Graph, prefix: str = "") -> list[Parameter]:
    """Every parameter, in `modules()` order within a path."""
    found: list[Parameter] = []
    for member in graph.members:
        path = prefix + member.path
        if isinstance(member, LayerMember):
            found += [(path, member.operation.name, state.name) for state in member.state if not state.is_buffer]
        elif isinstance(member, BlockMember):
            found += [
                (where, kind or member.graph.name, name)
                for where, kind, name in parameters_of(member.graph, path + ".")
            ]
        else:
            owner, _, name = path.rpartition(".")
            found.append((owner, graph.name, name))
    return found


def applies(rule: InitRule, where: str, kind: str, name: str) -> bool:
    """Whether a rule fills the parameter `name` of the module of class `kind` at path `where`."""
    if rule.layer is not None and (kind != rule.layer or rule.path not in (None, name)):
        return False
    full = f"{where}.{name}" if where else name
    if rule.glob is None:
        return rule.layer is not None or full == rule.path
    matches = _pattern(rule.glob)
    return bool(matches(full) or matches(where)) and rule.path in (None, name)


@lru_cache(1000)
def _pattern(glob: str) -> Callable[[str], Any]:
    """Whether a path is of a pattern with wildcards."""
    from fnmatch import translate

    return re.compile(translate(glob)).match
