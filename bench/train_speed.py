"""Times a run's steps beside a hand-written loop on the same net, data and batches, in turns.

    python bench/train_speed.py [--blocks 8] [--steps 20]

Processor time, so that other work on the machine disturbs it little. The hand-written loop is what a PyTorch user would
write with the data in one tensor; both have the same allocator settings.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import torch
from torch import Tensor, nn

from specc.compiler import Unit, compile_spec
from specc.runtime.job import Job
from specc.runtime.options import Options
from specc.source import Source

ROOT = Path(__file__).resolve().parent.parent
JOBS = {
    "mnist net, batches of 128": ("mnist.spec", {"train.epochs": "1000"}),
    "diabetes net, batches of 32": ("diabetes.spec", {"train.epochs": "100000"}),
}


def compiled(name: str, settings: dict[str, str]) -> Unit:
    text = (ROOT / "specs" / name).read_text(encoding="utf-8")
    for word in ("true", "false"):  # the part of the spec that needs no download
        text = text.replace(f'MNIST("data", train={word})', f"Digits(train={word}, size=28)", 1)
    return compile_spec(Source(name, text), settings)


def our_steps(unit: Unit, folder: str) -> Iterator[None]:
    """A run, one step at a time."""
    assert unit.program is not None
    job = Job(unit, unit.program, Options(device="cpu", out=folder, quiet=True, log_every=1 << 40))
    train = job._batches("train")
    trainer = job._trainer(train, None, None, job._folder())
    trainer.progress.epoch(trainer.place)
    while True:
        for group in trainer._groups():
            trainer._step(group)
            yield
        trainer.place.epoch, trainer.place.batch = trainer.place.epoch + 1, 0


def hand_steps(unit: Unit) -> Iterator[None]:
    """The loop a person would write."""
    from specc.backends.module import build_model

    assert unit.program is not None
    job = Job(unit, unit.program, Options(device="cpu", quiet=True))
    batches = job._batches("train")
    inputs, targets = batches.held or []
    model = build_model(unit.program.models[0])
    image = inputs.dtype == torch.uint8
    criterion: nn.Module = nn.CrossEntropyLoss() if image else nn.MSELoss()
    optimizer: Any = (
        torch.optim.AdamW(model.parameters(), lr=3e-3) if image else torch.optim.Adam(model.parameters(), lr=0.3)
    )
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=1 << 30) if image else None
    mean, std = torch.tensor([0.1307]).view(-1, 1, 1), torch.tensor([0.3081]).view(-1, 1, 1)
    while True:
        for index in torch.randperm(len(inputs)).split(batches.batch_size):
            x: Tensor = inputs[index]
            x = (x.float().div_(255) - mean).div_(std) if image else x
            loss = criterion(model(x), targets[index])
            loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            if scheduler is not None:
                scheduler.step()
            if not loss.item() < float("inf"):  # whoever writes a loop looks at the loss
                raise SystemExit("diverged")
            yield


def seconds(steps: Iterator[None], count: int) -> float:
    started = time.process_time()
    for _ in range(count):
        next(steps)
    return (time.process_time() - started) / count


def measure(name: str, blocks: int, count: int) -> str:
    file, settings = JOBS[name]
    unit = compiled(file, settings)
    with tempfile.TemporaryDirectory() as folder:
        runners: list[Callable[[], Iterator[None]]] = [lambda: our_steps(unit, folder), lambda: hand_steps(unit)]
        both = [runner() for runner in runners]
        for steps in both:
            seconds(steps, count)
        times: list[list[float]] = [[], []]
        for _ in range(blocks):
            for steps, found in zip(both, times):
                found.append(seconds(steps, count))
    ours, hand = (statistics.median(found) for found in times)
    return f"{name}: a run {ours * 1e3:.3f} ms a step, by hand {hand * 1e3:.3f} ms, ratio {ours / hand:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=8)
    parser.add_argument("--steps", type=int, default=20)
    given = parser.parse_args()
    for name in JOBS:
        print(measure(name, given.blocks, given.steps if "mnist" in name else given.steps * 40), flush=True)


if __name__ == "__main__":
    main()
