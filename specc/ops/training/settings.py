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

# What other trainers have as settings, and where it stands here.
ELSEWHERE: dict[str, str] = {
    "patience": "write stop when val.loss no better for 5",
    "early_stopping": "write stop when val.loss no better for 5",
    "batch_size": "it stands in data: loader = DataLoader(batch_size=64, shuffle=true)",
    "shuffle": "it stands in data: loader = DataLoader(batch_size=64, shuffle=true)",
    "num_workers": "it stands in data: loader = DataLoader(batch_size=64, num_workers=4)",
    "lr": "it stands with the optimizer: AdamW(lr=1e-3)",
    "learning_rate": "it stands with the optimizer: AdamW(lr=1e-3)",
    "weight_decay": "it stands with the optimizer: AdamW(lr=1e-3, weight_decay=0.1)",
    "momentum": "it stands with the optimizer: SGD(lr=0.1, momentum=0.9)",
    "amp": "write precision = bf16",
    "mixed_precision": "write precision = bf16",
    "fp16": "write precision = f16",
    "bf16": "write precision = bf16",
    "grad_clip": "write clip_grad_norm = 1.0",
    "gradient_clip_val": "write clip_grad_norm = 1.0",
    "max_grad_norm": "write clip_grad_norm = 1.0",
    "gradient_accumulation_steps": "write accumulate = 4",
    "accumulate_grad_batches": "write accumulate = 4",
    "log_interval": "write log every 100 steps",
    "log_every": "write log every 100 steps",
    "eval_every": "write eval every epoch on val",
    "save_every": "write save every epoch",
    "max_epochs": "write epochs = 10",
    "num_epochs": "write epochs = 10",
    "num_train_epochs": "write epochs = 10",
    "max_steps": "write steps = 1000",
    "optimizer": "it is a section of its own: optimizer AdamW(lr=1e-3)",
    "loss": "it is a section of its own: loss CrossEntropyLoss()",
    "metrics": "it is a section of its own: metrics accuracy",
    "scheduler": "it is a section of its own: scheduler StepLR(10) per epoch",
}

WORDS: dict[str, tuple[str, ...]] = {"precision": ("f32", "bf16", "f16"), "distributed": ("ddp", "fsdp")}
