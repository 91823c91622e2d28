"""Calls of a graph as Python text: what the module backend performs, the script says."""

from __future__ import annotations

from typing import Any, Callable, Sequence

from specc.backends.factories import FACTORIES
from specc.backends.layout import Bracket, Doc, Joined, Leaf, Slice, call
from specc.backends.python_text import literal
from specc.ops.base import EXTERN
from specc.program.model import Arithmetic, Call, Choose, InTraining, Ref, SizeOf, StateOf
from specc.types.tensor import DType

INFIX = {
    "add": ("+", 5),
    "sub": ("-", 5),
    "mul": ("*", 6),
    "truediv": ("/", 6),
    "floordiv": ("//", 6),
    "mod": ("%", 6),
    "matmul": ("@", 6),
    "pow": ("**", 8),
    "lt": ("<", 4),
    "gt": (">", 4),
    "le": ("<=", 4),
    "ge": (">=", 4),
    "eq": ("==", 4),
    "ne": ("!=", 4),
}
PRECEDENCE = {
    "+": 5,
    "-": 5,
    "*": 6,
    "//": 6,
    "%": 6,
    "/": 6,
    "**": 8,
    "<": 4,
    ">": 4,
    "<=": 4,
    ">=": 4,
    "==": 4,
    "!=": 4,
}
ATOM = 10
# functions of torch that read better as methods of what they are applied to, which is the same call
METHODS = frozenset(
    f"torch.{name}"
    for name in (
        "flatten unflatten transpose swapaxes movedim squeeze unsqueeze split chunk unbind "
        "tril triu masked_fill mean sum detach"
    ).split()
)
ALIASES = (("torch.nn.functional.", "F."), ("torch.nn.", "nn."), ("torchvision.ops.", "ops."))


class CallPrinter:
    """Prints the arguments and calls of one graph. `name` gives a value's variable, `state` an attribute's text.

    Tensors made from nothing go to `device` ("" for torch's default).
    """

    device = ""

    def __init__(self, name: Callable[[Ref], tuple[Doc, int]], state: Callable[[str], str]) -> None:
        self.name, self.state = name, state

    def text(self, value: Any, hint: str = "") -> Doc:
        return self.ranked(value, hint)[0]

    def ranked(self, value: Any, hint: str = "") -> tuple[Doc, int]:
        """The expression and how tightly its outermost operator binds."""
        rule = RULES.get(type(value))
        if rule is not None:
            return rule(self, value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return Leaf(value, None, hint), ATOM if value >= 0 else 7
        if (
            type(value) is tuple
            and value
            and any(isinstance(item, (Ref, SizeOf, Arithmetic, Leaf, int, Call, tuple)) for item in value)
        ):
            items = tuple(self.text(item) for item in value)
            return Bracket("", "(", items, ",)" if len(items) == 1 else ")"), ATOM
        return literal(value), ATOM

    def call(self, target: Call, hints: tuple[str, ...] = ()) -> tuple[Doc, int]:
        root, _, name = target.target.rpartition(".")
        if root == "operator":
            return self._operator(name, target)
        if root == "torch.Tensor" or target.target in METHODS and target.args:
            return self._method(name, target), ATOM
        args = [*self._arguments(target.args, hints), *self._named(target)]
        if self.device and target.target in FACTORIES:
            args.append(f"device={self.device}")
        return call(short(target.target), *args), ATOM

    def _arguments(self, values: Sequence[Any], hints: Sequence[str] = ()) -> list[Doc]:
        return [self.text(value, hints[place] if place < len(hints) else "") for place, value in enumerate(values)]

    def _named(self, target: Call) -> list[Doc]:
        return [Joined((f"{key}=", self.text(value, key))) for key, value in target.kwargs]

    def _method(self, name: str, target: Call) -> Doc:
        """`x.permute(0, 2, 1)`; each argument is printed once, for printing a value may use it up."""
        receiver = self._inside(target.args[0], ATOM)
        if name in ("T", "mT", "H", "mH"):
            return Joined((receiver, f".{name}"))
        return call(Joined((receiver, f".{name}")), *self._arguments(target.args[1:]), *self._named(target))

    def _operator(self, name: str, target: Call) -> tuple[Doc, int]:
        if name == "getitem":
            return self._index(target), ATOM
        if name == "neg":
            return Joined(("-", self._inside(target.args[0], 7))), 7
        sign, rank = INFIX[name]
        return self._binary(sign, rank, target.args[0], target.args[1]), rank

    def _binary(self, sign: str, rank: int, left: Any, right: Any) -> Doc:
        power = sign == "**"
        sides = self._inside(left, rank + power), self._inside(right, rank + (not power))
        return Joined((sides[0], sign if power and all(map(_is_simple, sides)) else f" {sign} ", sides[1]))

    def _inside(self, value: Any, rank: int) -> Doc:
        text, own = self.ranked(value)
        return text if own >= rank else Joined(("(", text, ")"))

    def _index(self, target: Call) -> Doc:
        items = target.args[1] if type(target.args[1]) is tuple else (target.args[1],)
        return Bracket(self._inside(target.args[0], ATOM), "[", tuple(self._entry(item) for item in items), "]")

    def _entry(self, item: Any) -> Doc:
        if item is Ellipsis:
            return "..."
        if not isinstance(item, slice):
            return self.text(item)
        return Slice(*("" if end is None else self.text(end) for end in (item.start, item.stop, item.step)))

    def _arithmetic(self, value: Arithmetic) -> tuple[Doc, int]:
        if value.op in ("min", "max"):
            return call(value.op, self.text(value.left), self.text(value.right)), ATOM
        if value.op == "-" and value.left == 0:
            return Joined(("-", self._inside(value.right, 7))), 7
        rank = PRECEDENCE[value.op]
        return self._binary(value.op, rank, value.left, value.right), rank

    def _size(self, value: SizeOf) -> tuple[Doc, int]:
        return Joined((self.name(value.value)[0], f".shape[{value.axis}]")), ATOM

    def _choose(self, value: Choose) -> tuple[Doc, int]:
        return Joined((self.text(value.then), " if self.training else ", self.text(value.otherwise))), 0

    def _list(self, value: list[Any]) -> tuple[Doc, int]:
        return Bracket("", "[", tuple(self.text(item) for item in value), "]"), ATOM

    def _dict(self, value: dict[str, Any]) -> tuple[Doc, int]:
        items = tuple(Joined((literal(name), ": ", self.text(item))) for name, item in value.items())
        return Bracket("", "{", items, "}"), ATOM


def _is_simple(side: Doc) -> bool:
    """A name, an attribute or a number: a power of those has no spaces, as formatters have it."""
    return isinstance(side, Leaf) or isinstance(side, str) and side.replace(".", "").replace("_", "").isalnum()


def short(target: str) -> str:
    """A dotted name as the script's imports let it be written."""
    if target.startswith(EXTERN):
        return target.rpartition(":")[2]
    for long, alias in ALIASES:
        if target.startswith(long):
            return alias + target.removeprefix(long)
    return target


RULES: dict[type, Any] = {
    Ref: lambda printer, value: printer.name(value),
    StateOf: lambda printer, value: (printer.state(value.path), ATOM),
    SizeOf: CallPrinter._size,
    Arithmetic: CallPrinter._arithmetic,
    Choose: CallPrinter._choose,
    Call: CallPrinter.call,
    InTraining: lambda printer, value: ("self.training", ATOM),
    list: CallPrinter._list,
    dict: CallPrinter._dict,
    DType: lambda printer, value: (literal(value), ATOM),
}
