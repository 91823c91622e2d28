"""Init rules as a method: every module in torch's own order, each parameter by the last rule that fits."""

from __future__ import annotations

import math
from itertools import groupby
from typing import NamedTuple, Sequence

from specc.backends.formula import python_formula
from specc.backends.layout import Doc, call, lines
from specc.backends.python_text import literal
from specc.backends.script_calls import short
from specc.backends.script_init_names import Chosen, chosen, grouped, reaches_inside, shares, test_lines
from specc.program.externs import own_paths
from specc.program.model import InitRule, Model
from specc.syntax import tree
from specc.syntax.walk import names_in

IS_A = "isinstance(module, "
MATH = {name: f"math.{name}" for name in ("sqrt", "log", "exp", "cos", "sin", "pi")}


class Unexplained(Exception):
    """What a rule fills in depends on an argument of the model in a way that the method cannot say."""


class InitMethod(NamedTuple):
    """The lines of `init_weights`, and the arguments of the model that it takes."""

    lines: tuple[str, ...]
    parameters: tuple[str, ...]


class Rules(NamedTuple):
    """A model with its likes for other arguments: `formulas` are the rules that follow the arguments `parameters`."""

    model: Model
    likes: Sequence[Model]
    formulas: frozenset[int]
    parameters: tuple[str, ...]

    def is_formula(self, rule: InitRule) -> bool:
        return any(rule is self.model.rules[place] for place in self.formulas)


def init_method(model: Model, likes: Sequence[Model] = (), parameters: Sequence[str] = ()) -> InitMethod | None:
    """`init_weights` for a model and its likes, which have other arguments; None where it has no rules.

    Raises Unexplained where one text cannot serve them all.
    """
    if not model.fills and not any(like.fills for like in likes):
        return None
    rules = Rules(model, likes, _varying(model, likes), tuple(parameters))
    if not all(_explains(rules, place) for place in rules.formulas):
        raise Unexplained
    body = _body(rules)
    if any(_body(rules._replace(model=like._replace(rules=model.rules))) != body for like in likes):
        raise Unexplained
    wanted = [name for name in parameters if any(name in _names(model.rules[place]) for place in rules.formulas)]
    taken = ", ".join(f"{name}: {type(model.graph.arguments[name]).__name__}" for name in wanted)
    head = f"    def init_weights(self{', ' * bool(taken)}{taken}) -> None:"
    return InitMethod((head, *body), tuple(wanted))


def _varying(model: Model, likes: Sequence[Model]) -> frozenset[int]:
    """The rules that fill in other numbers where the model has other arguments."""
    if any(len(like.rules) != len(model.rules) for like in likes):
        raise Unexplained
    calls = [[one.rules[place].call for one in (model, *likes)] for place in range(len(model.rules))]
    return frozenset(place for place, column in enumerate(calls) if any(call != column[0] for call in column))


def _names(rule: InitRule) -> set[str]:
    return {name.id for name in names_in(rule.site.value)}


def _body(rules: Rules) -> list[str]:
    by_class = all(rule.glob is None and rule.layer is not None and rule.path for rule in rules.model.rules)
    layers = [rule.layer for rule in rules.model.rules]
    if by_class and not reaches_inside((rules.model, *rules.likes), layers):
        return _by_class(rules)
    return _by_name(rules)


def _by_class(rules: Rules) -> list[str]:
    """`if isinstance(module, nn.Linear): ...` for each class that a rule names."""
    model = rules.model
    own = _own_modules(model)
    made = [f"        for {'path, ' if own else ''}module in self.{'named_' if own else ''}modules():", *own]
    word = "if"
    # a section for several models may name classes of the others
    present = {entry.layer for one in (model, *rules.likes) for entry in one.state}
    for layer in dict.fromkeys(rule.layer for rule in model.rules if rule.layer in present):
        made.append(f"            {word} isinstance(module, nn.{layer}):")
        word = "elif"
        for name in _parameters(rules, layer):
            rule = next(rule for rule in reversed(model.rules) if rule.layer == layer and rule.path == name)
            indent = 16
            typed = name == "bias" and str(layer).startswith("Conv")  # torch's own types say that it may be None
            if typed or any(_is_optional(one, layer, name) for one in (model, *rules.likes)):
                made.append(f"                if module.{name} is not None:")
                indent = 20
            made += _fill(rules, rule, f"module.{name}", indent)
    return made


def _is_optional(model: Model, layer: str | None, name: str) -> bool:
    """Whether some modules of a class lack a parameter."""
    return not all(f"{where}.{name}" in model.fills for where in _modules(model, layer))


def _own_modules(model: Model) -> list[str]:
    """The lines that pass over the modules of the user's own Python: rules of a spec do not reach into them."""
    paths = [f"{path}." for path in own_paths(model.graph)]
    if not paths:
        return []
    test = f'            if f"{{path}}.".startswith({literal(tuple(paths) if len(paths) > 1 else paths[0])}):'
    return [test, "                continue  # it initialises itself"]


def _modules(model: Model, layer: str | None) -> list[str]:
    return list(dict.fromkeys(entry.key.rpartition(".")[0] for entry in model.state if entry.layer == layer))


def _parameters(rules: Rules, layer: str | None) -> list[str]:
    """The parameters of a class that rules fill, in the class's own order."""
    ruled = [rule.path for rule in rules.model.rules if rule.layer == layer]
    state = [entry for model in (rules.model, *rules.likes) for entry in model.state]
    own = [entry.key.rpartition(".")[2] for entry in state if entry.layer == layer and not entry.is_buffer]
    return [name for name in dict.fromkeys(own) if name in ruled]


def _by_name(rules: Rules) -> list[str]:
    """Every parameter by its name; a later rule wins, so the last one stands first."""
    model, models = rules.model, (rules.model, *rules.likes)
    filling = [list(alike) for _, alike in groupby(reversed(model.rules), lambda rule: _fill(rules, rule, "it", 0))]
    groups = [group for group in grouped(filling, models) if group.wanted]
    tests = chosen(groups, models)
    if tests is None:
        raise Unexplained
    made, indent = _over_parameters(model, tests)
    word = "if"
    for group, alternatives in zip(groups, tests.texts):
        for conditions in alternatives:
            made += test_lines(word, conditions, indent)
            made += _fill(rules, group.rules[0], "parameter", indent + 4)
            word = "elif"
    return made


def _over_parameters(model: Model, tests: Chosen) -> tuple[list[str], int]:
    """The loop over the parameters, and how far what stands in it is indented."""
    if not tests.asks_modules and not tests.classes and not _own_modules(model) and not shares(model.graph):
        return ["        for name, parameter in self.named_parameters():"], 12
    made = ["        for path, module in self.named_modules():", *_own_modules(model)]
    if tests.classes:
        kinds = [f"nn.{kind}" for kind in tests.classes]
        listed = kinds[0] if len(kinds) == 1 else f"({', '.join(kinds)})"
        made += [f"            if not {IS_A}{listed}):", "                continue"]
    return [*made, "            for name, parameter in module.named_parameters(path, recurse=False):"], 16


def _fill(rules: Rules, rule: InitRule, target: str, indent: int) -> list[str]:
    """`nn.init.normal_(module.weight, std=0.02)`."""
    made = []
    if rule.fan_in and _names(rule) <= {"fan_in", *MATH} or rules.is_formula(rule):
        made += [" " * indent + f"fan_in = {target}[0].numel()"] if rule.fan_in else []
        arguments = rule.site.value.arguments
        items: list[Doc] = [(f"{a.name}=" if a.name else "") + python_formula(a.value, MATH) for a in arguments]
    else:
        items = [literal(arg) for arg in rule.call.args]
        items += [f"{name}={literal(value)}" for name, value in rule.call.kwargs]
    return made + lines(call(short(rule.call.target), target, *items), indent)


def _explains(rules: Rules, place: int) -> bool:
    """Whether the spec's own expressions give what a rule fills in, for the model and all its likes."""
    rule = rules.model.rules[place]
    if not isinstance(rule.site.value, tree.Call) or not _names(rule) <= {*MATH, *rules.parameters}:
        return False
    arguments = rule.site.value.arguments
    for one in (rules.model, *rules.likes):
        scope = {"__builtins__": {}, "math": math, **one.graph.arguments}
        values = [eval(python_formula(argument.value, MATH), scope) for argument in arguments]
        call_ = one.rules[place].call
        if values != [*call_.args, *(value for _, value in call_.kwargs)]:
            return False
    return True
