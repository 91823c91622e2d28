"""Transformer layers, stacks of them, and the whole."""

from __future__ import annotations

from typing import Any

from specc.ops.base import FACTORY, REQUIRED, Argument, Layer, State, Use
from specc.ops.kinds import BOOL, POSITIVE, PYTHON, TENSOR, Nested, Optional
from specc.ops.transformers import (
    HEADS,
    LAYER_ARGUMENTS,
    MASK,
    NORMS,
    REST,
    WIDTH,
    attention_problem,
    inner_use,
    layer_state,
    masks,
    state_of,
)
from specc.types.tensor import Size, TensorType, Type, UnknownType, product

PADDING = "steps of {} to leave out, [N, L]"
PAIRS = "pairs of {} to leave out, or numbers to add, [L, L] or [N * heads, L, L]"
HINT = "a promise that the mask is causal"


def mask_inputs(name: str, causal: Any = False) -> tuple[Argument, ...]:
    """The three arguments of one attention: mask of pairs, mask of steps, promise."""
    return (
        Argument(f"{name}_mask", MASK, None, PAIRS.format(name)),
        Argument(f"{name}_key_padding_mask", MASK, None, PADDING.format(name)),
        Argument(f"{name}_is_causal", BOOL if causal is False else Optional(BOOL), causal, HINT),
    )


SRC, TGT, MEMORY = mask_inputs("src"), mask_inputs("tgt"), mask_inputs("memory")
DECODER_INPUTS = (
    Argument("tgt", TENSOR),
    Argument("memory", TENSOR),
    TGT[0],
    MEMORY[0],
    TGT[1],
    MEMORY[1],
    TGT[2],
    MEMORY[2],
)


class TransformerEncoderLayer(Layer):
    """Self-attention and two Linear layers, each with a residual path and a LayerNorm; keeps the sizes of its input."""

    target = "torch.nn.TransformerEncoderLayer"
    arguments = LAYER_ARGUMENTS
    inputs = (Argument("src", TENSOR), *SRC[:2], Argument("is_causal", BOOL, False, HINT))
    feature_axis = -1
    example = "h = x -> TransformerEncoderLayer(_, 8, batch_first=true)"

    def infer(self, use: Use) -> Type:
        names = {**masks("src"), "is_causal": "is_causal"}
        return attention_problem(use, use.src, use.src, names) or use.src.plain()

    def state(self, use: Use) -> tuple[State, ...]:
        return layer_state(use, ("self_attn",))

    def multiply_adds(self, use: Use, output: TensorType) -> Size:
        return attended(use, use.src, use.src) + between(use, use.src)


class TransformerDecoderLayer(Layer):
    """Self-attention, attention to a memory and two Linear layers; keeps the sizes of its first input."""

    target = "torch.nn.TransformerDecoderLayer"
    arguments = LAYER_ARGUMENTS
    inputs = DECODER_INPUTS
    feature_axis = -1
    example = "h = (y, memory) -> TransformerDecoderLayer(_, 8, batch_first=true)"

    def infer(self, use: Use) -> Type:
        problem = attention_problem(use, use.tgt, use.tgt, masks("tgt"))
        return problem or attention_problem(use, use.tgt, use.memory, masks("memory")) or use.tgt.plain()

    def state(self, use: Use) -> tuple[State, ...]:
        return layer_state(use, ("self_attn", "multihead_attn"))

    def multiply_adds(self, use: Use, output: TensorType) -> Size:
        return attended(use, use.tgt, use.tgt) + attended(use, use.tgt, use.memory) + between(use, use.tgt)


class _Stack(Layer):
    """Copies of one layer in a row, and a normalisation after the last; each copy starts with the same weights."""

    feature_axis = -1
    layer: Layer
    first = ""
    renames: dict[str, str] = {}

    def infer(self, use: Use) -> Type:
        template = getattr(use, self.first)
        if type(template.operation) is not type(self.layer):
            return use.problem("argument-type", f"{self.first} of {use.title} must be a {self.layer.name}", self.first)
        result = self._run(use, template, {name: use.values[self.renames.get(name, name)] for name in self._names()})
        if isinstance(result, UnknownType) or use.norm is None:
            return result
        first, *more = use.norm.operation.inputs
        if any(argument.default is REQUIRED for argument in more):
            return use.problem("argument-type", f"norm of {use.title} must be a layer of one input", "norm")
        return self._run(use, use.norm, {first.name: result, **{argument.name: argument.default for argument in more}})

    def _names(self) -> tuple[str, ...]:
        """The inputs of one layer."""
        return tuple(argument.name for argument in self.layer.inputs)

    def _run(self, use: Use, template: Any, inputs: dict[str, Any]) -> Type:
        """What a layer given as an argument makes of inputs; a promise that is left open counts as none."""
        inputs = {
            name: False if name.endswith("is_causal") and value is None else value for name, value in inputs.items()
        }
        names = {name: self.renames.get(name, name) for name in inputs}
        operation = template.operation
        return operation.infer(inner_use(use, operation, {**template.values, **inputs}, names, use.problems))

    def state(self, use: Use) -> tuple[State, ...]:
        template = getattr(use, self.first)
        rows = [entry for place in range(use.num_layers) for entry in state_of(use, template, f"layers.{place}")]
        return (*rows, *(state_of(use, use.norm, "norm") if use.norm is not None else ()))

    def multiply_adds(self, use: Use, output: Type) -> Size:
        template = getattr(use, self.first)
        inputs = {name: use.values[self.renames.get(name, name)] for name in self._names()}
        inner = inner_use(use, template.operation, {**template.values, **inputs}, {}, [])
        return use.num_layers * template.operation.multiply_adds(inner, output)


NUMBER = Argument("num_layers", POSITIVE, doc="how many copies of the layer")
NORM = Argument("norm", Optional(Nested("layer")), None, "a normalisation after the last layer")


class TransformerEncoder(_Stack):
    """A stack of copies of one TransformerEncoderLayer."""

    target = "torch.nn.TransformerEncoder"
    layer = TransformerEncoderLayer()
    first = "encoder_layer"
    renames = {"src_mask": "mask"}
    arguments = (
        Argument("encoder_layer", Nested("layer"), doc="the layer to copy"),
        NUMBER,
        NORM,
        Argument("enable_nested_tensor", BOOL, True, "whether evaluation may skip padded steps"),
        Argument("mask_check", BOOL, True, "whether evaluation makes sure that only ends are padded"),
    )
    inputs = (
        Argument("src", TENSOR),
        SRC[0]._replace(name="mask"),
        SRC[1],
        Argument("is_causal", Optional(BOOL), None, f"{HINT}, found out if left open"),
    )
    example = "h = x -> TransformerEncoder(TransformerEncoderLayer(512, 8), 6)"


class TransformerDecoder(_Stack):
    """A stack of copies of one TransformerDecoderLayer, each attending to the same memory."""

    target = "torch.nn.TransformerDecoder"
    layer = TransformerDecoderLayer()
    first = "decoder_layer"
    arguments = (Argument("decoder_layer", Nested("layer"), doc="the layer to copy"), NUMBER, NORM)
    inputs = (*DECODER_INPUTS[:6], Argument("tgt_is_causal", Optional(BOOL), None, HINT), MEMORY[2])
    example = "h = (y, memory) -> TransformerDecoder(TransformerDecoderLayer(512, 8), 6)"


class Transformer(Layer):
    """An encoder and a decoder: the output has the sizes of the target sequence `tgt`."""

    target = "torch.nn.Transformer"
    arguments = (
        WIDTH._replace(default=512),
        HEADS._replace(default=8),
        Argument("num_encoder_layers", POSITIVE, 6, "how many layers the encoder has"),
        Argument("num_decoder_layers", POSITIVE, 6, "how many layers the decoder has"),
        *REST,
        Argument("custom_encoder", PYTHON, None, "an encoder of one's own"),
        Argument("custom_decoder", PYTHON, None, "a decoder of one's own"),
        *NORMS,
        *FACTORY,
    )
    inputs = (
        Argument("src", TENSOR),
        Argument("tgt", TENSOR),
        SRC[0],
        TGT[0],
        MEMORY[0],
        SRC[1],
        TGT[1],
        MEMORY[1],
        Argument("src_is_causal", Optional(BOOL), None, HINT),
        Argument("tgt_is_causal", Optional(BOOL), None, HINT),
        MEMORY[2],
    )
    feature_axis = -1
    example = "h = (x, y) -> Transformer(_, 8)"

    def infer(self, use: Use) -> Type:
        problem = attention_problem(use, use.src, use.src, masks("src"))
        problem = problem or attention_problem(use, use.tgt, use.tgt, masks("tgt"))
        return problem or attention_problem(use, use.tgt, use.src, masks("memory")) or use.tgt.plain()

    def state(self, use: Use) -> tuple[State, ...]:
        encoder, decoder = layer_state(use, ("self_attn",)), layer_state(use, ("self_attn", "multihead_attn"))
        rows = []
        for name, entries, count in (
            ("encoder", encoder, use.num_encoder_layers),
            ("decoder", decoder, use.num_decoder_layers),
        ):
            for place in range(count):
                rows += [entry._replace(name=f"{name}.layers.{place}.{entry.name}") for entry in entries]
            norm = [entry for entry in entries if entry.name.startswith("norm1")]
            rows += [entry._replace(name=entry.name.replace("norm1", f"{name}.norm")) for entry in norm]
        return tuple(rows)

    def multiply_adds(self, use: Use, output: TensorType) -> Size:
        encoder = attended(use, use.src, use.src) + between(use, use.src)
        decoder = attended(use, use.tgt, use.tgt) + attended(use, use.tgt, use.src) + between(use, use.tgt)
        return use.num_encoder_layers * encoder + use.num_decoder_layers * decoder


def attended(use: Use, query: TensorType, memory: TensorType) -> Size:
    """Multiply-adds of one attention: four projections, the products with the keys, the sums of values."""
    width, source = use.d_model, memory.shape[1 if use.batch_first and memory.rank == 3 else 0]
    return product(query.shape) * 2 * (width + source) + product(memory.shape) * 2 * width


def between(use: Use, x: TensorType) -> Size:
    """Multiply-adds of the two Linear layers."""
    return product(x.shape) * 2 * use.dim_feedforward
