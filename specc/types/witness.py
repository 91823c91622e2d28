"""An example of sizes for which two symbolic sizes differ, in words."""

from __future__ import annotations

from specc.types.dims import Dim
from specc.types.facts import Facts
from specc.types.tensor import Size


def example(facts: Facts, a: Size, b: Size) -> tuple[str, ...]:
    """`H = 33 gives 32 against 33`, for the smallest sizes that the facts allow; nothing where none is found."""
    witness = facts.witness("==", a, b) if isinstance(a, Dim) or isinstance(b, Dim) else None
    if not witness:
        return ()
    values = ", ".join(f"{name} = {number}" for name, number in sorted(witness.items()))
    left, right = (size.evaluate(witness) if isinstance(size, Dim) else size for size in (a, b))
    return (f"{values} gives {left} against {right}",)
