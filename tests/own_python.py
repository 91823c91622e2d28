"""A job full of externs with the module they name, and what the tests of externs share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import specc

ROOT = Path(__file__).parent.parent
THINGS = """
import torch
from torch import nn


class Gate(nn.Module):
    def __init__(self, width, scale=1.0):
        super().__init__()
        self.fc, self.scale = nn.Linear(10, width), scale

    def forward(self, x):
        return torch.sigmoid(self.fc(x)) * self.scale


def squash(x, k=2.0):
    return torch.tanh(k * x)


class Own(nn.Module):
    def __init__(self, margin=0.1):
        super().__init__()
        self.margin = margin

    def forward(self, output, target):
        return ((output - target).abs() - self.margin).clamp(min=0).mean()


class Lion(torch.optim.SGD):
    def __init__(self, params, lr=1e-3):
        super().__init__(params, lr=lr, momentum=0.9)


class Half:
    def __init__(self, optimizer, factor=0.5):
        self.optimizer, self.factor, self.steps = optimizer, factor, 0

    def step(self):
        self.steps += 1
        for group in self.optimizer.param_groups:
            group["lr"] *= self.factor

    def state_dict(self):
        return {"steps": self.steps}

    def load_state_dict(self, state):
        self.steps = state["steps"]


class Worst:
    def __init__(self, floor=0.0):
        self.worst = floor

    def update(self, output, target):
        self.worst = max(self.worst, float((output - target).abs().max()))

    def compute(self):
        return self.worst


class Jitter:
    def __init__(self, amount):
        self.amount = amount

    def __call__(self, x):
        return x + self.amount * torch.randn_like(x)


class Points:
    def __init__(self, count, noise=0.0):
        self.count, self.noise = count, noise

    def __len__(self):
        return self.count

    def __getitem__(self, number):
        x = torch.randn(10, generator=torch.Generator().manual_seed(number))
        return x + self.noise * torch.randn(10), 2 * x[:1]
"""
SPEC = """
extern layer Gate(width: int, scale: float = 1.0): f32[N, 10] -> f32[N, width] = "things.Gate"
extern fn squash(k: float = 2.0): f32[N, C] -> f32[N, C] = "things.squash"
extern loss Own(margin: float = 0.1) = "things.Own"
extern optimizer Lion(lr: float = 1e-3) = "things.Lion"
extern scheduler Half(factor: float = 0.5) = "things.Half"
extern metric Worst(floor: float = 0.0) = "things.Worst"
extern transform Jitter(amount: float) = "things.Jitter"
extern dataset Points(count: int, noise: float = 0.0): f32[N, 10], f32[N, 1] = "things.Points"

model M(width = 8) {
  input features: f32[N, 10]
  h = features -> gate: Gate(width) -> squash(3.0) -> dropout(0.1, training=training)
  output h -> out: Linear(_, 1)
}
init M { Linear.weight ~ normal(std=0.02) }

data {
  train, test     = split(Points(100, noise=0.1), [0.8, 0.2])
  transform train = Jitter(0.1)
  loader          = DataLoader(batch_size=32, shuffle=true)
  sample (features, target)
}
loss      Own()
optimizer Lion(lr=1e-2) { group "gate.*" { lr = 0.1 } group rest { lr = 0.01 } }
scheduler Half(0.9) per epoch
metrics   mae, Worst
train     { epochs = 2  seed = 0  log every 1 steps }
"""
LAYER = 'extern layer F(n: int = 4): f32[N, C] -> f32[N, n] = "things.F"\n'
MODEL = "model M {\n  input x: f32[N, 8]\n  output x -> f: F()\n}\n"
CODE = """from torch import nn


class F(nn.Module):
    def __init__(self, n=4):
        super().__init__()
"""


def names(path: Path) -> list[str]:
    return [problem.name for problem in specc.check(path).problems]


def log(folder: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


def refused(use: Any) -> str:
    """The one code a use ends in."""
    with pytest.raises(specc.SpecError) as caught:
        use()
    assert str(caught.value).count("error[") == 1
    return caught.value.problems[0].name
