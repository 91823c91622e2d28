"""Rules on data, schedules and the training: each finds its mistake, and leaves its traps alone."""

from __future__ import annotations

import pytest

from checks_cases import found, learned, mnist, vector

NORMALIZE, LOADER = "Normalize((0.1307,), (0.3081,))", "DataLoader(batch_size=64, shuffle=true)"
NORMED = "Linear(_, 32, bias=false) -> BatchNorm1d(_) -> ReLU -> Linear(_, 10)"
REGRESSION = vector("Linear(_, 1)")


def loader(text: str, head: str = "Linear(_, 10)") -> str:
    return mnist(head, data=(LOADER, f"DataLoader({text})"))


def transforms(text: str) -> str:
    return mnist(data=("  loader ", f"  {text}\n  loader "))


def scheduled(line: str, train: str = "epochs = 10  seed = 0", optimizer: str = "SGD(lr=0.1, momentum=0.9)") -> str:
    return mnist(lines=f"scheduler {line}\nmetrics accuracy", train=train, optimizer=optimizer)



def grouped(groups: str) -> str:
    """A training with a frozen parameter and some parameter groups."""
    model = "  param scale: f32[16] = ones, trainable=false\n  output (x * scale) -> head: Linear(_, 2)"
    text = learned(vector("").replace("  output x -> ", model), "i64[N] < 2", "CrossEntropyLoss()")
    return text.replace("AdamW(lr=1e-3)", f"AdamW(lr=1e-3) {{ {groups} }}")


PARTS = 'train, val = split(MNIST("data", train=false), [0.9, 0.1])\n  other = '  # and test is the whole of it
GROWING = "scheduler %s per epoch"
MAPS = "Unflatten(1, (1, 28, 28)) -> Conv2d(_, 8, 3, bias=false) -> BatchNorm2d(_) -> ReLU -> Flatten -> Linear(_, 10)"
FROZEN = "model M {\n  input x: f32[N, 16]\n  param w: f32[16, 2] = zeros, trainable=false\n  output x @ w\n}\n"
WRONG = [
    ("normalize-mismatch", "warning", transforms("transform test = ToTensor -> Normalize((0.5,), (0.5,))")),
    ("normalize-mismatch", "warning", transforms("transform test = ToTensor")),
    ("augmentation-in-eval", "warning", mnist(data=("ToTensor", "RandomRotation(10) -> ToTensor"))),
    (
        "horizontal-flip-on-text",
        "info",
        transforms(f"transform train = RandomHorizontalFlip -> ToTensor -> {NORMALIZE}"),
    ),
    ("input-range", "warning", mnist(data=(f"ToTensor -> {NORMALIZE}", "PILToTensor -> ToDtype(f32)"))),
    ("train-not-shuffled", "warning", loader("batch_size=64")),
    ("train-not-shuffled", "info", loader("batch_size=64, shuffle=false")),
    ("batch-exceeds-dataset", "error", loader("batch_size=70_000, shuffle=true, drop_last=true")),
    ("last-batch-one", "error", loader("batch_size=59_999, shuffle=true", NORMED)),
    ("batchnorm-tiny-batch", "warning", loader("batch_size=2, shuffle=true", NORMED)),
    ("single-value-norm", "error", loader("batch_size=1, shuffle=true", NORMED)),
    ("eval-on-train", "warning", mnist(data=("train=false", "train=true"))),
    ("tmax-below-epochs", "warning", scheduled("CosineAnnealingLR(T_max=5) per epoch")),
    ("tmax-below-epochs", "info", scheduled("CosineAnnealingLR(T_max=20) per epoch")),
    ("tmax-below-epochs", "warning", scheduled("CosineAnnealingLR(T_max=9380) per epoch")),
    ("milestone-after-end", "warning", scheduled("StepLR(step_size=30) per epoch")),
    ("milestone-after-end", "warning", scheduled("MultiStepLR([5, 10]) per epoch")),
    ("milestone-after-end", "warning", scheduled('ReduceLROnPlateau("max", patience=10) on test.accuracy')),
    ("per-epoch-scheduler-per-step", "error", scheduled("MultiStepLR([5, 8]) per step")),
    ("per-epoch-scheduler-per-step", "error", scheduled("CosineAnnealingLR(T_max=10) per step")),
    ("onecycle-step-count", "error", scheduled("OneCycleLR(max_lr=0.1, total_steps=1000) per step")),
    ("onecycle-step-count", "warning", scheduled("OneCycleLR(max_lr=0.1, epochs=20, steps_per_epoch=938) per step")),
    (
        "onecycle-needs-momentum",
        "error",
        scheduled("OneCycleLR(max_lr=0.1, total_steps=_) per step", optimizer="Adagrad(lr=0.1)"),
    ),
    ("plateau-needs-metric", "error", scheduled('ReduceLROnPlateau("min", patience=2) on test.accuracy')),
    ("plateau-needs-metric", "error", scheduled('ReduceLROnPlateau("max", patience=2) on test.loss')),
    ("warmup-exceeds-training", "warning", scheduled("LinearLR(0.1, total_iters=10) per epoch")),
    ("unused-setting", "warning", scheduled("ExponentialLR(1.0) per epoch")),
    ("learning-rate-range", "warning", mnist(optimizer="Adam(lr=1.0)")),
    (
        "learning-rate-range",
        "warning",
        scheduled("OneCycleLR(max_lr=3.0, total_steps=_) per step", optimizer="AdamW(lr=1e-3)"),
    ),
    ("accumulation-remainder", "warning", mnist(train="epochs = 3  seed = 0  accumulate = 4")),
    ("cadence-too-long", "warning", mnist(train="epochs = 3  seed = 0  save every 5 epochs")),
    ("cadence-too-long", "warning", mnist(train="epochs = 3  seed = 0  log every 5000 steps")),
    ("cadence-too-long", "info", mnist(train="epochs = 3  seed = 0  log every 2000 steps")),
    ("metric-task-mismatch", "warning", learned(REGRESSION, "f32[N, 1]", "MSELoss()", "metrics accuracy\n")),
    ("metric-task-mismatch", "warning", mnist(lines="metrics mae")),
    ("seed-unset", "info", mnist(train="epochs = 3")),
    ("eval-shuffled", "info", mnist(data=("  sample (", "  loader test = DataLoader(256, shuffle=true)\n  sample ("))),
    ("normalize-mismatch", "warning", mnist(data=("(0.1307,), (0.3081,)", "(0.2860,), (0.3530,)"))),
    ("eval-on-train", "warning", mnist(data=("train     = ", PARTS))),
    ("betas-range", "error", mnist(optimizer="SGD(lr=0.1, momentum=9)")),
    ("betas-range", "error", mnist(optimizer="RMSprop(lr=1e-3, momentum=1.0)")),
    ("betas-range", "warning", mnist(optimizer="Adam(lr=1e-3, betas=(0.999, 0.9))")),
    ("weight-decay-range", "warning", mnist(optimizer="SGD(lr=0.1, weight_decay=5.0)")),
    ("weight-decay-range", "warning", mnist(optimizer="SGD(lr=0.1) { group ndim >= 1 { weight_decay = 5.0 } }")),
    ("learning-rate-range", "warning", mnist(optimizer="SGD(0.1)", lines=GROWING % "StepLR(1, gamma=20.0)")),
    ("learning-rate-range", "warning", mnist(optimizer="SGD(0.1)", lines=GROWING % "MultiStepLR([1, 2], gamma=30.0)")),
    ("learning-rate-range", "warning", mnist(optimizer="Adam(1e-3)", lines=GROWING % "ExponentialLR(10.0)")),
    ("metric-task-mismatch", "warning", mnist(lines="metrics topk(10)")),
    ("batchnorm-tiny-batch", "info", loader("batch_size=2, shuffle=true", MAPS)),
    ("unknown-split", "error", scheduled("ReduceLROnPlateau(patience=2) on val.loss")),
    ("unknown-metric", "error", scheduled("ReduceLROnPlateau(patience=2) on test.f1")),
    ("frozen-in-optimizer", "error", learned(FROZEN, "i64[N] < 2", "CrossEntropyLoss()")),
    ("empty-group", "warning", grouped('group "hed.*" { lr = 0.1 } group rest { }')),
    ("empty-group", "warning", grouped('group "head.*" { lr = 0.1 } group "*.weight" { lr = 0.1 } group rest { }')),
    ("empty-group", "warning", grouped("group ndim >= 1 { lr = 0.1 } group rest { lr = 0.2 }")),
    ("frozen-in-optimizer", "warning", grouped('group "scale" { lr = 0.1 } group rest { }')),
    ("adam-l2", "info", mnist(optimizer="Adam(lr=1e-3, weight_decay=0.01)")),
    ("decay-on-norm-bias", "info", mnist(optimizer="AdamW(lr=1e-3, weight_decay=0.01)")),
]
TRAPS = [
    ("normalize-mismatch", mnist(data=("(0.1307,), (0.3081,)", "(0.5,), (0.5,)"))),
    ("normalize-mismatch", mnist(data=("MNIST(", "QMNIST(")).replace('train=true)', 'what="train")')),
    ("betas-range", mnist(optimizer="Adam(lr=1e-3, betas=(0.9, 0.9))")),
    ("weight-decay-range", mnist(optimizer="AdamW(lr=1e-3, weight_decay=1.0)")),
    ("learning-rate-range", mnist(optimizer="SGD(1e-3)", lines=GROWING % "StepLR(1, gamma=2.0)")),  # a search
    ("metric-task-mismatch", mnist(lines="metrics topk(5)")),
    ("batchnorm-tiny-batch", loader("batch_size=4, shuffle=true", MAPS)),
    ("unknown-split", scheduled("ReduceLROnPlateau(patience=2) on train.loss")),
    ("eval-shuffled", mnist()),
    ("eval-shuffled", mnist(data=("  sample (", "  loader test = DataLoader(batch_size=256)\n  sample ("))),
    ("empty-group", grouped('group "head.*" { lr = 0.1 } group rest { }')),  # a rest that settles nothing may be empty
    ("frozen-in-optimizer", grouped("group ndim >= 1 { lr = 0.1 }")),  # fits frozen and trainable ones
    ("augmentation-in-eval", transforms(f"transform train = RandomRotation(10) -> ToTensor -> {NORMALIZE}")),
    ("normalize-mismatch", transforms(f"transform train = RandomRotation(10) -> ToTensor -> {NORMALIZE}")),
    ("input-range", mnist(data=(f"ToTensor -> {NORMALIZE}", "PILToTensor -> ToDtype(f32, scale=true)"))),
    ("batch-exceeds-dataset", loader("batch_size=70_000, shuffle=true")),
    ("last-batch-one", loader("batch_size=59_999, shuffle=true")),  # no BatchNorm
    ("last-batch-one", loader("batch_size=59_999, shuffle=true, drop_last=true", NORMED)),
    ("eval-on-train", mnist(data=('  test      = MNIST("data", train=false)', '  val = MNIST("data", train=false)'))),
    (
        "eval-on-train",
        mnist(
            data=('train     = MNIST("data", train=true)', 'train, val = split(MNIST("data", train=true), [0.9, 0.1])')
        ),
    ),
    ("tmax-below-epochs", scheduled("CosineAnnealingLR(T_max=_) per epoch")),
    ("tmax-below-epochs", scheduled("CosineAnnealingLR(T_max=9) per epoch")),  # at 0 in the last epoch, not after it
    ("milestone-after-end", scheduled("MultiStepLR([5, 9]) per epoch")),
    ("per-epoch-scheduler-per-step", scheduled("StepLR(step_size=1, gamma=0.9995) per step")),  # a smooth decay
    ("per-epoch-scheduler-per-step", scheduled("MultiStepLR([5000, 8000]) per step")),
    ("onecycle-step-count", scheduled("OneCycleLR(max_lr=0.1, total_steps=9380) per step")),
    (
        "onecycle-needs-momentum",
        scheduled("OneCycleLR(max_lr=0.1, total_steps=_, cycle_momentum=false) per step", optimizer="Adagrad(lr=0.1)"),
    ),
    ("plateau-needs-metric", scheduled('ReduceLROnPlateau("max", patience=2) on test.accuracy')),
    ("warmup-exceeds-training", scheduled("LinearLR(1.0, 0.1, total_iters=10) per epoch")),  # a decay
    (
        "learning-rate-range",
        mnist(optimizer="Adam(lr=1.0)", lines="scheduler LambdaLR(min(step + 1, 400) / 1e6) per step"),
    ),
    ("learning-rate-range", learned(REGRESSION, "f32[N, 1]", "MSELoss()").replace("1e-3", "0.3")),  # 17 parameters
    ("accumulation-remainder", mnist(train="epochs = 3  seed = 0  accumulate = 2")),
    ("cadence-too-long", mnist(train="epochs = 3  seed = 0  log every 100 steps  save every 3 epochs")),
    ("metric-task-mismatch", learned(vector("Linear(_, 4)"), "f32[N, 4]", "MSELoss()", "metrics accuracy\n")),
    ("metric-task-mismatch", mnist(lines="metrics accuracy")),
]


@pytest.mark.parametrize("name, severity, text", WRONG)
def test_a_mistake_is_found(name: str, severity: str, text: str) -> None:
    assert found(text).get(name) == severity


@pytest.mark.parametrize("name, text", TRAPS)
def test_a_trap_is_left_alone(name: str, text: str) -> None:
    problems = found(text)
    assert name not in problems and "error" not in problems.values()


def test_transforms_and_loaders_without_data_are_not_ignored() -> None:
    text = learned(vector("Linear(_, 2)"), "i64[N] < 2", "CrossEntropyLoss()")
    for line in ("transform = ToTensor", "transform train = ToTensor", "loader = DataLoader(batch_size=4)"):
        assert found(text.replace("data { ", f"data {{ {line}  ")) == {"unused-setting": "error"}
