"""How the bounds of a model's open sizes are said."""

from __future__ import annotations


def said(name: str, low: int, high: int | None) -> str:
    """`H >= 33`, `T <= 64`, `8 <= H <= 64`, `H = 8`."""
    if low == high:
        return f"{name} = {low}"
    if high is None:
        return f"{name} >= {low}"
    return f"{low} <= {name} <= {high}" if low > 1 else f"{name} <= {high}"
