"""The sample against the model: what each part is, which input it feeds, and what is left as the target."""

from __future__ import annotations

from typing import Any, Sequence

from specc.program.context import Frame
from specc.program.model import Model, Part, Split
from specc.syntax import tree
from specc.syntax.walk import declared_inputs, names_in
from specc.types.dims import Dim, symbol
from specc.types.tensor import DTYPES, UNKNOWN, PictureType, TensorType, Type


def shown(type: Type) -> str:
    """A type whose sizes may be unknown: f32[3, ?, ?]."""
    if isinstance(type, TensorType):
        return f"{type.dtype}[{', '.join('?' if size is None else str(size) for size in type.shape)}]"
    return str(type)


def sample_parts(
    frame: Frame, node: tree.Sample | None, splits: Sequence[Split], models: Sequence[Model]
) -> list[tuple[str, Type, Any]]:
    """Each part's name, type (batch axis included) and place."""
    if node is None:
        return []
    types = splits[0].types if splits else ()
    if types and len(types) != len(node.parts):
        given = ", ".join(map(shown, types))
        frame.report(
            "sample-mismatch", node.span, f"the data has {len(types)} parts ({given}), sample names {len(node.parts)}"
        )
        return [(part.name, UNKNOWN, part) for part in node.parts]
    batch = _batch_symbol(models)
    return [_part(frame, part, types[place] if types else None, batch, models) for place, part in enumerate(node.parts)]


def _batch_symbol(models: Sequence[Model]) -> Any:
    """The symbol of the model's batch axis, so that data and model speak of one N."""
    for model in models:
        for given in model.graph.inputs:
            if isinstance(given.type, TensorType) and given.type.shape and isinstance(given.type.shape[0], Dim):
                return given.type.shape[0]
    return symbol("N")


def _part(
    frame: Frame, part: tree.Part, type: Type | None, batch: Any, models: Sequence[Model]
) -> tuple[str, Type, Any]:
    known = with_batch(type, batch) if type is not None else None
    if part.type is not None:
        stated = _stated(frame, part.type, batch)
        if known is not None and stated is not UNKNOWN and not _agree(stated, known):
            frame.report(
                "sample-mismatch", part.span, f"{part.name} is declared {shown(stated)}, the data gives {shown(known)}"
            )
            return part.name, UNKNOWN, part
        return part.name, stated, part
    if known is None:
        inputs = [given.type for model in models for given in model.graph.inputs if given.name == part.name]
        return part.name, inputs[0] if inputs else UNKNOWN, part
    return part.name, known, part


def settled(name: str, type: Type) -> Type:
    """A part whose unknown sizes are symbols, so that rules can reckon with them."""
    if not isinstance(type, TensorType) or None not in type.shape:
        return type
    return type.reshaped(symbol(f"{name}{axis}") if size is None else size for axis, size in enumerate(type.shape))


def with_batch(type: Type, batch: Any) -> Type:
    """The type of a batch of samples; a picture stays what it is."""
    return TensorType((batch, *type.shape), type.dtype, type.range) if isinstance(type, TensorType) else type


def _stated(frame: Frame, node: tree.TypeExpr, batch: Any) -> Type:
    from specc.program.patterns import size_value, typed
    from specc.program.values import MISSING, Env, SizeValue

    inner = frame.within(Env(frame.env))
    shape = []
    for axis, dim in enumerate(node.dims or ()):
        if isinstance(dim, tree.Dots):
            frame.report("type-syntax", dim.span, "the type of a sample part has a known number of axes")
            return UNKNOWN
        for name in names_in(dim):
            if inner.env.find(name.id) is MISSING:
                inner.env.bind(name.id, SizeValue(batch if axis == 0 else symbol(name.id), None))
        shape.append(size_value(inner, dim))
    return UNKNOWN if UNKNOWN in shape else typed(inner, node, tuple(shape))


def _agree(stated: Type, known: Type) -> bool:
    if not isinstance(stated, TensorType) or not isinstance(known, TensorType):
        return False
    same = len(stated.shape) == len(known.shape) and stated.dtype == known.dtype
    return same and all(n is None or m == n or isinstance(m, Dim) for m, n in zip(stated.shape, known.shape))


# ---------------------------------------------------------------- the join


def join(
    frame: Frame, parts: Sequence[tuple[str, Type, Any]], definitions: Sequence[Any], models: Sequence[Model], data: Any
) -> tuple[tuple[Part, ...], str | None]:
    """Feed the model's inputs by name; the part joined to none is the target. A model with errors still has its
    names.
    """
    inputs: dict[str, Any] = {d.name: None for definition in definitions for d in declared_inputs(definition)}
    inputs |= {given.name: given for model in models for given in model.graph.inputs}
    joined = []
    parts = _untangled(frame, parts, inputs)
    for name, type, node in parts:
        before = len(frame.compilation.problems)
        if inputs.get(name) is not None:
            _check(frame, models, inputs[name], type, node)
            _check_range(frame, inputs[name], type, node)
        if len(frame.compilation.problems) > before:
            type = UNKNOWN  # told of here, and nowhere else
        joined.append(Part(name, type, name if name in inputs else None))
    if len(models) == len(definitions) == 1 and parts:
        _check_fed(frame, models[0], [name for name, _, _ in parts], data)
    left = [part.name for part in joined if part.input is None]
    return tuple(joined), left[0] if len(left) == 1 else None


def _untangled(frame: Frame, parts: Sequence[Any], inputs: dict[str, Any]) -> Sequence[Any]:
    """`sample (label, image)` of pictures with labels: told of once, after which nothing is known of either."""
    fed = [part for part in parts if inputs.get(part[0]) is not None]
    free = [part for part in parts if part[0] not in inputs]
    for name, type, node in fed:
        want = inputs[name].type
        other = next((part for part in free if _alike(part[1], want)), None)
        if not isinstance(type, TensorType) or _alike(type, want) or other is None:
            continue
        frame.report(
            "sample-mismatch",
            node.span,
            f"{name} is {shown(type)}, the model takes {want}",
            notes=(f"{other[0]} is {shown(other[1])}: the parts stand in the order in which the data give them",),
            helps=(f"exchange {name} and {other[0]}",),
        )
        return [(part[0], UNKNOWN if part[0] in (name, other[0]) else part[1], part[2]) for part in parts]
    return parts


def _alike(type: Type, want: TensorType) -> bool:
    return isinstance(type, TensorType) and type.dtype == want.dtype and len(type.shape) == len(want.shape)


def _check_fed(frame: Frame, model: Model, names: list[str], data: Any) -> None:
    from specc.diagnostics.suggest import nearest

    for given in model.graph.inputs:
        if given.name not in names:
            near = nearest(given.name, names)
            frame.report(
                "sample-mismatch",
                data.span,
                f"no part of the sample is called {given.name}, an input of {model.name}",
                helps=(f"the parts are {', '.join(names)}" + (f"; did you mean {near[0]}?" if near else ""),),
            )


def _check(frame: Frame, models: Sequence[Model], given: Any, type: Type, node: Any) -> None:
    """The part must be of the input's type."""
    if type is UNKNOWN:
        return
    want = given.type
    if isinstance(type, PictureType):
        frame.report(
            "missing-totensor",
            node.span,
            f"{node.name} is a picture, the model takes {want}",
            helps=("end the transform with ToTensor",),
        )
        return
    assert isinstance(type, TensorType), "what is neither a picture nor wrong is one tensor"
    if len(type.shape) != len(want.shape) or type.dtype != want.dtype:
        frame.report(
            "sample-mismatch",
            node.span,
            f"{node.name} is {shown(type)}, the model takes {want}",
            notes=_why(type, want),
        )
        return
    for axis, (size, wanted) in enumerate(zip(type.shape, want.shape)):
        if size is None or size == wanted or isinstance(size, Dim):
            continue
        if not _possible(models, wanted, size):
            picture = axis >= 2 and len(want.shape) == 4
            frame.report(
                "image-size-mismatch" if picture else "sample-mismatch",
                node.span,
                f"{node.name} is {shown(type)}, the model takes {want}",
                notes=(f"axis {axis} is {size}, not {wanted}",),
            )
            return


def _why(type: TensorType, want: TensorType) -> tuple[str, ...]:
    if type.dtype != want.dtype:
        return (f"its dtype is {type.dtype}, not {want.dtype}",) if type.dtype in DTYPES else ()
    return (f"it has {len(type.shape)} axes, not {len(want.shape)}",)


def _possible(models: Sequence[Model], wanted: Any, size: int) -> bool:
    """Whether a symbolic size can be this number, given everything the model asks of it."""
    if not isinstance(wanted, Dim):
        return False
    facts = models[0].facts
    if facts.prove("!=", wanted, size) is True:
        return False
    facts.assume("==", wanted, size)
    return facts.satisfiable() is not False


def _check_range(frame: Frame, given: Any, type: Type, node: Any) -> None:
    """Ids beyond what the input declares, as in a vocabulary larger than the embedding."""
    have, want = getattr(type, "range", None), given.type.range
    if have is None or want is None or have.high is None or want.high is None:
        return
    if frame.facts.prove(">", have.high, want.high) is True:
        frame.report(
            "vocabulary-exceeds-embedding",
            node.span,
            f"{node.name} holds ids below {have.high}, the model takes ids below {want.high}",
        )
