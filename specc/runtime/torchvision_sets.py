"""torchvision's classification sets: found or fetched under a lock, and verified before they are believed."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import torch
from torch import Tensor

from specc.backends.targets import plain, resolve
from specc.ops.base import Use
from specc.program.model import Named
from specc.runtime import places
from specc.runtime.missing import Missing
from specc.runtime.options import RunError
from specc.runtime.samples import Column, Files, Samples, pictures
from specc.types.facts import Facts


def read(named: Named, data_root: str | None) -> Samples:
    """The set's samples. Missing if it is nowhere, RunError if its files are not what they should be."""
    for folder in places.candidates(str(named.values["root"]), data_root):
        found = _open(named, folder)
        if found is not None:
            return _verified(named, found, folder)
    folder = places.candidates(str(named.values["root"]), data_root)[0]
    with places.locked(folder):
        found = _open(named, folder) or _fetched(named, folder)  # another process may have fetched it while we waited
    return _verified(named, found, folder)


def _open(named: Named, folder: Path, download: bool = False) -> Any:
    """torchvision's data set in that folder; None if it is not there."""
    kind = resolve(named.operation.target)  # type: ignore[attr-defined]
    arguments = {name: plain(item) for name, item in named.values.items() if name not in ("root", "download")}
    fetches = {"download": download} if "download" in named.values else {}
    try:
        return kind(str(folder), **arguments, **fetches)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except RuntimeError as error:
        if "not found" in str(error).lower() and not download:
            return None
        raise RunError("data-corrupt", f"{named.operation.name} in {folder}: {_first_line(error)}") from error
    except (ValueError, AssertionError, EOFError, OSError, KeyError) as error:
        raise RunError(
            "data-corrupt", f"{named.operation.name} in {folder} cannot be read: {_first_line(error)}"
        ) from error


def _fetched(named: Named, folder: Path) -> Any:
    """Download into a folder of our own and move the files into place: a broken download leaves nothing behind."""
    name = named.operation.name
    if "download" not in named.values:
        raise Missing(f"{name} is not in {folder}")
    host = _host(resolve(named.operation.target))
    if host is not None and not places.reachable(host):
        raise Missing(f"{name} is not in {folder} and {host} cannot be reached")
    temporary = Path(tempfile.mkdtemp(prefix=".download-", dir=folder))
    try:
        with places.patience():
            _open(named, temporary, download=True)
        for entry in os.scandir(temporary):
            shutil.move(entry.path, folder / entry.name)
    except Exception as error:
        raise Missing(f"{name} is not in {folder} and could not be downloaded: {_first_line(error)}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return _open(named, folder)


def _host(kind: Any) -> str | None:
    addresses = [*getattr(kind, "mirrors", ()), getattr(kind, "url", None)]
    return next((urlparse(address).hostname for address in addresses if isinstance(address, str)), None)


def _verified(named: Named, found: Any, folder: Path) -> Samples:
    """The samples, if there are as many as the set is known to have and every class is one of its classes."""
    name = named.operation.name
    use = Use(named.operation, named.values, {}, named.span, name, Facts(), [])
    sample = named.operation.sample(use)  # type: ignore[attr-defined]
    if sample.count is not None and len(found) != sample.count:
        raise RunError("data-corrupt", f"{name} in {folder} has {len(found):,} samples instead of {sample.count:,}")
    columns = _columns(found)
    if any(len(column) != len(found) for column in columns):
        raise RunError("data-corrupt", f"{name} in {folder} has more pictures than labels, or fewer")
    labels = columns[1]
    if (
        sample.classes
        and isinstance(labels, Tensor)
        and not 0 <= int(labels.min()) <= int(labels.max()) < sample.classes
    ):
        raise RunError("data-corrupt", f"{name} in {folder} has labels outside 0 to {sample.classes - 1}")
    return Samples(columns, f"{name} in {folder}")


def _columns(found: Any) -> tuple[Column, ...]:
    """Sets that hold their pictures in one array give it whole; the others are read picture by picture."""
    labels = _labels(found)
    data = getattr(found, "data", None)
    plain = type(found).__getitem__.__qualname__.split(".")[0]
    if plain in ("MNIST", "USPS", "SEMEION"):
        return pictures(data), labels
    if plain in ("CIFAR10",):
        return pictures(data, channels_last=True), labels
    if plain in ("SVHN",):
        return pictures(data), labels
    return Files(len(found), lambda number: found[number][0]), labels


def _labels(found: Any) -> Tensor:
    for name in ("targets", "labels", "_labels", "y"):
        numbers = getattr(found, name, None)
        if numbers is not None and len(numbers) == len(found):
            return torch.as_tensor(numbers, dtype=torch.int64)
    return torch.tensor([int(found[number][1]) for number in range(len(found))])


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0] or type(error).__name__
