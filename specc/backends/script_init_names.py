"""Init rules by name: every parameter by the last rule that fits it.

A test asks for a parameter's name, and for its module's class only where the name does not say enough. What the tests
pick is compared with what the rules fill, parameter by parameter.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Callable, NamedTuple, Sequence

from specc.backends.layout import WIDTH
from specc.backends.python_text import literal
from specc.program.initialization import applies
from specc.program.model import InitRule, Model

WILD = set("*?[")
IS_A = "isinstance(module, "
AMONG = "name in "
Conditions = list[tuple[str, ...]]  # all of them hold, of each one alternative
# what attentions and transformers of torch hold, by its name
INNER = {name: "Linear" for name in ("out_proj", "linear1", "linear2")}
INNER |= {name: "LayerNorm" for name in ("norm", "norm1", "norm2", "norm3")}
INNER |= {name: "MultiheadAttention" for name in ("self_attn", "multihead_attn")}


class Parameter(NamedTuple):
    """`layer` is the class that rules know its module by, `kind` the class it is of: some layers hold others."""

    full: str
    where: str
    name: str
    layer: str
    kind: str


class Test(NamedTuple):
    """`texts` are alternatives."""

    texts: tuple[str, ...]
    holds: Callable[[Parameter], bool]
    of_class: str = ""


class Group(NamedTuple):
    """Neighbouring rules that fill in the same, and the parameters they fill."""

    rules: Sequence[InitRule]
    wanted: frozenset[Parameter]


class Chosen(NamedTuple):
    """The conditions of each group, of which several stand for it where no single one is plain. `classes` are those
    that every group is about, () if no class is asked for before.
    """

    texts: list[list[Conditions]]
    classes: tuple[str, ...]

    @property
    def asks_modules(self) -> bool:
        """Whether a condition speaks of more than a parameter's name."""
        return _asks(self.texts, "isinstance(") or _asks(self.texts, "path")


def _asks(groups: Sequence[list[Conditions] | None], word: str) -> bool:
    return any(word in text for g in groups if g for row in g for alternatives in row for text in alternatives)


def parameters_in(models: Sequence[Model]) -> list[Parameter]:
    """The parameters of models that differ in their arguments."""
    found: dict[Parameter, None] = {}
    for entry in (entry for model in models for entry in model.state if not entry.is_buffer):
        where, _, name = entry.key.rpartition(".")
        kind = INNER.get(where.rpartition(".")[2], entry.layer) if _holds_layers(entry.layer) else entry.layer
        found[Parameter(entry.key, where, name, entry.layer, kind)] = None
    return list(found)


def _holds_layers(layer: str) -> bool:
    return layer == "MultiheadAttention" or layer.startswith("Transformer")


def reaches_inside(models: Sequence[Model], layers: Sequence[str | None]) -> bool:
    """Whether asking for these classes would find modules inside other layers, which rules do not mean."""
    return any(one.kind != one.layer and one.kind in layers for one in parameters_in(models))


def grouped(rules: Sequence[Sequence[InitRule]], models: Sequence[Model]) -> list[Group]:
    """Rules in the order they are asked for, with what is left for each."""
    rest = parameters_in(models)
    groups = []
    for alike in rules:
        wanted = frozenset(p for p in rest if any(applies(rule, p.where, p.layer, p.name) for rule in alike))
        groups.append(Group(alike, wanted))
        rest = [one for one in rest if one not in wanted]
    return groups


def chosen(groups: Sequence[Group], models: Sequence[Model]) -> Chosen | None:
    """The shortest tests that tell apart what the groups fill; None where none of the spec's own tests does."""
    every = parameters_in(models)
    texts = [_shortest(group, every, groups[:place]) for place, group in enumerate(groups)]
    if sum(_asks([found], "isinstance(") for found in texts) > 1:
        kinds = sorted({one.kind for group in groups for one in group.wanted})
        inside = [one for one in every if one.kind in kinds]
        plain = [_shortest(group, inside, groups[:place], classes=False) for place, group in enumerate(groups)]
        if all(kinds) and all(found is not None for found in plain):
            return Chosen([found for found in plain if found is not None], tuple(kinds))
    if all(found is not None for found in texts):
        return Chosen([found for found in texts if found is not None], ())
    if len(models) > 1:
        return None
    return Chosen([found or _among(group) for found, group in zip(texts, groups)], ())


def _shortest(
    group: Group, every: list[Parameter], before: Sequence[Group], classes: bool = True
) -> list[Conditions] | None:
    """The shortest tests, as text, that pick of what the groups before have left just what this one fills."""
    taken = frozenset(one for other in before for one in other.wanted)
    rest = [one for one in every if one not in taken]
    outside = _outside(group, every)
    for by_class, more in ((False, []), *(((True, []), (True, outside)) if classes else ())):
        for words in (("name",), ("path",), ("path", "name")):
            tests = [[t for t in tests_of(rule, words) if by_class or not t.of_class] + more for rule in group.rules]
            picked = {one for one in rest if any(all(test.holds(one) for test in row) for row in tests)}
            if all(tests) and picked == group.wanted:
                return _either(tests)
    return None


def _outside(group: Group, every: list[Parameter]) -> list[Test]:
    """A test that leaves out what other layers hold of the classes of a group."""
    kinds = {rule.layer for rule in group.rules}
    ends = tuple(sorted({"." + p.where.rpartition(".")[2] for p in every if p.kind in kinds and p.kind != p.layer}))
    text = literal(ends if len(ends) > 1 else ends[0]) if ends else ""
    return [Test((f"not path.endswith({text})",), lambda p: not p.where.endswith(ends))] if ends else []


# ---------------------------------------------------------------- tests


def tests_of(rule: InitRule, words: Sequence[str]) -> list[Test]:
    """What a rule asks for, as `initialization.applies` does; its pattern is that of the parameter's name, its module's
    path, or either.
    """
    found = []
    if rule.layer is not None:
        kind = rule.layer
        found.append(Test((f"{IS_A}nn.{kind})",), lambda p: p.kind == kind, kind))
    if rule.glob is not None and len(words) == 1:
        found.append(_matching(rule.glob, words[0]))
    if rule.path is not None and rule.layer is None and rule.glob is None:
        found.append(_matching(rule.path, "name"))
    elif rule.path:
        end = f".{rule.path}"
        found.append(Test((f"name.endswith({literal(end)})",), lambda p: p.full.endswith(end)))
    if rule.glob is not None and len(words) > 1:
        sides = [_matching(rule.glob, word) for word in words]
        texts = tuple(side.texts[0] for side in sides)
        found.append(Test(texts, lambda p: any(side.holds(p) for side in sides)))
    return found


def _matching(glob: str, word: str) -> Test:
    """`fnmatch(name, glob)`, or what is simpler."""
    inner = glob[1:-1] if glob[:1] == glob[-1:] == "*" else ""
    if not WILD & set(glob):
        return Test((f"{word} == {literal(glob)}",), lambda p: _value(p, word) == glob)
    if glob[0] == "*" and not WILD & set(glob[1:]):
        return Test((f"{word}.endswith({literal(glob[1:])})",), lambda p: _value(p, word).endswith(glob[1:]))
    if glob[-1] == "*" and not WILD & set(glob[:-1]):
        return Test((f"{word}.startswith({literal(glob[:-1])})",), lambda p: _value(p, word).startswith(glob[:-1]))
    if inner and not WILD & set(inner):
        return Test((f"{literal(inner)} in {word}",), lambda p: inner in _value(p, word))
    return Test((f"fnmatch({word}, {literal(glob)})",), lambda p: fnmatchcase(_value(p, word), glob))


def _value(parameter: Parameter, word: str) -> str:
    return parameter.full if word == "name" else parameter.where


def _either(rows: list[list[Test]]) -> list[Conditions]:
    """Rules that do the same, as one condition where that stays plain: they differ in a place that can ask for either,
    or are single tests joined by `or`.
    """
    texts = [list(row) for row in dict.fromkeys(tuple(test.texts for test in row) for row in rows)]
    texts = [row for row in texts if not any(set(other) < set(row) for other in texts)]  # one implies the other
    places = [place for place, column in enumerate(zip(*texts)) if len(set(column)) > 1]
    if len(places) == 1 and len({len(row) for row in texts}) == 1:
        merged = _merged([row[places[0]] for row in texts])
        if merged is not None:
            return [[*texts[0][: places[0]], (merged,), *texts[0][places[0] + 1 :]]]
    if len(texts) > 1 and all(len(row) == 1 for row in texts):
        return [[tuple(part for row in texts for part in row[0])]]
    if len(texts) == 2:
        return [[tuple(_all_of(row) for row in texts)]]
    return texts


def _all_of(row: Conditions) -> str:
    return _one_of(row[0]) if len(row) == 1 else f"({' and '.join(map(_one_of, row))})"


def _merged(tests: list[tuple[str, ...]]) -> str | None:
    """`name in ("a", "b")`, `name.endswith(("a", "b"))`, `isinstance(module, (nn.A, nn.B))`."""
    texts = [alternatives[0] for alternatives in tests]
    for start, end in (("name == ", ""), *((head, ")") for head in ("name.endswith(", "name.startswith(", IS_A))):
        if all(len(test) == 1 and test[0].startswith(start) and test[0].endswith(end) for test in tests):
            listed = f"({', '.join(text[len(start) : len(text) - len(end)] for text in texts)})"
            return f"{AMONG}{listed}" if start == "name == " else f"{start}{listed}{end}"
    return None


def _among(group: Group) -> list[Conditions]:
    """The parameters of a group by their names."""
    names = sorted(one.full for one in group.wanted)
    return [[(f"{AMONG}{literal(tuple(names))}" if len(names) > 1 else f"name == {literal(names[0])}",)]]


# ---------------------------------------------------------------- lines


def test_lines(word: str, conditions: Conditions, indent: int) -> list[str]:
    """`if a and b:`, over several lines where it is long, as a formatter has them."""
    pad = " " * indent
    joint, operands = ("or", conditions[0]) if len(conditions) == 1 else ("and", tuple(map(_one_of, conditions)))
    whole = f"{pad}{word} {f' {joint} '.join(operands)}:"
    if len(whole) <= WIDTH or len(operands) == 1:
        return [whole]
    if len(operands) == 2:  # a formatter breaks calls rather than add brackets: the last one, else the first
        (first, last), head = operands, f"{pad}{word} "
        broken = _broken(f"{head}{first} {joint} ", last, ":", pad) or _broken(head, first, f" {joint} {last}:", pad)
        both = _broken(head, first, f" {joint} {last.partition('(')[0]}(", pad), _broken("", last, ":", pad)
        if broken or all(both):
            return broken or [*both[0], *both[1][1:]]
    shown = conditions if joint == "and" else [(operand,) for operand in operands]
    body = [line for place, test in enumerate(shown) for line in _operand(f"{joint} " if place else "", test, pad)]
    return [f"{pad}{word} (", *body, f"{pad}):"]


def _one_of(alternatives: Sequence[str]) -> str:
    return alternatives[0] if len(alternatives) == 1 else f"({' or '.join(alternatives)})"


def _broken(before: str, call: str, after: str, pad: str) -> list[str]:
    """A line broken inside a call; empty where it is none or the pieces do not fit."""
    called, _, given = call.partition("(")
    made = [f"{before}{called}(", f"{pad}    {given[:-1]}", f"{pad}){after}"]
    return made if given.endswith(")") and all(len(line) <= WIDTH for line in made) else []


def _operand(joint: str, alternatives: Sequence[str], pad: str) -> list[str]:
    """One operand on a line, or in brackets of its own."""
    whole = f"{pad}    {joint}{_one_of(alternatives)}"
    if len(whole) <= WIDTH or len(alternatives) == 1:
        return [whole]
    inner = [f"{pad}        {'or ' if place else ''}{one}" for place, one in enumerate(alternatives)]
    return [f"{pad}    {joint}(", *inner, f"{pad}    )"]


def shares(graph: Any) -> bool:
    """Whether two modules have a parameter in common, which is filled at both places."""
    inner = (getattr(member, "graph", None) for member in graph.members)
    return bool(graph.ties) or any(shares(one) for one in inner if one is not None)
