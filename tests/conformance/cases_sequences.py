"""Calls of embeddings, recurrent layers and attention that mostly fit."""

from __future__ import annotations

from random import Random
from typing import Any

from specc.types.ranges import Range
from specc.types.tensor import FLOATS, DType, TensorType
from tests.conformance.samplers import nested
from tests.conformance.tables import Stricter

Case = tuple[list[Any], dict[str, Any], Any]


def flags(rng: Random, *names: str) -> dict[str, Any]:
    """Each of these switched on or off, mostly left out."""
    return {name: rng.random() < 0.7 for name in names if rng.random() < 0.35}


def weights(rng: Random, kwargs: dict[str, Any]) -> str:
    """The dtype of the weights, mostly left out."""
    if rng.random() < 0.8:
        return "f32"
    kwargs["dtype"] = DType(rng.choice(FLOATS))
    return kwargs["dtype"].name


def length(rng: Random) -> int:
    return 0 if rng.random() < 0.02 else rng.randint(1, 4)


def embedding(rng: Random) -> Case:
    rows, width = rng.choice((0, 1, 3, 5, 5, 5)), rng.choice((0, 1, 2, 3))
    kwargs: dict[str, Any] = flags(rng, "scale_grad_by_freq", "sparse", "_freeze") if rng.random() < 0.3 else {}
    if rng.random() < 0.3:
        kwargs["padding_idx"] = rng.randint(-5, 4)
    if rng.random() < 0.1:
        kwargs["max_norm"] = 1.0
    weights(rng, kwargs)
    ids = TensorType(tuple(length(rng) for _ in range(rng.randint(0, 4))), rng.choice(("i64", "i64", "i32")))
    if rng.random() < 0.5:
        ids = ids._replace(range=rng.choice((Range(0, 1), Range(0, rows or 1), Range(0, rows + 1), Range(-1, 0))))
    return [rows, width], kwargs, [ids]


def recurrent(rng: Random, *more: str, cell: bool = False) -> Case:
    """A stack of recurrent layers, with or without a batch axis and initial states."""
    entering, hidden = rng.randint(1, 4), rng.randint(1, 4)
    kwargs: dict[str, Any] = flags(rng, "bias", "batch_first", "bidirectional")
    if rng.random() < 0.5:
        kwargs["num_layers"] = rng.randint(1, 3)
    if rng.random() < 0.2:
        kwargs["dropout"] = 0.5
    if "nonlinearity" in more and rng.random() < 0.3:
        kwargs["nonlinearity"] = rng.choice(("tanh", "relu"))
    if "proj_size" in more and rng.random() < 0.4:
        kwargs["proj_size"] = rng.randint(0, hidden)
    dtype = weights(rng, kwargs)
    sizes = [length(rng) for _ in range(rng.choice((1, 2, 2)))]
    inputs: dict[str, Any] = {"input": TensorType((*sizes, entering), dtype)}
    if rng.random() < 0.4:
        layers = kwargs.get("num_layers", 1) * (2 if kwargs.get("bidirectional") else 1)
        batch = sizes[1:] if not kwargs.get("batch_first") else sizes[:-1]
        state = TensorType((layers, *batch, kwargs.get("proj_size") or hidden), dtype)
        inputs["hx"] = (state, TensorType((layers, *batch, hidden), dtype)) if cell else state
    return [entering, hidden], kwargs, inputs


def multihead_attention(rng: Random) -> Case:
    heads = rng.choice((1, 1, 2, 2, 3, 4))
    width = heads * rng.randint(1, 3)
    kwargs: dict[str, Any] = flags(rng, "bias", "add_bias_kv", "add_zero_attn", "batch_first")
    if rng.random() < 0.2:
        kwargs["dropout"] = rng.choice((0, 0.5, 1))
    for name in ("kdim", "vdim"):
        if rng.random() < 0.25:
            kwargs[name] = rng.choice((width, 1, 2, 3, None))
    dtype = weights(rng, kwargs)
    is_batched = rng.random() < 0.7
    batch, target = rng.randint(1, 3), rng.randint(1, 4)
    source = target if rng.random() < 0.5 else rng.randint(1, 4)

    def sequence(steps: int, features: int) -> TensorType:
        axes = (batch, steps) if kwargs.get("batch_first") else (steps, batch)
        return TensorType((*axes, features) if is_batched else (steps, features), dtype)

    inputs: dict[str, Any] = {
        "query": sequence(target, width),
        "key": sequence(source, kwargs.get("kdim") or width),
        "value": sequence(source, kwargs.get("vdim") or width),
        **flags(rng, "need_weights", "average_attn_weights"),
        **masks(rng, dtype, batch if is_batched else 0, heads, target, source),
    }
    if rng.random() < 0.4 and not {"kdim", "vdim"} & set(kwargs) and target == source:
        inputs |= {"key": inputs["query"], "value": inputs["query"]}
    return [width, heads], kwargs, inputs


def masks(rng: Random, dtype: str, batch: int, heads: int, target: int, source: int) -> dict[str, Any]:
    """Masks of keys and of pairs; batch 0 stands for none."""
    found: dict[str, Any] = {}
    if rng.random() < 0.3:
        found["key_padding_mask"] = TensorType((batch, source) if batch else (source,), rng.choice(("bool", dtype)))
    if rng.random() < 0.4:
        pairs = (target, source) if rng.random() < 0.5 else ((batch or 1) * heads, target, source)
        found["attn_mask"] = TensorType(pairs, rng.choice(("bool", dtype, "f16")))
        if rng.random() < 0.3:
            found["is_causal"] = True
    return found


def embedding_bag(rng: Random) -> Case:
    rows, width = rng.choice((1, 3, 5)), rng.choice((1, 2, 3))
    kwargs: dict[str, Any] = (
        flags(rng, "scale_grad_by_freq", "sparse", "include_last_offset") if rng.random() < 0.3 else {}
    )
    if rng.random() < 0.6:
        kwargs["mode"] = rng.choice(("sum", "sum", "mean", "max"))
    if rng.random() < 0.2:
        kwargs["padding_idx"] = rng.randint(-rows, rows - 1)
    dtype = weights(rng, kwargs)
    ids = TensorType(tuple(length(rng) for _ in range(rng.choice((1, 2)))), rng.choice(("i64", "i64", "i32")))
    if rng.random() < 0.3:
        ids = ids._replace(range=Range(0, rng.choice((1, rows, rows + 1))))
    inputs: dict[str, Any] = {"input": ids}
    if ids.rank == 1:
        inputs["offsets"] = TensorType((length(rng),), rng.choice(("i64", "i64", "i32")))
    if kwargs.get("mode") == "sum" and rng.random() < 0.5:
        inputs["per_sample_weights"] = TensorType(ids.shape, dtype)
    return [rows, width], kwargs, inputs


def cell(rng: Random, is_lstm: bool = False) -> Case:
    entering, hidden = rng.randint(1, 4), rng.randint(1, 4)
    kwargs: dict[str, Any] = flags(rng, "bias")
    dtype = weights(rng, kwargs)
    batch = (length(rng),) if rng.random() < 0.7 else ()
    inputs: dict[str, Any] = {"input": TensorType((*batch, entering), dtype)}
    if rng.random() < 0.6:
        state = TensorType((*batch, hidden), dtype)
        inputs["hx"] = (state, state) if is_lstm else state
    return [entering, hidden], kwargs, inputs


def dot_product_attention(rng: Random) -> Case:
    """Query, key, value and mask, whose axes before the last two stretch to one another, with groups of heads."""
    kwargs: dict[str, Any] = {}
    batch = [length(rng) for _ in range(rng.choice((0, 1, 2, 2, 2)))]
    target, source, width, out = length(rng), length(rng), length(rng), length(rng)
    out = width if rng.random() < 0.5 else out
    dtype = "f32" if rng.random() < 0.8 else rng.choice(FLOATS)
    heads = list(batch)
    if batch and rng.random() < 0.3:
        groups = rng.randint(1, 3)
        batch[-1], heads[-1] = groups * rng.randint(1, 2), groups
        kwargs["enable_gqa"] = True
    stretch = [1 if rng.random() < 0.05 else size for size in heads]
    inputs = [
        TensorType((*batch, target, width), dtype),
        TensorType((*heads, source, width), dtype),
        TensorType((*stretch, source, out), dtype),
    ]
    if rng.random() < 0.4:
        pairs = [*batch, target, source]
        pairs = [1 if rng.random() < 0.2 else size for size in pairs[rng.randint(0, len(batch)) :]]
        kwargs["attn_mask"] = TensorType(tuple(pairs), rng.choice(("bool", dtype, "f32")))
    elif rng.random() < 0.4:
        kwargs["is_causal"] = True
    if rng.random() < 0.2:
        kwargs["scale"] = rng.choice((None, 0.5, 2))
    if rng.random() < 0.1:
        kwargs["dropout_p"] = 0.5
    return inputs, kwargs, []


def with_table(case: Any) -> Any:
    """Calls of the function that looks up in a given table, from those of the layer."""

    def drawn(rng: Random) -> Case:
        (rows, width), kwargs, inputs = case(rng)
        made = kwargs.pop("dtype", None)
        kwargs.pop("_freeze", None)
        given = inputs if isinstance(inputs, dict) else {"input": inputs[0]}
        dtype = made.name if made else "f32" if rng.random() < 0.8 else rng.choice(("f32", "i64", "i16", "bool"))
        return [], {"input": given["input"], "weight": TensorType((rows, width), dtype), **given, **kwargs}, []

    return drawn


def transformer_layer(rng: Random) -> tuple[list[Any], dict[str, Any]]:
    """Constructor arguments of a transformer layer."""
    heads = rng.choice((1, 2, 2, 3))
    kwargs: dict[str, Any] = {"dim_feedforward": rng.randint(1, 4), **flags(rng, "batch_first", "norm_first", "bias")}
    if rng.random() < 0.3:
        kwargs["activation"] = rng.choice(("relu", "gelu"))
    return [heads * rng.randint(1, 3), heads], kwargs


class Sequences:
    """Source and target sequences of one batch, and masks that fit them."""

    def __init__(self, rng: Random, width: int, heads: int, batch_first: bool, dtype: str) -> None:
        self.rng, self.width, self.heads, self.batch_first, self.dtype = rng, width, heads, batch_first, dtype
        self.batch = rng.randint(1, 3) if rng.random() < 0.7 else 0
        self.steps = {"src": rng.randint(1, 4), "tgt": rng.randint(1, 4)}

    def tensor(self, name: str) -> TensorType:
        steps = self.steps[name]
        axes = (self.batch, steps) if self.batch_first else (steps, self.batch)
        return TensorType((*axes, self.width) if self.batch else (steps, self.width), self.dtype)

    def masks(self, name: str, target: str, source: str) -> dict[str, Any]:
        """Masks of the attention of one sequence to another, under the names they have there."""
        found = masks(self.rng, self.dtype, self.batch, self.heads, self.steps[target], self.steps[source])
        names = {
            "attn_mask": f"{name}_mask",
            "key_padding_mask": f"{name}_key_padding_mask",
            "is_causal": f"{name}_is_causal",
        }
        return {names[key]: value for key, value in found.items()}


def encoder_layer(rng: Random) -> Case:
    args, kwargs = transformer_layer(rng)
    sequences = Sequences(rng, *args, kwargs.get("batch_first", False), weights(rng, kwargs))
    found = sequences.masks("src", "src", "src")
    if "src_is_causal" in found:
        found["is_causal"] = found.pop("src_is_causal")
    return args, kwargs, {"src": sequences.tensor("src"), **found}


def decoder_layer(rng: Random) -> Case:
    args, kwargs = transformer_layer(rng)
    sequences = Sequences(rng, *args, kwargs.get("batch_first", False), weights(rng, kwargs))
    found = {**sequences.masks("tgt", "tgt", "tgt"), **sequences.masks("memory", "tgt", "src")}
    return args, kwargs, {"tgt": sequences.tensor("tgt"), "memory": sequences.tensor("src"), **found}


def whole_transformer(rng: Random) -> Case:
    args, kwargs = transformer_layer(rng)
    sequences = Sequences(rng, *args, kwargs.get("batch_first", False), weights(rng, kwargs))
    kwargs |= {"num_encoder_layers": rng.randint(1, 2), "num_decoder_layers": 1}
    found = {**sequences.masks("src", "src", "src"), **sequences.masks("tgt", "tgt", "tgt")}
    found |= sequences.masks("memory", "tgt", "src")
    return args, kwargs, {"src": sequences.tensor("src"), "tgt": sequences.tensor("tgt"), **found}


def stack(case: Any, name: str, **renames: str) -> Any:
    """Calls of a stack of layers, from those of one layer."""

    def drawn(rng: Random) -> Case:
        args, kwargs, inputs = case(rng)
        more = {"norm": nested("LayerNorm", args[0])} if rng.random() < 0.4 and "dtype" not in kwargs else {}
        inputs = {renames.get(key, key): value for key, value in inputs.items()}
        return [nested(name, *args, **kwargs), rng.randint(1, 2)], more, inputs

    return drawn


def is_promised(call: Any) -> bool:
    """Whether a mask is said to be causal."""
    return any(value is True for name, value in call.named_inputs.items() if name.endswith("is_causal"))


def is_empty(call: Any) -> bool:
    """Whether a tensor of a call holds no value."""
    tensors = [*call.args, *call.kwargs.values(), *call.inputs, *call.named_inputs.values()]
    return any(isinstance(x, TensorType) and 0 in x.shape for x in tensors)


CASES = {
    "TransformerEncoderLayer": encoder_layer,
    "TransformerDecoderLayer": decoder_layer,
    "Transformer": whole_transformer,
    "TransformerEncoder": stack(encoder_layer, "TransformerEncoderLayer", src_mask="mask"),
    "TransformerDecoder": stack(decoder_layer, "TransformerDecoderLayer"),
    "embedding": with_table(embedding),
    "embedding_bag": with_table(embedding_bag),
    "scaled_dot_product_attention": dot_product_attention,
    "EmbeddingBag": embedding_bag,
    "RNNCell": cell,
    "GRUCell": cell,
    "LSTMCell": lambda rng: cell(rng, is_lstm=True),
    "Embedding": embedding,
    "RNN": lambda rng: recurrent(rng, "nonlinearity"),
    "GRU": recurrent,
    "LSTM": lambda rng: recurrent(rng, "proj_size", cell=True),
    "MultiheadAttention": multihead_attention,
}

PROMISED = "in training torch does not look at a mask that is promised to be causal; in evaluation it does"

STRICTER = {
    "scaled_dot_product_attention.value attention-shape": Stricter("torch reads other memory", unsafe=True),
    "scaled_dot_product_attention.attn_mask rank-mismatch": "torch takes such masks on some of its ways only",
    "embedding_bag. ids-into-float-layer": "torch takes ids and table in their former, opposite order",
    "embedding.padding_idx embedding-padding-idx": "torch does not look at 0",
    "scaled_dot_product_attention.*": Stricter("torch looks at little where a tensor is empty", is_empty),
    "MultiheadAttention.dropout argument-domain": "below 0 torch drops nothing",
    "EmbeddingBag.embedding_dim argument-domain": "torch fails on vectors of no width, but for some shapes of ids",
    "EmbeddingBag. vocabulary-exceeds-embedding": Stricter("torch reads other memory", unsafe=True),
    "EmbeddingBag.num_embeddings vocabulary-exceeds-embedding": Stricter("torch reads other memory", unsafe=True),
    "EmbeddingBag.num_embeddings position-table-too-short": Stricter("torch reads other memory", unsafe=True),
    "embedding_bag. position-table-too-short": Stricter("torch reads other memory", unsafe=True),
    "MultiheadAttention.attn_mask attention-shape": Stricter(PROMISED, is_promised),
    "MultiheadAttention. float-precision-mismatch": Stricter(PROMISED, is_promised),
    "Transformer*.*mask attention-shape": Stricter(PROMISED, is_promised),
    "Transformer*. float-precision-mismatch": Stricter(PROMISED, is_promised),
    "embedding_bag. vocabulary-exceeds-embedding": Stricter("torch reads other memory", unsafe=True),
    "embedding_bag.offsets split-size": Stricter("without bags torch writes to other memory", unsafe=True),
    "EmbeddingBag.offsets split-size": Stricter("without bags torch writes to other memory", unsafe=True),
}

OPEN = {
    "Transformer*: unspecified dimension size -1": "torch fails on a feed-forward of no width in half precision only",
    "Transformer*: to_padded_tensor": "in evaluation torch fails where a padding mask leaves nothing of any sample",
}
