"""What transformer layers share: attentions, checked with the rule of MultiheadAttention, and their weights."""

from __future__ import annotations

from typing import Any

from specc.ops.base import FACTORY, Argument, State, Use
from specc.ops.kinds import BOOL, FLOAT, POSITIVE, PROBABILITY, SIZE, TENSOR, Choice, Optional
from specc.ops.layers.attention import MultiheadAttention
from specc.types.tensor import TensorType, UnknownType

ATTENTION = MultiheadAttention()
MASK = Optional(TENSOR)

WIDTH = Argument("d_model", POSITIVE, doc="width of input and output")
HEADS = Argument("nhead", POSITIVE, doc="how many heads; divides d_model")
REST = (
    Argument("dim_feedforward", SIZE, 2048, "width between the two Linear layers"),
    Argument("dropout", PROBABILITY, 0.1, "dropout after and within attention and Linear layers"),
    Argument("activation", Choice("relu", "gelu"), "relu", "the function between the two Linear layers"),
)
NORMS = (
    Argument("layer_norm_eps", FLOAT, 1e-5, "eps of the LayerNorms"),
    Argument("batch_first", BOOL, False, "whether inputs and outputs are [N, L, ...] instead of [L, N, ...]"),
    Argument("norm_first", BOOL, False, "whether LayerNorm comes before attention and Linear layers, not after"),
    Argument("bias", BOOL, True, "whether Linear layers and LayerNorms have biases"),
)
LAYER_ARGUMENTS = (WIDTH, HEADS, *REST, *NORMS, *FACTORY)


def inner_use(use: Use, operation: Any, values: dict[str, Any], names: dict[str, str], problems: list[Any]) -> Use:
    """A use of an operation inside another; `names` says which argument of the outer one stands for which inner one."""
    given = {inner: use.given[outer] for inner, outer in names.items() if outer in use.given}
    return Use(operation, values, given, use.span, use.title, use.facts, problems)


def attention_problem(use: Use, query: TensorType, memory: TensorType, names: dict[str, str]) -> UnknownType | None:
    """Check one attention of a transformer layer; messages speak of the layer's own argument names."""
    values = {argument.name: argument.default for argument in ATTENTION.arguments}
    values |= {"embed_dim": use.d_model, "num_heads": use.nhead, "batch_first": use.batch_first, "dtype": use.dtype}
    values |= {"query": query, "key": memory, "value": memory, "need_weights": False, "average_attn_weights": True}
    values |= {inner: use.values[outer] for inner, outer in names.items()}
    problems: list[Any] = []
    names = {**names, "embed_dim": "d_model", "num_heads": "nhead"}
    result = ATTENTION.infer(inner_use(use, ATTENTION, values, names, problems))
    use.problems.extend(renamed(problem, names) for problem in problems)
    return result if isinstance(result, UnknownType) else None


def renamed(problem: Any, names: dict[str, str]) -> Any:
    """A finding that speaks of the outer layer's arguments."""
    headline = problem.headline
    for inner, outer in names.items():
        headline = headline.replace(inner, outer)
    return problem._replace(headline=headline)


def masks(prefix: str) -> dict[str, str]:
    """The masks of an attention, by the names MultiheadAttention and the transformer have for them."""
    return {
        "attn_mask": f"{prefix}_mask",
        "key_padding_mask": f"{prefix}_key_padding_mask",
        "is_causal": f"{prefix}_is_causal",
    }


def attention_state(use: Use, name: str) -> list[tuple[str, tuple[int, ...]]]:
    width = use.d_model
    rows: list[tuple[str, tuple[int, ...]]] = [(f"{name}.in_proj_weight", (3 * width, width))]
    if use.bias:
        rows.append((f"{name}.in_proj_bias", (3 * width,)))
    return rows + with_bias(use, f"{name}.out_proj", (width, width))


def with_bias(use: Use, name: str, weight: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
    """A weight and, where the layer has biases, its bias."""
    rows: list[tuple[str, tuple[int, ...]]] = [(f"{name}.weight", weight)]
    return [*rows, (f"{name}.bias", weight[:1])] if use.bias else rows


def layer_state(use: Use, attentions: tuple[str, ...]) -> tuple[State, ...]:
    """The entries of a transformer layer: its attentions, two Linear layers and a LayerNorm for each part."""
    width, between = use.d_model, use.dim_feedforward
    rows = [row for name in attentions for row in attention_state(use, name)]
    rows += with_bias(use, "linear1", (between, width)) + with_bias(use, "linear2", (width, between))
    for place in range(len(attentions) + 1):
        rows += with_bias(use, f"norm{place + 1}", (width,))
    dtype = use.dtype.name if use.dtype else "f32"
    return tuple(State(name, shape, dtype) for name, shape in rows)


def state_of(use: Use, named: Any, prefix: str) -> list[State]:
    """The entries of a layer given as an argument, below a prefix."""
    inner = Use(named.operation, named.values, {}, use.span, named.operation.name, use.facts, [])
    return [entry._replace(name=f"{prefix}.{entry.name}") for entry in named.operation.state(inner)]
