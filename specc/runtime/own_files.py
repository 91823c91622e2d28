"""One's own data: text for language models, arrays, tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import numpy
import torch
from torch import Tensor

from specc.program.model import Named
from specc.runtime import places
from specc.runtime.missing import Missing
from specc.runtime.options import RunError
from specc.runtime.samples import Samples


def text(named: Named, data_root: str | None) -> Samples:
    """Windows of ids, and the same windows one place further on."""
    path = _path(named, data_root)
    ids = _ids(path, named.values["level"])
    length, stride = named.values["length"], named.values["stride"] or named.values["length"]
    if len(ids) <= length:
        raise RunError(
            "data-mismatch", f"{path} has {len(ids):,} ids, a window of {length} and its target need {length + 1}"
        )
    return Samples((ids[:-1].unfold(0, length, stride), ids[1:].unfold(0, length, stride)), str(path))


def _ids(path: Path, level: str) -> Tensor:
    raw = path.read_bytes()
    if level == "byte":
        return torch.tensor(numpy.frombuffer(raw, dtype=numpy.uint8).astype(numpy.int64))
    try:
        codes = numpy.frombuffer(raw.decode("utf-8").encode("utf-32-le"), dtype=numpy.uint32)
    except UnicodeDecodeError as error:
        raise RunError("data-corrupt", f"{path} is not UTF-8: byte {error.start:,}") from error
    return torch.tensor(numpy.unique(codes, return_inverse=True)[1].astype(numpy.int64))


def tensors(named: Named, data_root: str | None) -> Samples:
    """Arrays of a file, one part each."""
    path = _path(named, data_root)
    arrays = _arrays(path)
    keys = list(named.values["keys"] or arrays)
    missing = [key for key in keys if key not in arrays]
    if missing:
        raise RunError("data-mismatch", f"{path} has no {missing[0]!r}; it has {', '.join(map(repr, arrays))}")
    columns = tuple(arrays[key] for key in keys)
    if len({len(column) for column in columns}) != 1:
        raise RunError(
            "data-mismatch", f"the arrays of {path} have different lengths: {[len(column) for column in columns]}"
        )
    return Samples(columns, str(path))


def _arrays(path: Path) -> dict[str, Tensor]:
    """Nothing in the file is run: no pickles."""
    try:
        if path.suffix == ".npz":
            with numpy.load(path, allow_pickle=False) as loaded:
                return {key: torch.from_numpy(loaded[key]) for key in loaded.files}
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        loaded = torch.load(path, map_location="cpu", weights_only=True)
        return {key: item for key, item in loaded.items() if isinstance(item, Tensor)}
    except Exception as error:
        raise RunError(
            "data-corrupt", f"{path} cannot be read: {str(error).splitlines()[0] if str(error) else error!r}"
        ) from error


def table(named: Named, data_root: str | None) -> Samples:
    """The columns of a table: features f32[N, F] and the target."""
    path = _path(named, data_root)
    columns = _columns(path)
    wanted = named.values["target"]
    targets = [wanted] if isinstance(wanted, str) else list(wanted or ())
    features = list(named.values["features"] or [name for name in columns if name not in targets])
    missing = [name for name in (*targets, *features) if name not in columns]
    if missing:
        raise RunError("data-mismatch", f"{path} has no column {missing[0]!r}; it has {', '.join(map(repr, columns))}")
    parts = [_numbers(path, columns, features)]
    if targets and named.values["classes"] is None:
        parts.append(_numbers(path, columns, targets))
    elif targets:
        parts.append(_classes(path, columns[targets[0]], named.values["classes"]))
    return Samples(tuple(parts), str(path))


def _columns(path: Path) -> dict[str, Any]:
    if path.suffix == ".csv":
        import csv

        with open(path, encoding="utf-8", newline="") as handle:
            header, *rows = csv.reader(handle)
        return {name: [row[place] if place < len(row) else "" for row in rows] for place, name in enumerate(header)}
    import pandas

    frame = pandas.read_parquet(path)
    return {str(name): frame[name].to_list() for name in frame.columns}


def _numbers(path: Path, columns: dict[str, Any], names: list[str]) -> Tensor:
    return torch.stack([torch.tensor(_column(path, name, columns[name]), dtype=torch.float32) for name in names], dim=1)


def _column(path: Path, name: str, cells: list[Any]) -> list[float]:
    numbers = []
    for place, cell in enumerate(cells, start=1):
        try:
            numbers.append(float(cell))
        except (TypeError, ValueError):
            raise RunError("data-corrupt", f"row {place} of column {name!r} of {path} is no number: {cell!r}") from None
    return numbers


def _classes(path: Path, cells: list[Any], classes: int) -> Tensor:
    ids = torch.tensor(_column(path, "target", cells)).long()
    if not 0 <= int(ids.min()) <= int(ids.max()) < classes:
        raise RunError(
            "data-mismatch", f"the classes of {path} are {int(ids.min())} to {int(ids.max())}, not 0 to {classes - 1}"
        )
    return ids


def _path(named: Named, data_root: str | None) -> Path:
    path = places.existing(named.values["path"], data_root)
    if not path.is_file():
        raise Missing(f"{path} is not there")
    return path


READERS: dict[str, Callable[[Named, str | None], Samples]] = {"text": text, "tensors": tensors, "table": table}
