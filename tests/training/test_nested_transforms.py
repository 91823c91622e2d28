"""Transforms of transforms, and messages that name both numbers."""

from __future__ import annotations

from typing import Any

import pytest

from specc.types.tensor import UNKNOWN, PictureType, TensorType
from tests.training.uses import infer, make

PHOTO = PictureType(3, 32, 48)
TENSOR = TensorType((3, 32, 48), "f32")


def nested(name: str, *args: Any) -> Any:
    return make("transform", name, *args).use


def test_random_apply_keeps_the_type() -> None:
    jitter = nested("ColorJitter", 0.4)
    assert infer(make("transform", "RandomApply", [jitter], 0.8), PHOTO) == PHOTO


def test_random_apply_refuses_what_changes_the_type() -> None:
    made = make("transform", "RandomApply", [nested("CenterCrop", 8)])
    assert infer(made, PHOTO) is UNKNOWN
    assert made.rules == ["ragged-batch"]


def test_random_choice_wants_one_type_of_all() -> None:
    two = [nested("CenterCrop", 8), nested("RandomCrop", 8)]
    assert infer(make("transform", "RandomChoice", two), PHOTO) == PictureType(3, 8, 8)
    made = make("transform", "RandomChoice", [nested("CenterCrop", 8), nested("CenterCrop", 9)])
    assert infer(made, PHOTO) is UNKNOWN
    assert made.rules == ["ragged-batch"]


def test_random_choice_counts_its_weights() -> None:
    made = make("transform", "RandomChoice", [nested("RandomRotation", 5)], [0.5, 0.5])
    assert infer(made, PHOTO) is UNKNOWN
    assert made.rules == ["argument-domain"]


def test_random_order_refuses_what_changes_the_type() -> None:
    made = make("transform", "RandomOrder", [nested("ToTensor"), nested("RandomInvert")])
    assert infer(made, PHOTO) is UNKNOWN
    assert made.rules == ["ragged-batch"]


def test_a_fault_inside_is_reported_once() -> None:
    made = make("transform", "RandomApply", [nested("RandomCrop", 64)])
    assert infer(made, PHOTO) is UNKNOWN
    assert made.rules == ["crop-exceeds-image"]


@pytest.mark.parametrize(
    ("name", "args", "x", "rule", "words"),
    [
        ("Normalize", [(1, 2, 3), (0.5,)], TensorType((1, 28, 28)), "normalize-channels", ("3 means", "1 channel")),
        ("Normalize", [(0.5,), (0.5,)], PHOTO, "normalize-before-totensor", ("Normalize", "picture")),
        ("Normalize", [(0.5,), (0.0,)], TENSOR, "argument-domain", ("standard deviation",)),
        ("RandomCrop", [64], PHOTO, "crop-exceeds-image", ("RandomCrop", "32x48")),
        ("RandomErasing", [], PHOTO, "missing-totensor", ("RandomErasing", "picture")),
        ("ToTensor", [], TENSOR, "wrong-context", ("ToTensor", "f32[3, 32, 48]")),
        ("Normalize", [(0.5,), (0.5,)], TensorType((3, 4, 4), "u8"), "dtype-mismatch", ("u8[3, 4, 4]",)),
        ("Normalize", [(0.5,), (0.5,)], TensorType((4,)), "rank-mismatch", ("f32[4]",)),
        ("ToTensor", [], (PHOTO, PHOTO), "tuple-output", ("several images",)),
    ],
)  # fmt: skip
def test_faults_are_named(name: str, args: list[Any], x: Any, rule: str, words: tuple[str, ...]) -> None:
    made = make("transform", name, *args)
    assert infer(made, x) is UNKNOWN
    assert made.rules == [rule]
    assert all(word in made.problems[0].headline for word in words), made.problems[0].headline


def test_a_center_crop_that_pads_is_only_warned_of() -> None:
    made = make("transform", "CenterCrop", 40)
    assert infer(made, PHOTO) == PictureType(3, 40, 40)
    assert [(problem.name, problem.severity) for problem in made.problems] == [("crop-exceeds-image", "warning")]


def test_unknown_sizes_stay_unknown_until_they_are_fixed() -> None:
    varying = PictureType(3, None, None)
    assert infer(make("transform", "Resize", 256), varying) == varying
    assert infer(make("transform", "Resize", (8, 9)), varying) == PictureType(3, 8, 9)
    assert infer(make("transform", "Resize", 16), PHOTO) == PictureType(3, 16, 24)
    assert infer(make("transform", "RandomCrop", 224), varying) == PictureType(3, 224, 224)
    assert infer(make("transform", "Pad", 2), varying) == varying
    assert infer(make("transform", "ToTensor"), varying) == TensorType((3, None, None), "f32")
