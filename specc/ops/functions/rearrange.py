"""rearrange: axes put in another order, merged and split by a pattern such as "b t (h d) -> b h t d"."""

from __future__ import annotations

from typing import Any, NamedTuple

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import INPUT, whole
from specc.ops.kinds import DIM, TEXT, Named
from specc.types.dims import Dim
from specc.types.tensor import Size, TensorType, Type, UnknownType, product, sizes

Group = tuple[str, ...]  # the axes that one axis of the value is made of; () is an axis of size 1
ELLIPSIS = "..."
MERGED = "(...)"  # the same in brackets: one axis, made of all that ... stands for
Step = tuple[str, tuple[Any, ...]]


class Pattern(NamedTuple):
    """Both sides of a pattern, each a list of groups."""

    left: tuple[Group, ...]
    right: tuple[Group, ...]

    def names(self, side: tuple[Group, ...]) -> list[str]:
        return [ELLIPSIS if name == MERGED else name for group in side for name in group]


class PatternError(Exception):
    """A pattern that means nothing; the text says why."""


def parse(text: str) -> Pattern:
    """The pattern of a text, or PatternError."""
    sides = text.split("->")
    if len(sides) != 2:
        raise PatternError('a pattern has two sides, as in "b t (h d) -> b h t d"')
    pattern = Pattern(_groups(sides[0]), _groups(sides[1]))
    left, right = pattern.names(pattern.left), pattern.names(pattern.right)
    if any(MERGED in group for group in pattern.left):
        raise PatternError("... stands in brackets on the right side only")
    for names, side in ((left, "left"), (right, "right")):
        twice = [name for place, name in enumerate(names) if name in names[:place]]
        if twice:
            raise PatternError(f"{twice[0]} stands twice on the {side} side")
    for name in left:
        if name not in right:
            raise PatternError(f"{name} is lost: it stands on the left side only")
    for name in right:
        if name not in left:
            raise PatternError(f"{name} comes from nowhere: it stands on the right side only")
    return pattern


def _groups(side: str) -> tuple[Group, ...]:
    """The groups of one side of a pattern."""
    groups: list[Group] = []
    inner: list[str] | None = None
    for word in side.replace("(", " ( ").replace(")", " ) ").split():
        if word == "(" and inner is None:
            inner = []
        elif word == ")" and inner is not None:
            groups.append(tuple(inner))
            inner = None
        elif word in ("1", ELLIPSIS) or word.isidentifier():
            name: Group = () if word == "1" else (MERGED,) if word == ELLIPSIS and inner is not None else (word,)
            if inner is None:
                groups.append(name)
            else:
                inner.extend(name)
        else:
            raise PatternError(f"{word} does not belong there")
    if inner is not None:
        raise PatternError("a ( is never closed")
    return tuple(groups)


class Rearrange(Function):
    """Puts axes in another order, merges and splits them, by a pattern: "b t (h d) -> b h t d".

    Names stand for axes, (h d) for one axis made of two, 1 for an axis of size 1, ... for any axes, (...) on the right
    for one made of these. What a split cannot work out is given by name: `h=8`.
    """

    name = "rearrange"
    target = ""
    arguments = (
        INPUT,
        Argument("pattern", TEXT, doc="the axes before and after"),
        Argument("sizes", Named(DIM), {}, "sizes of axes, by their names", keyword_only=True, variadic=True),
    )
    example = 'y = rearrange(x, "b t (h d) -> b h t d", h=heads)'

    def infer(self, use: Use) -> Type:
        plan = planned(use)
        if isinstance(plan, UnknownType):
            return plan
        return use.input.reshaped(product(plan.sizes[name] for name in group) for group in plan.right)

    def lower(self, use: Use) -> tuple[Step, ...]:
        """The torch calls that do it, one after another on the value; only for a use that `infer` accepts."""
        plan = planned(use)
        assert isinstance(plan, Plan), "a rearrange that was refused has no calls"
        return tuple(_steps(plan))


class Plan(NamedTuple):
    """A pattern joined to a value: the groups of both sides, ... written out, and the size of every axis."""

    left: tuple[Group, ...]
    right: tuple[Group, ...]
    sizes: dict[str, Size]
    given: frozenset[str]  # the axes whose size the spec names


def planned(use: Use) -> Plan | UnknownType:
    """The plan of a use, or the unknown type after reporting why there is none."""
    try:
        pattern = parse(use.pattern)
        left, right = _spread(pattern, use.input)
        return Plan(left, right, _solve(use, left), frozenset(use.sizes))
    except PatternError as error:
        return use.problem("rearrange-mismatch", f'rearrange "{use.pattern}": {error}', "pattern")


def splits(pattern: str, x: TensorType) -> list[Group]:
    """The axes that each unflatten of a rearrange of `x` makes, call by call."""
    left, _ = _spread(parse(pattern), x)
    return [group for group in reversed(left) if len(group) > 1]


def _spread(pattern: Pattern, x: TensorType) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """Both sides with `...` written out as axes of their own."""
    dotted = (ELLIPSIS,) in pattern.left
    count = x.rank - len(pattern.left) + dotted
    if count < 0 or count and not dotted:
        raise PatternError(
            f"the left side has {len(pattern.left) - dotted} axes, the value {sizes(x.shape)} has {x.rank}"
        )
    dots = tuple((f"...{place}",) for place in range(count))

    merged = tuple(name for group in dots for name in group)

    def spread(side: tuple[Group, ...]) -> tuple[Group, ...]:
        return tuple(part for group in side for part in (dots if group == (ELLIPSIS,) else (inside(group),)))

    def inside(group: Group) -> Group:
        return tuple(part for name in group for part in (merged if name == MERGED else (name,)))

    return spread(pattern.left), spread(pattern.right)


def _solve(use: Use, left: tuple[Group, ...]) -> dict[str, Size]:
    """The size of every axis, from the value's sizes and those given by name."""
    given: dict[str, Size] = use.sizes
    names = {name for group in left for name in group}
    for name in given:
        if name not in names:
            raise PatternError(f"{name} is given a size and is not in the pattern")
    found = dict(given)
    for group, size in zip(left, use.input.shape):
        unknown = [name for name in group if name not in given]
        known = product(given[name] for name in group if name in given)
        written = "1" if not group else group[0] if len(group) == 1 else f"({' '.join(group)})"
        if len(unknown) > 1:
            raise PatternError(f"{written} has {size}: give the size of {unknown[0]} or {unknown[1]}")
        if unknown:
            rest = whole(use, size, known)
            if rest is None:
                raise PatternError(f"{written} has {size}, which cannot be divided by {known}")
            found[unknown[0]] = rest
        elif not use.same(size, known):
            raise PatternError(f"{written} is {known}, the value has {size} there")
    return found


def _steps(plan: Plan) -> list[Step]:
    """unflatten from the last axis to the first, permute, flatten, and a reshape where axes of size 1 come or go."""
    axes = [name for group in plan.left for name in group]
    steps: list[Step] = []
    if any(not group for group in plan.left):
        kept = tuple(place for place, group in enumerate(plan.left) if not group)
        steps.append(("squeeze", (kept,)))
    groups = [group for group in plan.left if group]
    for place in range(len(groups) - 1, -1, -1):
        if len(groups[place]) > 1:
            steps.append(("unflatten", (place, _factors(plan, groups[place]))))
    wanted = [name for group in plan.right for name in group]
    if wanted != axes:
        steps.append(_reordered([axes.index(name) for name in wanted]))
    return steps + _merges(plan.right)


def _reordered(order: list[int]) -> Step:
    """permute, or transpose where two axes change places."""
    moved = [place for place, axis in enumerate(order) if axis != place]
    return ("transpose", tuple(moved)) if len(moved) == 2 else ("permute", tuple(order))


def _factors(plan: Plan, group: Group) -> tuple[Size, ...]:
    """The sizes an axis is split into; the one that follows from the others is left to torch as -1."""
    found = [plan.sizes[name] for name in group]
    follows = [place for place, name in enumerate(group) if name not in plan.given]
    if not follows:
        follows = [place for place, size in enumerate(found) if isinstance(size, Dim)]
    return tuple(-1 if follows == [place] else size for place, size in enumerate(found))


def _merges(right: tuple[Group, ...]) -> list[Step]:
    """flatten the groups from the last to the first, then put in the axes of size 1."""
    steps: list[Step] = []
    filled = [group for group in right if group]
    place = sum(len(group) for group in filled)
    last = filled[-1] if filled else ()
    for group in reversed(filled):
        place -= len(group)
        if len(group) > 1:
            steps.append(("flatten", (place,) if group is last else (place, place + len(group) - 1)))
    steps += [("unsqueeze", (place,)) for place, group in enumerate(right) if not group]
    return steps
