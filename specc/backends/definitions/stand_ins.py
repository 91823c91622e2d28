"""The record of a text: printed classes run with stand-ins for torch that only write down what is asked of them.

Nothing of torch is imported, no tensor exists: a module is a number, a tensor is the call that made it.
"""

from __future__ import annotations

import builtins
from collections import OrderedDict
from typing import Any, Iterator

from specc.backends.definitions.record import Key, Level, event
from specc.backends.definitions.unfolding import take
from specc.backends.script_calls import METHODS

LIMIT = 200_000  # calls of one run: more than any spec unfolds to
CONTAINERS = ("Module", "Sequential", "ModuleList", "ModuleDict")


class Session:
    """One run: what has been made and called so far.

    `shapes` are those of the values of the checked program, in training and in evaluating. A text that makes the same
    calls has the same values; one that does not is found out by its calls, whatever it takes for a shape.
    """

    def __init__(self, shapes: Any = ({}, {})) -> None:
        self.checked = shapes
        self.shapes: dict[Key, tuple[Any, ...]] = {}
        self.made: list[Any] = []
        self.calls: list[Any] = []
        self.log, self.word = self.made, "made"
        self.training = True

    def note(self, target: str, args: Any, kwargs: Any) -> "Value":
        if len(self.log) > LIMIT:
            raise RuntimeError("the text does not come to an end")
        self.log.append(event(target, map(bare, args), [(name, bare(value)) for name, value in kwargs.items()]))
        return Value(self, Key((self.word, len(self.log) - 1)))

    def start(self, training: bool) -> None:
        self.calls = []
        self.log, self.word, self.training = self.calls, "call", training
        self.shapes = self.checked[0 if training else 1]


def bare(value: Any) -> Any:
    """A value without the session it belongs to."""
    if isinstance(value, (Value, Size, Module)):
        return value.key
    if isinstance(value, Name):
        return Key(("name", value.path))
    if type(value) in (tuple, list):
        return type(value)(map(bare, value))
    if type(value) is slice:
        return slice(bare(value.start), bare(value.stop), bare(value.step))
    return {name: bare(item) for name, item in value.items()} if type(value) is dict else value


# ---------------------------------------------------------------- tensors and sizes


def _operator(name: str, turned: bool = False) -> Any:
    def run(self: Any, *others: Any) -> Any:
        args = (*others, self) if turned else (self, *others)
        return self.session.note(f"operator.{name}", args, {})

    return run


class Value:
    """A tensor: the call that made it."""

    def __init__(self, session: Session, key: Key) -> None:
        self.session, self.key = session, key

    @property
    def shape(self) -> "Shape":
        return Shape(self)

    @property
    def device(self) -> "Name":
        """That of every tensor: where all of them are is no matter of the text."""
        return Name(self.session, "device", {})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ("T", "mT", "H", "mH"):
            return self.session.note(f"torch.Tensor.{name}", (self,), {})
        space = "torch" if f"torch.{name}" in METHODS else "torch.Tensor"
        return lambda *args, **kwargs: self.session.note(f"{space}.{name}", (self, *args), kwargs)

    def __getitem__(self, index: Any) -> Any:
        if type(index) is int:
            return Value(self.session, take(self.key, index))
        return self.session.note("operator.getitem", (self, index), {})

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("a tensor does not come apart here")

    __hash__ = None  # type: ignore[assignment]


class Shape:
    """The sizes of a tensor: numbers where they were checked to be, else known only at run time."""

    def __init__(self, value: Value) -> None:
        self.value = value
        self.known = value.session.shapes.get(value.key, ())

    def __getitem__(self, axis: int) -> Any:
        size = self.known[axis] if -len(self.known) <= axis < len(self.known) else None
        return size if type(size) is int else Size(self.value.session, Key(("size", self.value.key, axis)))

    def apart(self, count: int) -> list[Any]:
        """All sizes, of which there are as many as that."""
        if len(self.known) != count:
            raise ValueError(count)
        return [self[axis] for axis in range(count)]


class Size:
    """A size known only at run time."""

    def __init__(self, session: Session, key: Key) -> None:
        self.session, self.key = session, key

    def with_(self, op: str, left: Any, right: Any) -> "Size":
        return Size(self.session, Key((op, bare(left), bare(right))))

    __hash__ = None  # type: ignore[assignment]


class Condition:
    """A comparison of sizes: it counts as false, so that the check it stands in passes."""

    def __init__(self, session: Session, op: str, left: Any, right: Any) -> None:
        self.session, self.parts = session, (op, bare(left), bare(right))

    def __bool__(self) -> bool:
        op, left, right = self.parts
        self.session.log.append(("check", op, *event("", (left, right), ())))
        return False


def _size_operator(op: str, turned: bool) -> Any:
    return lambda self, other: self.with_(op, other, self) if turned else self.with_(op, self, other)


def _comparison(op: str) -> Any:
    return lambda self, other: Condition(self.session, op, self, other)


for _word, _sign in zip("add sub mul floordiv mod truediv pow matmul".split(), "+ - * // % / ** @".split()):
    setattr(Value, f"__{_word}__", _operator(_word))
    setattr(Value, f"__r{_word}__", _operator(_word, turned=True))
    if _sign != "@":
        setattr(Size, f"__{_word}__", _size_operator(_sign, turned=False))
        setattr(Size, f"__r{_word}__", _size_operator(_sign, turned=True))
for _word, _sign in zip("lt gt le ge eq ne".split(), "< > <= >= == !=".split()):
    setattr(Value, f"__{_word}__", _operator(_word))
    setattr(Size, f"__{_word}__", _comparison(_sign))
Value.__neg__ = _operator("neg")  # type: ignore[operator]
Size.__neg__ = lambda self: self.with_("-", 0, self)  # type: ignore[operator]


def least(word: str) -> Any:
    def run(*args: Any, **kwargs: Any) -> Any:
        size = next((arg for arg in args if isinstance(arg, Size)), None)
        return getattr(builtins, word)(*args, **kwargs) if size is None else size.with_(word, *args)

    return run


# ---------------------------------------------------------------- modules


class Module:
    """torch.nn.Module: names and nothing else."""

    session: Session
    key: Any

    def __init__(self) -> None:
        self.__dict__["key"] = Level()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)  # type: ignore[attr-defined]

    @property
    def training(self) -> bool:
        return self.session.training

    def add_module(self, name: str, module: Any) -> None:
        if not name or "." in name or name in self.key.children or hasattr(self, name):
            raise KeyError(name)
        self.key.children[name] = module

    def register_buffer(self, name: str, value: Any, persistent: bool = True) -> None:
        self.key.own[name] = Key(("buffer", value.key, persistent))

    def __setattr__(self, name: str, value: Any) -> None:
        if not isinstance(value, (Module, Parameter)):
            self.__dict__[name] = value
            return
        self.__dict__.pop(name, None)
        if isinstance(value, Module):
            self.key.own.pop(name, None)
            self.key.children[name] = value
        else:
            self.key.children.pop(name, None)
            self.key.own[name] = value.key

    def __getattr__(self, name: str) -> Any:
        level = self.__dict__.get("key")
        if isinstance(level, Level) and name in level.children:
            return level.children[name]
        if isinstance(level, Level) and name in level.own:
            return Parameter(self.session, level.own[name])
        raise AttributeError(name)

    def get_submodule(self, path: str) -> Any:
        found: Any = self
        for word in path.split("."):
            found = found.key.children[word]
        return found

    def children(self) -> Iterator[Any]:
        return iter(self.key.children.values())


class Parameter(Value):
    """A tensor that a module keeps under its name."""


class LayerModule(Module):
    """A layer of torch: the number of its construction."""

    def __init__(self, session: Session, key: Key) -> None:
        self.__dict__["session"], self.__dict__["key"] = session, key

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.session.note("forward", (self, *args), kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Parameter(self.session, Key(("state", self.key, name)))

    def __setattr__(self, name: str, value: Any) -> None:
        self.session.note("tie", (getattr(self, name), value), {})


class Sequential(Module):
    def __init__(self, *modules: Any) -> None:
        super().__init__()
        single = modules[0] if len(modules) == 1 and isinstance(modules[0], OrderedDict) else None
        for name, module in single.items() if single is not None else enumerate(modules):
            self.add_module(str(name), module)

    def forward(self, value: Any) -> Any:
        for module in self.children():
            value = module(value)
        return value

    def append(self, module: Any) -> None:
        self.add_module(str(len(self)), module)

    def __getitem__(self, place: int) -> Any:
        return list(self.children())[place]

    def __len__(self) -> int:
        return len(self.key.children)

    def __iter__(self) -> Iterator[Any]:
        return self.children()


class ModuleList(Sequential):
    def __init__(self, modules: Any = ()) -> None:
        super().__init__(*modules)

    forward = None  # type: ignore[assignment]


class ModuleDict(Module):
    def __init__(self, modules: Any = ()) -> None:
        super().__init__()
        for name, module in dict(modules).items():
            self.add_module(name, module)

    def __getitem__(self, name: str) -> Any:
        return self.key.children[name]

    def __setitem__(self, name: str, module: Any) -> None:
        self.add_module(name, module)


class Name:
    """A dotted name of torch: a namespace, a function, a dtype or the class of a layer."""

    def __init__(self, session: Session, path: str, special: dict[str, Any]) -> None:
        self.session, self.path, self.special = session, path, special

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        path = f"{self.path}.{name}"
        return self.special[path] if path in self.special else Name(self.session, path, self.special)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        space, _, word = self.path.rpartition(".")
        made = self.session.note(self.path, args, kwargs)
        if self.path == "torch.nn.Parameter":
            return Parameter(self.session, made.key)
        is_layer = word[:1].isupper() and self.session.word == "made"
        return LayerModule(self.session, Key(("module", *made.key.parts[1:]))) if is_layer else made
