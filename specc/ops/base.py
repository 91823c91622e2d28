"""What an operation is: one class per layer, function, optimizer, ... holds everything that is known of it.

Argument checking, did-you-mean, the manual, both backends and the conformance tests read the same class. A subclass
that
names a `target` registers itself; `specc.ops.registry` finds it by its torch name.
"""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple

from specc.diagnostics.model import Diagnostic, Fix, Label, finding
from specc.ops.kinds import DEVICE, FLOAT_DTYPE, TENSOR, Kind, Optional
from specc.source import Span
from specc.types.facts import Facts
from specc.types.tensor import UNKNOWN, Size, TensorType, Type, UnknownType, shown


class Required:
    """The default of an argument that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = Required()


class Argument(NamedTuple):
    """One argument, in torch's order, with torch's name and default."""

    name: str
    kind: Kind
    default: Any = REQUIRED
    doc: str = ""
    keyword_only: bool = False
    variadic: bool = False  # takes all further positional values as one tuple: x.view(2, -1), x.permute(0, 2, 1);
    # if keyword_only all further keyword arguments as a dict: rearrange(x, "(h w) c -> h w c", h=4)


FACTORY = (
    Argument("device", DEVICE, None, "decided by the run"),
    Argument("dtype", Optional(FLOAT_DTYPE), None, "dtype of the weights"),
)


class State(NamedTuple):
    """One entry of a layer's state dict: a parameter (trainable) or a buffer."""

    name: str
    shape: tuple[Size, ...]
    dtype: str = "f32"
    is_buffer: bool = False


class Given(NamedTuple):
    """An argument as the spec gives it: its place, and whether it was written positionally."""

    name: str
    value: Any
    span: Span
    positional: bool


class Use:
    """One use of an operation: bound arguments as attributes (`use.kernel_size`, `use.input`), facts, and where
    problems go.

    Layers hold constructor and forward arguments side by side. Tensor arguments are TensorTypes here. A rule reports
    with
    `return use.problem(...)`, which gives the unknown type. An extern's argument that is called like something of this
    class is found in `values` only.
    """

    __slots__ = ("__dict__", "operation", "values", "given", "span", "title", "facts", "problems")

    def __init__(
        self,
        operation: "Operation",
        values: dict[str, Any],
        given: dict[str, Given],
        span: Span,
        title: str,
        facts: Facts,
        problems: list[Diagnostic],
    ) -> None:
        self.operation, self.values, self.given, self.span = operation, values, given, span
        self.title, self.facts, self.problems = title, facts, problems
        # rules read arguments all the time, and Python finds them here at once
        self.__dict__ = values if OWN.isdisjoint(values) else {k: v for k, v in values.items() if k not in OWN}

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self.operation.name} has no argument {name}")

    def at(self, name: str | None) -> Span:
        """The place of an argument where it was written, else of the whole use."""
        return self.given[name].span if name in self.given else self.span

    def problem(
        self,
        name: str,
        headline: str,
        at: str | None = None,
        *,
        labels: tuple[Label, ...] = (),
        notes: tuple[str, ...] = (),
        helps: tuple[str, ...] = (),
        fix: Fix | None = None,
        severity: str | None = None,
    ) -> UnknownType:
        """Report a finding on an argument (or the whole use) and give the unknown type, so that it stays the only
        one.
        """
        self.problems.append(
            finding(name, self.at(at), headline, labels=labels, notes=notes, helps=helps, fix=fix, severity=severity)
        )
        return UNKNOWN

    def example(self, a: Size, b: Size) -> tuple[str, ...]:
        """Sizes for which two sizes differ, as a note for a message."""
        from specc.types.witness import example

        return example(self.facts, a, b)

    def same(self, a: Size, b: Size) -> bool:
        """Whether two sizes agree for every value of their symbols that the facts allow."""
        return a == b or self.facts.prove("==", a, b) is True

    def holds(self, op: str, a: Size, b: Size) -> bool | None:
        """True if the relation always holds, False if some allowed sizes break it, None if that is not known."""
        return self.facts.prove(op, a, b)


OWN = frozenset(vars(Use))


class Operation:
    """Base of everything a spec can name.

    name       torch's name (the class's own name unless set)
    target     the Python object it stands for: "torch.nn.Conv2d", "torch.cat", "torch.Tensor.view"
    arguments  in torch's order
    example    one line of a spec that uses it
    """

    kind = "operation"
    name = ""
    target = ""
    arguments: tuple[Argument, ...] = ()
    example = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "target" in cls.__dict__:
            if "name" not in cls.__dict__:
                cls.name = cls.__name__
            REGISTERED.append(cls())

    @property
    def doc(self) -> str:
        return (type(self).__doc__ or "").strip()

    def check(self, use: Use) -> None:
        """Report what the kinds of the single arguments cannot say: rules between arguments, and rules of a name of
        their own.
        """

    def infer(self, use: Use) -> Type:
        """The type of the result; problems go to `use`."""
        raise AssertionError(f"{self.name} has no rule")

    def explain(self, use: Use, result: Any) -> str:
        """How the result's sizes came about, for the label of a step in a message: `32 * 16 * 16 = 8192`."""
        return shown(result)

    def multiply_adds(self, use: Use, output: Any) -> Size:
        """Multiply-add operations of one forward."""
        return 0


class Layer(Operation):
    """A torch.nn module. `inputs` are the arguments of its forward; `feature_axis` is what `_` means (None:
    nothing).
    """

    kind = "layer"
    inputs: tuple[Argument, ...] = (Argument("input", TENSOR),)
    feature_axis: int | None = None

    def state(self, use: Use) -> tuple[State, ...]:
        """The layer's own state-dict entries, in torch's order. Needs only constructor arguments."""
        return ()


class Function(Operation):
    """A function of torch, torch.nn.functional, torchvision.ops or a Tensor method: takes no slot and has no state.

    `x.f(a)`, `f(x, a)` and `x -> f(a)` are the same: the first argument is the value it is applied to.
    """

    kind = "function"


class Loss(Layer):
    """A loss of torch.nn: a layer of two inputs (or more) with a `reduction`."""

    inputs: tuple[Argument, ...] = (Argument("input", TENSOR), Argument("target", TENSOR))


class Optimizer(Operation):
    """An optimizer of torch.optim; its first torch argument, the parameters, is never written.

    learning_rates  the band of learning rates it is used with, lowest and highest
    momentum        the setting that a cyclic schedule varies: "momentum", "betas" or none
    needs_matrices  takes parameters of two axes only
    needs_sparse    takes sparse gradients only (Embedding(sparse=true))
    takes_sparse    takes sparse gradients as well
    takes_groups    may have parameter groups
    needs_closure   evaluates the loss several times a step
    """

    kind = "optimizer"
    learning_rates = (0.0, float("inf"))
    momentum = ""
    needs_matrices = False
    needs_sparse = False
    takes_sparse = False
    takes_groups = True
    needs_closure = False


class Scheduler(Operation):
    """A learning-rate scheduler; its first torch argument, the optimizer, is never written."""

    kind = "scheduler"
    stepped = ""  # "step", "epoch", "metric" where only one makes sense, "" where both are plausible
    takes_optimizer = True  # whether the optimizer is its first argument in torch
    hole = ""  # the argument that may be `_`: the number of steps or epochs it will run


class Transform(Operation):
    """A torchvision transform; `infer(use)` reads `use.input` (PictureType or TensorType).

    random   draws anew for every sample
    batched  has a form on a whole batch of tensors that is equal to the bit for every sample
    """

    kind = "transform"
    random = False
    batched = False


class Dataset(Operation):
    """A source of samples; `sample(use)` says what is known of it without touching the disk."""

    kind = "dataset"
    elsewhere = {
        "batch_size": "it stands in the loader: loader = DataLoader(batch_size=64)",
        "shuffle": "it stands in the loader: loader = DataLoader(batch_size=64, shuffle=true)",
        "num_workers": "it stands in the loader: loader = DataLoader(batch_size=64, num_workers=4)",
        "transform": "write transform = ... beside it",
        "target_transform": "leave it out: a target is what the data set gives",
    }

    def sample(self, use: Use) -> "SampleType":
        raise AssertionError(f"{self.name} has no sample")


class SampleType(NamedTuple):
    """What a data set yields: `parts` in order (a picture, class ids, ...), the number of samples and of classes if
    known.
    """

    parts: tuple[Type, ...]
    count: int | None = None  # type: ignore[assignment]
    classes: int | None = None


class Initializer(Operation):
    """A way to fill a parameter: `normal(0, 0.02)`; applied to a tensor in place."""

    kind = "initializer"


class Metric(Operation):
    """A figure computed over an evaluation; `task` is what it fits: "classification", "regression" or "any"."""

    kind = "metric"
    higher_is_better = True
    task = "any"


class Loader(Operation):
    """torch.utils.data.DataLoader; its first torch argument, the data set, is never written.

    `elsewhere` says where that belongs which people hand to a loader.
    """

    kind = "loader"
    elsewhere: Mapping[str, str] = {}


REGISTERED: list[Operation] = []
EXTERN = "extern:"  # an extern's target: "extern:mine:Gate" for `from mine import Gate`, "extern::mine.squash"


def is_own(operation: Any) -> bool:
    """Whether an operation is the user's own Python."""
    return str(getattr(operation, "target", "")).startswith(EXTERN)


def same_as_input(use: Use) -> TensorType:
    """The rule of operations that change neither sizes nor dtype."""
    return use.input
