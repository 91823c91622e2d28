"""Init rules as a method: every module in torch's own order, each parameter by the last rule that fits."""

from __future__ import annotations

from specc.backends.formula import python_formula
from specc.backends.layout import WIDTH, Doc, call, lines
from specc.backends.python_text import literal
from specc.backends.script_calls import short
from specc.program.externs import own_paths
from specc.program.model import InitRule, Model
from specc.syntax.walk import names_in

MATH = {name: f"math.{name}" for name in ("sqrt", "log", "exp", "cos", "sin", "pi")}


def init_method(model: Model) -> list[str]:
    """The lines of `init_weights`; none where the model has no rules."""
    if not model.fills:
        return []
    if all(rule.glob is None and rule.layer is not None and rule.path for rule in model.rules):
        return _by_class(model)
    return _by_name(model)


def _by_class(model: Model) -> list[str]:
    """`if isinstance(module, nn.Linear): ...` for each class that a rule names."""
    own = _own_modules(model)
    made = ["    def init_weights(self) -> None:"]
    made.append(f"        for {'path, ' if own else ''}module in self.{'named_' if own else ''}modules():")
    made += own
    word = "if"
    present = {entry.layer for entry in model.state}  # a section for several models may name classes of the others
    for layer in dict.fromkeys(rule.layer for rule in model.rules if rule.layer in present):
        made.append(f"            {word} isinstance(module, nn.{layer}):")
        word = "elif"
        for name in _parameters(model, layer):
            rule = next(rule for rule in reversed(model.rules) if rule.layer == layer and rule.path == name)
            optional = not all(f"{where}.{name}" in model.fills for where in _modules(model, layer))
            indent = 16
            if optional:
                made.append(f"                if module.{name} is not None:")
                indent = 20
            made += _fill(rule, f"module.{name}", indent)
    return made


def _own_modules(model: Model) -> list[str]:
    """The lines that pass over the modules of the user's own Python: rules of a spec do not reach into them."""
    paths = [f"{path}." for path in own_paths(model.graph)]
    if not paths:
        return []
    test = f'            if f"{{path}}.".startswith({literal(tuple(paths) if len(paths) > 1 else paths[0])}):'
    return [test, "                continue  # it initialises itself"]


def _modules(model: Model, layer: str | None) -> list[str]:
    return list(dict.fromkeys(entry.key.rpartition(".")[0] for entry in model.state if entry.layer == layer))


def _parameters(model: Model, layer: str | None) -> list[str]:
    """The parameters of a class that rules fill, in the class's own order."""
    ruled = [rule.path for rule in model.rules if rule.layer == layer]
    own = [entry.key.rpartition(".")[2] for entry in model.state if entry.layer == layer and not entry.is_buffer]
    return [name for name in dict.fromkeys(own) if name in ruled]


def _by_name(model: Model) -> list[str]:
    """Every parameter by name and class; a later rule wins, so the last one stands first."""
    made = [
        "    def init_weights(self) -> None:",
        "        for path, module in self.named_modules():",
        *_own_modules(model),
        "            for name, parameter in module.named_parameters(path, recurse=False):",
    ]
    word, names = "if", {key.rpartition(".")[2] for key in model.fills}
    for rule in reversed(model.rules):
        made += _test(word, _conditions(rule, names))
        made += _fill(rule, "parameter", 20)
        word = "elif"
    return made


def _test(word: str, conditions: list[str]) -> list[str]:
    """`if a and b:`, over several lines where it is long."""
    single = conditions[0][1:-1] if len(conditions) == 1 and conditions[0].startswith("(") else " and ".join(conditions)
    whole = f"                {word} {single}:"
    if len(whole) <= WIDTH:
        return [whole]
    first, *rest = conditions
    return [
        f"                {word} (",
        f"                    {first}",
        *(f"                    and {c}" for c in rest),
        "                ):",
    ]


def _glob_test(glob: str, names: set[str]) -> str:
    """A pattern that ends in a parameter's name can only mean the parameter."""
    text = literal(glob)
    if glob.rpartition(".")[2] in names:
        return f"fnmatch(name, {text})" if set(glob) & set("*?[") else f"name == {text}"
    return f"(fnmatch(path, {text}) or fnmatch(name, {text}))"


def _conditions(rule: InitRule, names: set[str]) -> list[str]:
    """The tests of a rule, as `initialization.applies` makes them."""
    found = []
    if rule.glob is not None:
        found.append(_glob_test(rule.glob, names))
    if rule.layer is not None:
        found.append(f"isinstance(module, nn.{rule.layer})")
        if rule.path:
            found.append(f"name.endswith({literal('.' + rule.path)})")
    elif rule.path is not None:
        found.append(
            f"name == {literal(rule.path)}" if rule.glob is None else f"name.endswith({literal('.' + rule.path)})"
        )
    return found


def _fill(rule: InitRule, target: str, indent: int) -> list[str]:
    """`nn.init.normal_(module.weight, std=0.02)`."""
    made = []
    names = {name.id for name in names_in(rule.site.value)}
    if rule.fan_in and names <= {"fan_in", *MATH}:
        made.append(" " * indent + f"fan_in = {target}[0].numel()")
        arguments = rule.site.value.arguments
        items: list[Doc] = [(f"{a.name}=" if a.name else "") + python_formula(a.value, MATH) for a in arguments]
    else:
        items = [literal(arg) for arg in rule.call.args]
        items += [f"{name}={literal(value)}" for name, value in rule.call.kwargs]
    return made + lines(call(short(rule.call.target), target, *items), indent)
