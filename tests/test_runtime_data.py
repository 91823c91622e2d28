"""Batches: equal to torchvision per sample, the same for every plan, drawn from seed and epoch alone."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
from torchvision import transforms as T
from torchvision.transforms import functional as TF

from jobs import compiled
from specc.runtime.batches import Batches
from specc.runtime.options import Options, RunError
from specc.runtime.samples import Samples
from specc.runtime.sources import load
from specc.runtime.transforms import split_steps

ANY_PICTURES = "model Mean { input image: f32[N, C, H, W]  output image -> adaptive_avg_pool2d(1) -> flatten(1) }\n"
CPU = torch.device("cpu")
AUGMENTED = "RandomCrop(8, padding=2) -> RandomHorizontalFlip -> ToTensor -> Normalize((0.5,), (0.25,))"


def data_section(
    transform: str = "ToTensor",
    loader: str = "DataLoader(batch_size=100, shuffle=true)",
    train: str = "Digits(train=true)",
    test: str = "Digits(train=false)",
) -> str:
    return f"data {{ train = {train} test = {test} transform = {transform} loader = {loader} sample (image, label) }}\n"


def batches_of(data: str, split: str = "train", seed: int = 0, root: str | None = None) -> Batches:
    unit = compiled(ANY_PICTURES + data)
    found = next(one for one in unit.program.data.splits if one.name == split)
    return Batches(load(found, Options(data_root=root), {}), found, seed, CPU)


def epoch(batches: Batches, number: int = 0, skip: int = 0) -> list[tuple[torch.Tensor, ...]]:
    return [tuple(part.clone() for part in batch) for batch in batches.epoch(number, skip)]


def same(left: list[tuple[torch.Tensor, ...]], right: list[tuple[torch.Tensor, ...]]) -> bool:
    return len(left) == len(right) and all(a.equal(b) for x, y in zip(left, right) for a, b in zip(x, y))


@pytest.mark.parametrize(
    "transform",
    [
        "ToTensor",
        "ToTensor -> Normalize((0.1307,), (0.3081,))",
        "CenterCrop(6) -> ToTensor",
        "Pad(2) -> ToTensor",
        "PILToTensor -> ConvertImageDtype(f32)",
    ],
)
def test_a_batch_is_torchvisions_samples_to_the_last_bit(transform: str) -> None:
    batches = batches_of(data_section(transform), "test")
    steps = [
        eval(f"T.{step.strip()}".replace("ToTensor", "ToTensor()").replace("f32", "torch.float32"))  # noqa: S307
        if "PIL" not in step
        else T.PILToTensor()
        for step in transform.split("->")
    ]
    whole = torch.cat([image for image, _ in epoch(batches)])
    for number in random.Random(0).sample(range(len(whole)), 40):
        assert whole[number].equal(T.Compose(steps)(TF.to_pil_image(batches.samples.columns[0][number])))


def test_random_steps_give_what_torchvision_can_give() -> None:
    batches = batches_of(data_section(AUGMENTED))
    raw = batches.samples.columns[0]
    (image, _), *_ = epoch(batches)
    order = torch.randperm(len(raw), generator=torch.Generator().manual_seed(0))
    for number, one in zip(order.tolist(), image):
        padded = torch.nn.functional.pad(raw[number], (2, 2, 2, 2))
        windows = [padded[:, i : i + 8, j : j + 8] for i in range(5) for j in range(5)]
        possible = [(w.float().div(255) - 0.5) / 0.25 for window in windows for w in (window, window.flip(-1))]
        assert any(one.equal(form) for form in possible)


def test_draws_use_every_place_and_side() -> None:
    steps = split_steps(compiled(ANY_PICTURES + data_section(AUGMENTED)).program.data.splits[0].transforms)
    corners = (steps.batched[0].draw(5000, torch.Generator().manual_seed(0)) * 5).long()
    assert corners.unique().tolist() == [0, 1, 2, 3, 4]
    assert 0.45 < steps.batched[1].draw(5000, torch.Generator().manual_seed(0)).float().mean() < 0.55


@pytest.mark.parametrize("transform", [AUGMENTED, f"RandomRotation(20) -> {AUGMENTED}", "Resize(8) -> ToTensor"])
def test_workers_do_not_change_the_batches(transform: str) -> None:
    plain = epoch(batches_of(data_section(transform)), 1)
    for workers in (1, 2):
        loader = f"DataLoader(batch_size=100, shuffle=true, num_workers={workers})"
        assert same(plain, epoch(batches_of(data_section(transform, loader)), 1))


def test_plans_are_what_they_say() -> None:
    assert "memory" in batches_of(data_section()).plan
    assert "2 workers" in batches_of(data_section(loader="DataLoader(batch_size=9, num_workers=2)")).plan
    assert "no worker" in batches_of(data_section("RandomRotation(20) -> ToTensor")).plan


def test_order_depends_on_seed_and_epoch_alone() -> None:
    batches = batches_of(data_section(AUGMENTED))
    state = torch.get_rng_state()
    first = epoch(batches, 4)
    assert same(first, epoch(batches_of(data_section(AUGMENTED)), 4))
    assert not same(first, epoch(batches, 5)) and not same(first, epoch(batches_of(data_section(AUGMENTED), seed=1), 4))
    assert torch.get_rng_state().equal(state), "batches never touch the global generator"


def test_skipping_gives_the_rest_of_the_epoch() -> None:
    for transform in (AUGMENTED, f"RandomRotation(20) -> {AUGMENTED}"):
        batches = batches_of(data_section(transform))
        assert same(epoch(batches, 2)[5:], epoch(batches, 2, skip=5))


def test_evaluation_never_shuffles_and_never_drops() -> None:
    batches = batches_of(data_section(loader="DataLoader(batch_size=100, shuffle=true, drop_last=true)"), "test")
    labels = torch.cat([label for _, label in epoch(batches)])
    assert labels.equal(batches.samples.columns[1]) and len(labels) == 360


def test_training_drops_a_last_batch_only_if_told() -> None:
    assert [len(label) for _, label in epoch(batches_of(data_section()))][-1] == 37
    dropping = batches_of(data_section(loader="DataLoader(batch_size=100, drop_last=true)"))
    assert len(dropping) == 14 == len(epoch(dropping))


def test_a_split_is_torchs_random_split() -> None:
    data = (
        "data { train, val = split(Digits(), [0.9, 0.1], seed=7) transform = ToTensor "
        "loader = DataLoader(batch_size=2000) "
        "sample (image, label) }\n"
    )
    whole = batches_of(data_section()).samples
    parts = torch.utils.data.random_split(range(whole.size), [0.9, 0.1], torch.Generator().manual_seed(7))
    for name, part in zip(("train", "val"), parts):
        assert batches_of(data, name).samples.columns[1].equal(whole.columns[1][torch.tensor(part.indices)])


def picture_folder(folder: Path, sizes: list[tuple[int, int]]) -> Path:
    from PIL import Image

    for number, size in enumerate(sizes):
        place = folder / ("ab"[number % 2])
        place.mkdir(parents=True, exist_ok=True)
        noise = torch.randint(256, (*size, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(number))
        Image.fromarray(noise.numpy()).save(place / f"{number}.png")
    return folder


def test_pictures_of_many_sizes_are_cut_one_by_one(tmp_path: Path) -> None:
    picture_folder(tmp_path / "pets", [(8 + n % 3, 8 + n % 2) for n in range(12)])
    folder = 'ImageFolder("pets")'
    made = [
        epoch(
            batches_of(
                data_section(
                    "RandomCrop(8) -> RandomHorizontalFlip -> ToTensor",
                    f"DataLoader(batch_size=4{more})",
                    folder,
                    folder,
                ),
                root=str(tmp_path),
            )
        )
        for more in ("", ", num_workers=2")
    ]
    assert same(*made) and made[0][0][0].shape == (4, 3, 8, 8)


def test_a_data_root_stands_for_data(tmp_path: Path) -> None:
    picture_folder(tmp_path / "pets", [(8, 8)] * 4)
    for written in ("data/pets", "pets"):
        folder = f'ImageFolder("{written}")'
        assert (
            batches_of(
                data_section("ToTensor", "DataLoader(batch_size=4)", folder, folder), root=str(tmp_path)
            ).samples.size
            == 4
        )


# ---------------------------------------------------------------- sources


def unit_with(train: str) -> object:
    return compiled(ANY_PICTURES + data_section("ToTensor", train=train, test=train))


def source(train: str, **options: object) -> Samples:
    split = unit_with(train).program.data.splits[0]
    return load(split, Options(**options), {})


def idx_files(folder: Path, count: int) -> None:
    """Files as MNIST's, with so many pictures."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in ("train", "t10k"):
        (raw / f"{name}-images-idx3-ubyte").write_bytes(
            b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in (count, 28, 28)) + bytes(count * 784)
        )
        (raw / f"{name}-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01" + count.to_bytes(4, "big") + bytes(count))


def test_forged_files_are_refused(tmp_path: Path) -> None:
    idx_files(tmp_path, 50)
    with pytest.raises(RunError, match=r"R202.*50 samples instead of 60,000"):
        source('MNIST("data", train=true) or Digits(train=true, size=28)', data_root=str(tmp_path))


def test_truncated_files_are_refused(tmp_path: Path) -> None:
    idx_files(tmp_path, 50)
    path = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(RunError, match="R202"):
        source('MNIST("data", train=true)', data_root=str(tmp_path))


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specc.runtime.places.reachable", lambda host, port=443: False)


def test_without_a_network_the_next_source_is_taken(tmp_path: Path, no_network: None) -> None:
    taken = source('MNIST("data", train=true) or Digits(train=true, size=28)', data_root=str(tmp_path))
    assert taken.size == 1437 and taken.columns[0].shape == (1437, 1, 28, 28) and "Digits" in taken.origin


def test_strict_data_refuses_the_next_source(tmp_path: Path, no_network: None) -> None:
    with pytest.raises(RunError, match="R203.*MNIST is not in"):
        source('MNIST("data", train=true) or Digits(train=true, size=28)', data_root=str(tmp_path), strict_data=True)


def test_without_any_source_the_reasons_are_told(tmp_path: Path, no_network: None) -> None:
    with pytest.raises(RunError, match="R201.*MNIST is not in .* cannot be reached"):
        source('MNIST("data", train=true)', data_root=str(tmp_path))


def test_digits_are_the_whole_set_once() -> None:
    from sklearn.datasets import load_digits

    parts = [source(f"Digits(train={word}, size=28)") for word in ("true", "false")]
    assert sum(part.size for part in parts) == 1797
    assert sorted(torch.cat([part.columns[1] for part in parts]).tolist()) == sorted(load_digits().target.tolist())
