"""Data sets of torchvision whose pictures differ in size.

Classes and counts are those their authors and torchvision's documentation state.
"""

from __future__ import annotations

from specc.ops.base import Argument, Use
from specc.ops.kinds import BOOL, Choice, Int
from specc.ops.samples import DOWNLOAD, ROOT, Pictures, class_id, split_argument
from specc.types.tensor import PictureType, Type


class ImageFolder(Pictures):
    """Pictures in one folder per class: `root/cat/1.jpg`; classes are numbered in the order of the folders' names."""

    target = "torchvision.datasets.ImageFolder"
    arguments = (ROOT, Argument("allow_empty", BOOL, False, "let a class have no pictures", keyword_only=True))
    example = 'train, val = split(ImageFolder("pets"), [0.9, 0.1], seed=0)'


class Caltech101(Pictures):
    """Objects of 101 sorts: 8,677 pictures, some of them grey."""

    target = "torchvision.datasets.Caltech101"
    size = (None, None, None)
    classes = 101
    counts = {None: 8677}
    arguments = (ROOT, Argument("target_type", Choice("category"), "category", "what belongs to a picture"), DOWNLOAD)
    example = 'train, test = split(Caltech101("data"), [0.8, 0.2], seed=0)'


class Caltech256(Pictures):
    """Objects of 256 sorts and clutter: 30,607 pictures, some of them grey."""

    target = "torchvision.datasets.Caltech256"
    size = (None, None, None)
    classes = 257
    counts = {None: 30607}
    arguments = (ROOT, DOWNLOAD)
    example = 'train, test = split(Caltech256("data"), [0.8, 0.2], seed=0)'


class Food101(Pictures):
    """Dishes of 101 sorts: 101,000 colour pictures."""

    target = "torchvision.datasets.Food101"
    classes = 101
    counts = {"train": 75750, "test": 25250}
    arguments = (ROOT, split_argument("train", *counts), DOWNLOAD)
    example = 'train = Food101("data", split="train")'


class Flowers102(Pictures):
    """Flowers of 102 sorts: 8,189 colour pictures."""

    target = "torchvision.datasets.Flowers102"
    classes = 102
    counts = {"train": 1020, "val": 1020, "test": 6149}
    arguments = (ROOT, split_argument("train", *counts), DOWNLOAD)
    example = 'train = Flowers102("data", split="train")'


class OxfordIIITPet(Pictures):
    """Cats and dogs of 37 breeds: 7,349 colour pictures."""

    target = "torchvision.datasets.OxfordIIITPet"
    counts = {"trainval": 3680, "test": 3669}
    arguments = (
        ROOT,
        split_argument("trainval", *counts),
        Argument(
            "target_types",
            Choice("category", "binary-category", "segmentation"),
            "category",
            "the breed, cat or dog, or a map of animal and background",
        ),
        DOWNLOAD,
    )
    example = 'train = OxfordIIITPet("data", split="trainval")'

    def target_type(self, use: Use) -> tuple[Type, int | None]:
        if use.target_types == "segmentation":
            return PictureType(1, None, None), None
        classes = 37 if use.target_types == "category" else 2
        return class_id(classes), classes


class StanfordCars(Pictures):
    """Cars of 196 models: 16,185 colour pictures; the files can no longer be downloaded."""

    target = "torchvision.datasets.StanfordCars"
    classes = 196
    counts = {"train": 8144, "test": 8041}
    arguments = (ROOT, split_argument("train", *counts), DOWNLOAD)
    example = 'train = StanfordCars("data", split="train")'


class FGVCAircraft(Pictures):
    """Aircraft by variant, family or manufacturer: 10,000 colour pictures."""

    target = "torchvision.datasets.FGVCAircraft"
    counts = {"train": 3334, "val": 3333, "trainval": 6667, "test": 3333}
    levels = {"variant": 100, "family": 70, "manufacturer": 41}
    arguments = (
        ROOT,
        split_argument("trainval", *counts),
        Argument("annotation_level", Choice(*levels), "variant", "what the classes are"),
        DOWNLOAD,
    )
    example = 'train = FGVCAircraft("data", split="trainval")'

    def target_type(self, use: Use) -> tuple[Type, int | None]:
        classes = self.levels[use.annotation_level]
        return class_id(classes), classes


class DTD(Pictures):
    """Textures of 47 sorts: 5,640 colour pictures, divided in ten ways."""

    target = "torchvision.datasets.DTD"
    classes = 47
    counts = {"train": 1880, "val": 1880, "test": 1880}
    arguments = (
        ROOT,
        split_argument("train", *counts),
        Argument("partition", Int(1, 10), 1, "which of the ten divisions"),
        DOWNLOAD,
    )
    example = 'train = DTD("data", split="train")'


class GTSRB(Pictures):
    """German traffic signs of 43 sorts: 39,270 colour pictures."""

    target = "torchvision.datasets.GTSRB"
    classes = 43
    counts = {"train": 26640, "test": 12630}
    arguments = (ROOT, split_argument("train", *counts), DOWNLOAD)
    example = 'train = GTSRB("data", split="train")'


class Country211(Pictures):
    """Photographs from 211 countries: 63,300 colour pictures."""

    target = "torchvision.datasets.Country211"
    classes = 211
    counts = {"train": 31650, "valid": 10550, "test": 21100}
    arguments = (ROOT, split_argument("train", *counts), DOWNLOAD)
    example = 'train = Country211("data", split="train")'


class SUN397(Pictures):
    """Scenes of 397 sorts: 108,754 colour pictures."""

    target = "torchvision.datasets.SUN397"
    classes = 397
    counts = {None: 108754}
    arguments = (ROOT, DOWNLOAD)
    example = 'train, test = split(SUN397("data"), [0.5, 0.5], seed=0)'


class Places365(Pictures):
    """Places of 365 sorts; with `small`, all pictures are 256 x 256."""

    target = "torchvision.datasets.Places365"
    classes = 365
    counts = {"train-standard": 1803460, "train-challenge": 8026628, "val": 36500}
    arguments = (
        ROOT,
        split_argument("train-standard", *counts),
        Argument("small", BOOL, False, "pictures of 256 x 256"),
        DOWNLOAD._replace(keyword_only=False),
    )
    example = 'val = Places365("data", split="val", small=true)'

    def picture(self, use: Use) -> PictureType:
        return PictureType(3, 256, 256) if use.small else super().picture(use)


class ImageNet(Pictures):
    """The thousand classes of the ImageNet challenge of 2012; the archives have to be in the folder already."""

    target = "torchvision.datasets.ImageNet"
    classes = 1000
    counts = {"train": 1281167, "val": 50000}
    arguments = (ROOT, split_argument("train", *counts))
    example = 'train = ImageNet("data", split="train")'


class Imagenette(Pictures):
    """Ten easy classes of ImageNet: 13,394 colour pictures."""

    target = "torchvision.datasets.Imagenette"
    classes = 10
    counts = {"train": 9469, "val": 3925}
    arguments = (
        ROOT,
        split_argument("train", *counts),
        Argument("size", Choice("full", "320px", "160px"), "full", "length of the shorter side"),
        DOWNLOAD._replace(keyword_only=False),
    )
    example = 'train = Imagenette("data", split="train", size="160px")'


class INaturalist(Pictures):
    """Plants and animals: from 2021 on, 10,000 species."""

    target = "torchvision.datasets.INaturalist"
    counts = {"2021_train": 2686843, "2021_train_mini": 500000, "2021_valid": 100000}
    part = "version"
    ranks = ("kingdom", "phylum", "class", "order", "family", "genus", "super")
    arguments = (
        ROOT,
        Argument("version", Choice(*counts, "2017", "2018", "2019"), "2021_train", "which edition and part"),
        Argument("target_type", Choice("full", *ranks), "full", "the species, or the rank that makes the classes"),
        DOWNLOAD,
    )
    example = 'val = INaturalist("data", version="2021_valid")'

    def target_type(self, use: Use) -> tuple[Type, int | None]:
        classes = 10000 if use.target_type == "full" and use.version.startswith("2021") else None
        return class_id(classes), classes


class LFWPeople(Pictures):
    """Faces of 5,749 people: 13,233 colour pictures of 250 x 250; the files can no longer be downloaded."""

    target = "torchvision.datasets.LFWPeople"
    size = (3, 250, 250)
    classes = 5749
    counts = {"10fold": 13233, "train": 9525, "test": 3708}
    arguments = (
        ROOT,
        split_argument("10fold", *counts),
        Argument("image_set", Choice("original", "funneled", "deepfunneled"), "funneled", "how the faces are aligned"),
        DOWNLOAD,
    )
    example = 'train = LFWPeople("data", split="train")'
