"""The loop a person would write for specs/mnist.spec: the yardstick of bench/mnist_epoch.py.

python bench/mnist_by_hand.py DATA_ROOT
"""

import ctypes
import sys
import time

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision import datasets


def load(root: str, train: bool) -> tuple[Tensor, Tensor]:
    mnist = datasets.MNIST(root, train=train)
    return (mnist.data.unsqueeze(1).float() / 255 - 0.1307) / 0.3081, mnist.targets


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU()),
            *(nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten()),
        )
        self.fc1, self.drop, self.fc2 = nn.Linear(9216, 128), nn.Dropout(0.5), nn.Linear(128, 10)

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.fc2(self.drop(F.relu(self.fc1(self.features(image)))))
        return logits


def main(root: str) -> None:
    for parameter in (-1, -3):  # the same allocator settings as a run and a script have
        ctypes.CDLL(None).mallopt(parameter, 1 << 30)
    torch.manual_seed(0)
    (images, labels), (test_images, test_labels) = load(root, True), load(root, False)
    model = Net()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    steps = -(-len(images) // 128)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    for step, index in enumerate(torch.randperm(len(images)).split(128)):
        if step in (50, 450):
            print(f"step {step} {time.monotonic()}")
        loss = F.cross_entropy(model(images[index]), labels[index])
        if not loss.item() < float("inf"):  # whoever writes a loop looks at the loss
            raise SystemExit("diverged")
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        scheduler.step()
    model.eval()
    with torch.no_grad():
        batches = zip(test_images.split(128), test_labels.split(128), strict=True)
        right = sum(int((model(image).argmax(1) == label).sum()) for image, label in batches)
    print(f"accuracy {right / len(test_labels):.4f}")


if __name__ == "__main__":
    main(sys.argv[1])
