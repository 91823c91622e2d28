"""Types as written: what a model's inputs are, and whether a value fits a block's input pattern."""

from __future__ import annotations

from typing import Any, Sequence

from specc.diagnostics.model import Edit, Fix
from specc.ops.base import REQUIRED, Argument
from specc.ops.binding import Written, bind
from specc.ops.kinds import Kind
from specc.program.context import Frame
from specc.program.foreign import DTYPE_NAMES
from specc.program.model import Arithmetic, GraphInput, SizeOf
from specc.program.values import MISSING, SizeValue, TensorValue, as_size, describe, has_unknown, seen
from specc.source import Span
from specc.syntax import tree
from specc.syntax.walk import declared_inputs, names_in
from specc.types.dims import Dim, symbol
from specc.types.tensor import DTYPES, UNKNOWN, TensorType
from specc.types.witness import example

ANY = Kind()


def bind_inputs(frame: Frame, definition: Any, inputs: Sequence[Any] | None, node: Any) -> bool:
    """Bind what a body declares as input to what is given (None: a model, whose own types hold). False after a
    mistake.
    """
    declared = declared_inputs(definition)
    if inputs is None:
        return all([_own_input(frame, item) for item in declared])
    values = _given_values(frame, definition, declared, inputs, node)
    return values is not None and all(
        [_given_input(frame, definition, item, values[item.name], node) for item in declared]
    )


def _given_values(
    frame: Frame, definition: Any, declared: Sequence[Any], inputs: Sequence[Any], node: Any
) -> dict[str, Any] | None:
    positional = [arg for arg in inputs if arg.name is None]
    required = [item for item in declared if not item.optional]
    if len(positional) > len(declared) or len(inputs) < len(required):
        takes = ", ".join(item.name for item in declared) or "none"
        frame.report(
            "wrong-input-count",
            node.span,
            f"{definition.name} takes {len(required)} input{'s' * (len(required) != 1)} ({takes}), "
            f"{len(inputs)} flow{'s' * (len(inputs) == 1)} in",
        )
        return None
    arguments = [Argument(item.name, ANY, None if item.optional else REQUIRED) for item in declared]
    bound = bind(
        definition.name,
        arguments,
        [Written(a.name, a.value, a.span) for a in inputs],
        node.span,
        frame.compilation.problems,
    )
    return None if bound is None else bound.values


# ---------------------------------------------------------------- a model's own inputs


def _own_input(frame: Frame, item: tree.Declared) -> bool:
    if item.optional:
        frame.report(
            "wrong-context",
            item.span,
            f"{item.name} is an input of the model: those are always given, ? is for inputs of blocks",
            helps=("write a second model for what goes without it",),
        )
        return False
    ref = frame.graph.ref()
    shape: list[Any] = []
    for axis, dim in enumerate(item.type.dims or ()):
        size = _own_size(frame, dim, SizeOf(ref, axis))
        if size is UNKNOWN:
            return False
        shape.append(size)
    type = typed(frame, item.type, tuple(shape))
    if type is UNKNOWN:
        return False
    _take(frame, item, ref, type)
    return True


def _own_size(frame: Frame, dim: Any, place: SizeOf) -> Any:
    """A size of a model's input: unknown names in it become symbols."""
    if isinstance(dim, tree.Dots):
        frame.report("type-syntax", dim.span, "a model's input has a known number of axes, ... is for blocks")
        return UNKNOWN
    new = [name for name in names_in(dim) if frame.env.find(name.id) is MISSING]
    for name in new:
        frame.env.bind(name.id, SizeValue(symbol(name.id), place))
    value = size_value(frame, dim)
    if len({name.id for name in new}) == 1 and isinstance(value, Dim):
        unknown = symbol(new[0].id)
        solved = _solve(value, unknown, place)
        if solved is not None:
            frame.env.bind(new[0].id, SizeValue(unknown, solved))
    return value


def _solve(value: Dim, unknown: Dim, place: SizeOf) -> Any:
    """The code of the symbol in `a * symbol + b == size`, or None."""
    at = [value.substitute({str(unknown): n}) for n in (1, 2, 3)]
    if not all(isinstance(n, int) for n in at) or at[2] - at[1] != at[1] - at[0]:
        return None
    slope = at[1] - at[0]
    offset = at[0] - slope
    shifted = place if offset == 0 else Arithmetic("-", place, offset)
    return shifted if slope == 1 else Arithmetic("//", shifted, slope)


def size_value(frame: Frame, node: Any) -> Any:
    from specc.program.evaluate import evaluate

    value = seen(evaluate(frame, node))
    if isinstance(value, Dim) or type(value) is int and value >= 0 or value is UNKNOWN:
        return value
    frame.report(
        "not-a-number",
        node.span,
        f"a size is an integer of 0 or more, this is {describe(value) if not isinstance(value, int) else value}",
    )
    return UNKNOWN


def typed(frame: Frame, node: tree.TypeExpr, shape: tuple[Any, ...]) -> Any:
    """The tensor type of a type expression with its sizes worked out."""
    if node.dtype not in DTYPES:
        from specc.diagnostics.suggest import nearest

        near = [DTYPE_NAMES[node.dtype]] if node.dtype in DTYPE_NAMES else nearest(node.dtype, DTYPES)
        at = Span(node.span.source, node.span.start, node.span.start + len(node.dtype))
        frame.report(
            "type-syntax",
            at,
            f"{node.dtype} is no dtype",
            helps=(f"did you mean {near[0]}?" if near else "dtypes are " + ", ".join(DTYPES),),
            fix=Fix(f"write {near[0]}", (Edit(at, near[0]),)) if near else None,
        )
        return UNKNOWN
    if node.bound is None:
        return TensorType(shape, node.dtype)
    bound = size_value(frame, node.bound)
    if bound is UNKNOWN:
        return UNKNOWN
    from specc.types.ranges import Range

    return TensorType(shape, node.dtype, Range(0, bound))


def _take(frame: Frame, item: tree.Declared, ref: Any, type: TensorType) -> None:
    frame.graph.inputs.append((GraphInput(item.name, ref, type), item))
    frame.env.bind(item.name, TensorValue(ref, type))


# ---------------------------------------------------------------- a block's inputs


def _given_input(frame: Frame, definition: Any, item: tree.Declared, value: Any, node: Any) -> bool:
    if value is None and item.optional:
        frame.env.bind(item.name, None)
        return True
    if has_unknown(value):
        return False
    if not isinstance(value, TensorValue) or not isinstance(value.type, TensorType):
        frame.report(
            "block-input-mismatch",
            node.span,
            f"{definition.name} takes a tensor as {item.name}, this is {describe(value)}",
        )
        return False
    ref = frame.graph.ref()
    if not matches(
        frame, item.type, value.type, ref, node, f"{definition.name} takes {item.name}: {item.type.span.text}"
    ):
        return False
    declared = TensorType((), item.type.dtype, value.type.range)
    _take(frame, item, ref, TensorType(value.type.shape, declared.dtype, declared.range))
    return True


def matches(frame: Frame, pattern: tree.TypeExpr, given: TensorType, ref: Any, node: Any, wanted: str) -> bool:
    """Whether a type fits a pattern; names new in it are bound. Reports what does not fit."""
    if typed(frame, pattern._replace(bound=None), ()) is UNKNOWN:
        return False
    if pattern.dtype != given.dtype:
        frame.report(
            "dtype-mismatch", node.span, f"{wanted}, it is given {given}", helps=(f"convert it: .to({pattern.dtype})",)
        )
        return False
    if pattern.dims is None:
        return True
    axes = _axes(pattern.dims, len(given.shape))
    if axes is None:
        frame.report(
            "block-input-mismatch",
            node.span,
            f"{wanted}, it is given {given}",
            notes=(f"{len(pattern.dims)} axes against {len(given.shape)}",),
        )
        return False
    return all([_fits(frame, dim, given, axis, ref, node, wanted) for dim, axis in axes])


def _axes(dims: Sequence[Any], rank: int) -> list[tuple[Any, int]] | None:
    """Each written size with the axis it stands for; None where the ranks do not fit."""
    dots = [place for place, dim in enumerate(dims) if isinstance(dim, tree.Dots)]
    if not dots:
        return list(zip(dims, range(rank))) if len(dims) == rank else None
    first, after = dots[0], len(dims) - dots[0] - 1
    if len(dots) > 1 or first + after > rank:
        return None
    return [*zip(dims[:first], range(first)), *zip(dims[first + 1 :], range(rank - after, rank))]


def _fits(frame: Frame, dim: Any, given: TensorType, axis: int, ref: Any, node: Any, wanted: str) -> bool:
    size, place = given.shape[axis], SizeOf(ref, axis)
    new = [name for name in names_in(dim) if frame.env.find(name.id) is MISSING]
    if isinstance(dim, tree.Name) and new:
        frame.env.bind(dim.id, as_size(size, place))
        return True
    if new and not _bind_solved(frame, dim, new[0], size, place):
        return _misfit(frame, node, wanted, given, f"axis {axis} is {size}, not of the form {dim.span.text}")
    value = size_value(frame, dim)
    if value is UNKNOWN:
        return False
    if value == size or frame.facts.prove("==", value, size) is True:
        return True
    return _misfit(frame, node, wanted, given, f"axis {axis} is {size}, {dim.span.text} is {value}", (value, size))


def _bind_solved(frame: Frame, dim: Any, name: tree.Name, size: Any, place: SizeOf) -> bool:
    """Bind the one new name of `a * name + b` so that it equals the size; False if that cannot be."""
    unknown = symbol(name.id)
    probe = frame.within(frame.env)
    frame.env.bind(name.id, SizeValue(unknown, place))
    pattern = size_value(probe, dim)
    solved = _solve(pattern, unknown, place) if isinstance(pattern, Dim) else None
    if solved is None:
        return False
    slope = pattern.substitute({name.id: 2}) - pattern.substitute({name.id: 1})
    offset = pattern.substitute({name.id: 1}) - slope
    value = (size - offset) // slope
    frame.env.bind(name.id, as_size(value, solved))
    return frame.facts.prove("==", value * slope + offset, size) is True


def _misfit(frame: Frame, node: Any, wanted: str, given: TensorType, note: str, pair: Any = None) -> bool:
    notes = [note]
    if pair is not None:
        notes += example(frame.facts, *pair)
    frame.report("block-input-mismatch", node.span, f"{wanted}, it is given {given}", notes=tuple(notes))
    return False


def check_annotation(frame: Frame, name: str, pattern: tree.TypeExpr, value: Any, node: Any) -> None:
    """`h: f32[N, 128] = ...`: the value must be of that type."""
    if has_unknown(value):
        return
    if not isinstance(value, TensorValue) or not isinstance(value.type, TensorType):
        frame.report(
            "annotation-mismatch", node.span, f"{name} is declared {pattern.span.text}, it is {describe(value)}"
        )
        return
    before = len(frame.compilation.problems)
    matches(frame, pattern, value.type, value.code, node, f"{name} is declared {pattern.span.text}")
    problems = frame.compilation.problems
    for place in range(before, len(problems)):
        if problems[place].name in ("block-input-mismatch", "dtype-mismatch"):
            from specc.diagnostics.model import finding

            old = problems[place]
            problems[place] = finding(
                "annotation-mismatch",
                node.span,
                f"{name} is declared {pattern.span.text}, it is {value.type}",
                notes=old.notes,
            )
