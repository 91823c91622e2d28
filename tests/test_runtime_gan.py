"""Steps of one's own: a GAN as one would write it by hand, to the last bit."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from jobs import compiled, log_of, same_weights, trained, weights
from specc.runtime import RunError
from specc.runtime.batches import Batches
from specc.runtime.options import Options
from specc.runtime.own_trainer import OwnTrainer
from specc.runtime.sources import load

MODELS = """
model G(nz = 8) { input z: f32[N, nz]  output z -> fc: Linear(_, 64) -> tanh -> view(-1, 1, 8, 8) }
model D() { input image: f32[N, 1, 8, 8]  output image -> flatten(1) -> fc: Linear(_, 1) -> squeeze(1) }
data {
  train     = Digits()
  transform = ToTensor -> Normalize((0.5,), (0.5,))
  loader    = DataLoader(batch_size=256, shuffle=true)
  sample (image, label)
}
optimizer opt_d = Adam(lr=1e-2) for D
optimizer opt_g = Adam(lr=2e-2) for G
"""
TRAIN = """
train {
  epochs = 2  seed = 1  EXTRA
  buffer fixed = randn(16, 8)
  step d with opt_d {
    fake = G(randn(N, 8))
    real = binary_cross_entropy_with_logits(D(image), ones(N))
    loss = real + binary_cross_entropy_with_logits(D(detach(fake)), zeros(N))
  }
  step g with opt_g every 2 { loss = binary_cross_entropy_with_logits(D(fake), ones(N)) }
  every epoch { save_image(G(fixed), "fake_{epoch}.png", normalize=true) }
}
"""


def gan(extra: str = "") -> object:
    return compiled(MODELS + TRAIN.replace("EXTRA", extra))


def by_hand(unit: object) -> tuple[list[dict[str, float]], dict[str, torch.Tensor]]:
    """The loop of the tutorials, with the batches of a run."""
    split = unit.program.data.splits[0]
    batches = Batches(load(split, Options(), {}), split, 1, torch.device("cpu"))
    torch.manual_seed(1)
    generator, critic = nn.Linear(8, 64), nn.Linear(64, 1)
    opt_d = torch.optim.Adam(critic.parameters(), lr=1e-2)
    opt_g = torch.optim.Adam(generator.parameters(), lr=2e-2)
    fixed, losses, step = torch.randn(16, 8), [], 0
    for epoch in range(2):
        for image, _ in batches.epoch(epoch):
            count = len(image)
            fake = generator(torch.randn(count, 8)).tanh().view(-1, 1, 8, 8)
            real = F.binary_cross_entropy_with_logits(critic(image.flatten(1)).squeeze(1), torch.ones(count))
            made = F.binary_cross_entropy_with_logits(critic(fake.detach().flatten(1)).squeeze(1), torch.zeros(count))
            opt_d.zero_grad()
            (real + made).backward()
            opt_d.step()
            losses.append({"d": (real + made).item()})
            if step % 2 == 0:
                loss = F.binary_cross_entropy_with_logits(critic(fake.flatten(1)).squeeze(1), torch.ones(count))
                opt_g.zero_grad()
                loss.backward()
                opt_g.step()
                losses[-1]["g"] = loss.item()
            step += 1
    state = {f"G.fc.{key}": value for key, value in generator.state_dict().items()}
    state |= {f"D.fc.{key}": value for key, value in critic.state_dict().items()}
    return losses, {"fixed": fixed, **state}


def test_a_gan_is_the_one_written_by_hand(tmp_path: Path) -> None:
    unit = gan()
    trained(unit, tmp_path)
    losses, state = by_hand(unit)
    logged = [{name: line[name] for name in ("d", "g") if name in line} for line in log_of(tmp_path)]
    assert logged == losses
    saved = weights(tmp_path / "last.pt")
    assert saved.keys() == state.keys() and all(saved[key].equal(value) for key, value in state.items())


def test_pictures_lie_in_the_runs_folder(tmp_path: Path) -> None:
    trained(gan(), tmp_path)
    assert {path.name for path in tmp_path.glob("*.png")} == {"fake_1.png", "fake_2.png"}


def test_a_gan_goes_on_in_mid_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unit = gan("clip_grad_norm = 0.1")
    trained(unit, tmp_path / "whole")
    before = OwnTrainer.step

    def step_and_signal(self: OwnTrainer, group: object) -> None:
        before(self, group)
        if self.place.step == 8:
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(OwnTrainer, "step", step_and_signal)
        assert trained(unit, tmp_path / "parts").exit_status == 130
    trained(unit, tmp_path / "parts", resume=str(tmp_path / "parts"))
    assert log_of(tmp_path / "whole") == log_of(tmp_path / "parts")
    assert same_weights(weights(tmp_path / "whole" / "last.pt"), weights(tmp_path / "parts" / "last.pt"))


@pytest.mark.parametrize("extra", ["ema = 0.9", "accumulate = 2", "precision = f16"])
def test_what_steps_of_ones_own_cannot_do_is_refused(extra: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=f"R102.*{extra.split()[0]}"):
        trained(gan(extra), tmp_path)
