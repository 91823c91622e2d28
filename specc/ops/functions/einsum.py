"""einsum: sums of products over named axes."""

from __future__ import annotations

from specc.ops.base import Argument, Function, Use
from specc.ops.functions.common import refuse
from specc.ops.kinds import TENSORS, TEXT
from specc.types.tensor import FLOATS, Size, TensorType, Type, UnknownType, product, sizes

DOTS = "..."


class EquationError(Exception):
    """An equation that does not fit its operands; the text says why."""


class Einsum(Function):
    """Sums of products over named axes: einsum("bid,bjd->bij", q, k).

    A letter names an axis of each operand; letters that are not in the result are summed over; ... stands for any axes.
    """

    name = "einsum"
    target = "torch.einsum"
    arguments = (
        Argument("equation", TEXT, doc="the axes of each operand, and of the result"),
        Argument("operands", TENSORS, doc="the operands", variadic=True),
    )
    example = 'y = einsum("bid,bjd->bij", q, k)'

    def infer(self, use: Use) -> Type:
        operands = list(use.operands)
        if not operands:
            return use.problem("missing-argument", f"{use.title} needs operands")
        if not (use.given["equation"].positional and use.given["operands"].positional):
            return use.problem("unknown-argument", f"{use.title}: torch takes its arguments by place only", "equation")
        try:
            inputs, output = parse(use.equation)
            found = _joined_sizes(use, inputs, operands)
            shape = [size for name in _result(inputs, output, found) for size in _sizes_of(name, found)]
        except EquationError as error:
            return use.problem("rearrange-mismatch", f'einsum "{use.equation}": {error}', "equation")
        return self._dtype_problem(use, operands) or TensorType(tuple(shape), operands[0].dtype)

    def _dtype_problem(self, use: Use, operands: list[TensorType]) -> UnknownType | None:
        for x in operands:
            if x.dtype != operands[0].dtype:
                return use.problem(
                    "dtype-mismatch",
                    f"{use.title}: operands are {operands[0].dtype} and {x.dtype}, they must be of one dtype",
                    "operands",
                )
        return refuse(use, operands[0].dtype, FLOATS, "operands")

    def multiply_adds(self, use: Use, output: Type) -> Size:
        """As if all letters were looped over at once."""
        inputs, _ = parse(use.equation)
        found = _joined_sizes(use, inputs, list(use.operands))
        return product(size for name in found for size in _sizes_of(name, found))


Names = list[str]
Found = dict[str, tuple[Size, ...]]  # the size of a letter, or the sizes of ...


def parse(equation: str) -> tuple[list[Names], Names | None]:
    """The names of each operand's axes, and of the result's if written; EquationError where it makes no sense."""
    sides = equation.replace(" ", "").split("->")
    if len(sides) > 2:
        raise EquationError("-> stands twice")
    inputs = [_names(part) for part in sides[0].split(",")]
    output = _names(sides[1]) if len(sides) == 2 else None
    for name in output or ():
        if output is not None and output.count(name) > 1:
            raise EquationError(f"{name} stands twice in the result")
        if name != DOTS and not any(name in names for names in inputs):
            raise EquationError(f"{name} is in the result and in no operand")
    return inputs, output


def _names(part: str) -> Names:
    """The names of one operand's axes, `...` being one."""
    before, dots, after = part.partition(DOTS)
    for letter in before + after:
        if not (letter.isascii() and letter.isalpha()):
            raise EquationError(f"{letter} is no letter")
    return [*before, DOTS, *after] if dots else list(before)


def _joined_sizes(use: Use, inputs: list[Names], operands: list[TensorType]) -> Found:
    """The sizes of every letter and of `...`; a size 1 stretches."""
    if len(inputs) != len(operands):
        raise EquationError(f"it names {len(inputs)} operands, {len(operands)} are given")
    found: Found = {}
    for names, x in zip(inputs, operands):
        for name, shape in _placed(names, x).items():
            found[name] = _joined(use, name, found.get(name, (1,) * len(shape)), shape)
    return found


def _placed(names: Names, x: TensorType) -> Found:
    """The sizes of the names of one operand."""
    count = x.rank - sum(name != DOTS for name in names)
    if count < 0 or count and DOTS not in names:
        raise EquationError(f'"{"".join(names)}" names {len(names) - (DOTS in names)} axes, the operand is {x}')
    placed: Found = {}
    place = 0
    for name in names:
        width = count if name == DOTS else 1
        shape = x.shape[place:place + width]
        if name in placed and placed[name] != shape:
            raise EquationError(f"{name} is {placed[name][0]} and {shape[0]} in one operand, {sizes(x.shape)}")
        placed[name] = shape
        place += width
    return placed


def _joined(use: Use, name: str, a: tuple[Size, ...], b: tuple[Size, ...]) -> tuple[Size, ...]:
    from specc.ops.shapes import broadcast

    joined = broadcast(use, a, b)
    if joined is None:
        one, other = (sizes(shape) if name == DOTS else shape[0] for shape in (a, b))
        raise EquationError(f"{name} is {one} and {other}")
    return joined


def _result(inputs: list[Names], output: Names | None, found: Found) -> Names:
    """The names of the result: as written, or `...` and then every letter that stands once."""
    if output is not None:
        return output
    letters = [name for names in inputs for name in names]
    once = sorted(name for name in set(letters) if name != DOTS and letters.count(name) == 1)
    return [DOTS, *once] if DOTS in found else once


def _sizes_of(name: str, found: Found) -> tuple[Size, ...]:
    return found.get(name, ())
