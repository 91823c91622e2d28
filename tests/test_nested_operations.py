"""Operations inside operations: schedulers of schedulers, transforms of transforms, words of a Python enumeration."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torchvision.transforms

from specc.backends.targets import perform
from specc.compiler import Unit, compile_spec
from specc.program.model import TrainingLength
from specc.runtime.setup import make_scheduler
from specc.source import Source

SPEC = """
model Net {{
  input image: f32[N, 3, 16, 16]
  output image -> Flatten -> Linear(_, 10)
}}
data {{
  train     = FakeData(100, (3, 20, 24), 10)
  transform = {transform} -> RandomCrop(16) -> ToTensor
  loader    = DataLoader(batch_size=10, shuffle=true)
  sample (image, label)
}}
loss      CrossEntropyLoss()
optimizer SGD(lr=0.1, momentum=0.9)
scheduler {scheduler}
train     {{ epochs = 2  seed = 0 }}
"""


def compiled(transform: str = "CenterCrop(18)", scheduler: str = "StepLR(1) per epoch") -> Unit:
    return compile_spec(Source("test.spec", SPEC.format(transform=transform, scheduler=scheduler)))


def errors(unit: Unit) -> list[str]:
    return [problem.name for problem in unit.problems if problem.severity == "error"]


def rates(scheduler: Any, optimizer: Any, steps: int = 20) -> list[float]:
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def plain_optimizer() -> torch.optim.SGD:
    return torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1, momentum=0.9)


@pytest.mark.parametrize(
    ("text", "by_hand"),
    [
        (
            "SequentialLR([LinearLR(0.1, total_iters=5), CosineAnnealingLR(T_max=_)], [5]) per step",
            lambda optimizer, lr: lr.SequentialLR(
                optimizer, [lr.LinearLR(optimizer, 0.1, total_iters=5), lr.CosineAnnealingLR(optimizer, T_max=20)], [5]
            ),
        ),
        (
            "ChainedScheduler([ConstantLR(0.5, total_iters=3), ExponentialLR(0.9)]) per step",
            lambda optimizer, lr: lr.ChainedScheduler(
                [lr.ConstantLR(optimizer, 0.5, total_iters=3), lr.ExponentialLR(optimizer, 0.9)]
            ),
        ),
    ],
)
def test_schedulers_of_schedulers_give_torchs_rates(text: str, by_hand: Any) -> None:
    unit = compiled(scheduler=text)
    assert not errors(unit) and unit.program is not None, unit.problems
    ours, theirs = plain_optimizer(), plain_optimizer()
    made = make_scheduler(unit.program.schedulers[0], ours, 20, 2)
    assert rates(made, ours) == rates(by_hand(theirs, torch.optim.lr_scheduler), theirs)


def test_the_length_of_the_training_reaches_inner_schedulers() -> None:
    unit = compiled(scheduler="ChainedScheduler([CosineAnnealingLR(T_max=_)]) per epoch")
    assert unit.program is not None
    (inner,) = unit.program.schedulers[0].scheduler.values["schedulers"]
    assert inner.values["T_max"] == TrainingLength("epoch")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("SequentialLR([LinearLR(0.1), ExponentialLR(0.9)], [5, 6]) per step", "argument-domain"),
        ("SequentialLR([LinearLR(0.1), ReduceLROnPlateau()], [5]) per step", "argument-domain"),
        ("SequentialLR([LinearLR(2.0), ExponentialLR(0.9)], [5]) per step", "argument-domain"),
        ("SequentialLR([LinearLR(0.1), NoSuchLR(0.9)], [5]) per step", "unknown-scheduler"),
        ("SequentialLR([LinearLR(0.1), 3], [5]) per step", "unknown-scheduler"),
        ("SequentialLR(LinearLR(0.1), [5]) per step", None),
    ],
)
def test_faults_inside_are_found(text: str, rule: str | None) -> None:
    found = errors(compiled(scheduler=text))
    assert found == [rule] if rule else found


def test_transforms_of_transforms_are_torchvisions() -> None:
    unit = compiled("RandomApply([ColorJitter(0.4, 0.4), GaussianBlur(3)], p=0.8)")
    assert not errors(unit) and unit.program is not None and unit.program.data is not None
    made = perform(unit.program.data.splits[0].transforms[0].call)
    assert isinstance(made, torchvision.transforms.RandomApply) and made.p == 0.8
    assert [type(inner).__name__ for inner in made.transforms] == ["ColorJitter", "GaussianBlur"]


def test_a_crop_inside_that_changes_sizes_is_refused() -> None:
    assert errors(compiled("RandomApply([CenterCrop(18)])")) == ["ragged-batch"]


def test_words_of_an_enumeration_become_its_members() -> None:
    unit = compiled('Resize((18, 18), interpolation="bicubic")')
    assert not errors(unit) and unit.program is not None and unit.program.data is not None
    made = perform(unit.program.data.splits[0].transforms[0].call)
    assert made.interpolation is torchvision.transforms.InterpolationMode.BICUBIC
    assert errors(compiled('Resize((18, 18), interpolation="cubic")')) == ["argument-domain"]
