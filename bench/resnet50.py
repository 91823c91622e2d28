"""Finding ResNet-50's shapes: `specc check` beside three ways that need torch, as whole processes, interleaved.

    python bench/resnet50.py [--runs 5]

The three build torchvision's resnet50: on the meta device, under FakeTensorMode, and with torchinfo (if it is
installed).
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys

from check_time import wall

SPEC = "specs/zoo/resnet50.spec"
META = """
import torch, torchvision
with torch.device("meta"):
    torchvision.models.resnet50()(torch.empty(2, 3, 224, 224))
"""
FAKE = """
import torch, torchvision
from torch._subclasses.fake_tensor import FakeTensorMode
with FakeTensorMode():
    torchvision.models.resnet50()(torch.empty(2, 3, 224, 224))
"""
TORCHINFO = """
import torchinfo, torchvision
torchinfo.summary(torchvision.models.resnet50(), input_size=(2, 3, 224, 224), verbose=0)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    commands = {
        "specc check": [sys.executable, "-m", "specc", "check", SPEC],
        "meta device": [sys.executable, "-c", META],
        "FakeTensorMode": [sys.executable, "-c", FAKE],
    }
    if importlib.util.find_spec("torchinfo"):
        commands["torchinfo"] = [sys.executable, "-c", TORCHINFO]
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            seconds = wall(command)
            if turn:  # the first round warms the file cache
                times[name].append(seconds)
    ours = statistics.median(times["specc check"])
    for name, values in times.items():
        middle = statistics.median(values)
        print(
            f"{name:16} {middle * 1e3:9.1f} ms"
            f"   (min {min(values) * 1e3:.1f}, max {max(values) * 1e3:.1f})   this / specc = {middle / ours:.1f}"
        )


if __name__ == "__main__":
    main()
