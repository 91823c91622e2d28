"""Every setting of a `train` section."""

from __future__ import annotations

from specc.ops.base import Argument
from specc.ops.kinds import BOOL, POSITIVE, SIZE, TEXT, Choice, Float, Optional

PRECISION = Choice("f32", "bf16", "f16")
UNSET = Optional(POSITIVE)

TRAIN_SETTINGS: tuple[Argument, ...] = (
    Argument("epochs", UNSET, None, "how often the training data are gone through; this or steps"),
    Argument("steps", UNSET, None, "how many updates are made; this or epochs"),
    Argument(
        "seed", Optional(SIZE), None, "seed of weights, order and random transforms; none draws one and records it"
    ),
    Argument("precision", PRECISION, "f32", "f32, or mixed precision: bf16, or f16 with loss scaling"),
    Argument("accumulate", POSITIVE, 1, "batches whose gradients are summed before an update"),
    Argument("clip_grad_norm", Optional(Float(0, open_low=True)), None, "largest norm of all gradients together"),
    Argument("clip_grad_value", Optional(Float(0, open_low=True)), None, "largest absolute value of a gradient"),
    Argument(
        "ema", Optional(Float(0, 1, open_high=True)), None, "decay of a running mean of the weights, used in evaluation"
    ),
    Argument("compile", BOOL, False, "compile the model with torch.compile"),
    Argument("channels_last", BOOL, False, "keep images with their channels last in memory"),
    Argument("distributed", Optional(Choice("ddp", "fsdp")), None, "how several processes share the training"),
    Argument("deterministic", BOOL, False, "use only algorithms that give the same bits every time"),
    Argument(
        "device", Optional(TEXT), None, 'where to train: "cpu", "cuda", "cuda:1", "mps"; none takes the best there is'
    ),
    Argument("tf32", BOOL, False, "let f32 matrix products round their inputs to 10 bits where the GPU can"),
    Argument("log_gradients", BOOL, False, "log the norm of the gradients as well"),
)

WORDS: dict[str, tuple[str, ...]] = {"precision": ("f32", "bf16", "f16"), "distributed": ("ddp", "fsdp")}
