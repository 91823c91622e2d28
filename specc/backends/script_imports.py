"""The imports of a script: those its text uses, and no others."""

from __future__ import annotations

import io
import tokenize
from functools import lru_cache

from specc.backends.python_text import listed
from specc.ops.base import EXTERN
from specc.ops.registry import names
from specc.program.model import Program

# what a name in the text needs; the order is that of the import block
MODULES = ("ast", "atexit", "csv", "ctypes", "json", "math", "os", "signal", "sys", "time")
FROM = {
    "ArgumentParser": "argparse",
    "BooleanOptionalAction": "argparse",
    "RawDescriptionHelpFormatter": "argparse",
    "OrderedDict": "collections",
    "Callable": "collections.abc",
    "Iterator": "collections.abc",
    "Sequence": "collections.abc",
    "ThreadPoolExecutor": "concurrent.futures",
    "dataclass": "dataclasses",
    "replace": "dataclasses",
    "fnmatch": "fnmatch",
    "fnmatchcase": "fnmatch",
    "partial": "functools",
    "Path": "pathlib",
    "Any": "typing",
}
PACKAGES = {
    "read_parquet": ("pandas", "read_parquet"),
    "load_file": ("safetensors.torch", "load_file"),
    "load_breast_cancer": ("sklearn.datasets", "load_breast_cancer"),
    "load_diabetes": ("sklearn.datasets", "load_diabetes"),
    "load_digits": ("sklearn.datasets", "load_digits"),
    "load_iris": ("sklearn.datasets", "load_iris"),
    "load_wine": ("sklearn.datasets", "load_wine"),
    "Tensor": ("torch", "Tensor"),
    "nn": ("torch", "nn"),
    "DistributedDataParallel": ("torch.nn.parallel", "DistributedDataParallel"),
    **{name: ("torch.optim.lr_scheduler", name) for name in names("scheduler")},
    "AveragedModel": ("torch.optim.swa_utils", "AveragedModel"),
    "get_ema_multi_avg_fn": ("torch.optim.swa_utils", "get_ema_multi_avg_fn"),
    "random_split": ("torch.utils.data", "random_split"),
    "Subset": ("torch.utils.data", "Subset"),
    "DataLoader": ("torch.utils.data", "DataLoader"),
    "Dataset": ("torch.utils.data", "Dataset"),
    "datasets": ("torchvision", "datasets"),
    "ops": ("torchvision", "ops"),
    "save_image": ("torchvision.utils", "save_image"),
    "transforms": ("torchvision", "transforms"),
    **{
        name: ("torchvision.transforms.functional", name)
        for name in ("center_crop", "convert_image_dtype", "normalize", "pil_to_tensor", "to_pil_image")
    },
}
WHOLE = {
    "np": "import numpy as np",
    "torch": "import torch",
    "dist": "import torch.distributed as dist",
    "DistributedDataParallel": "import torch.distributed.nn  # a later import would hold on to the process group",
    "F": "import torch.nn.functional as F",
}
NEEDS = {
    "pandas": "pandas",
    "safetensors": "safetensors",
    "torchvision": "torchvision",
    "sklearn": "scikit-learn",
    "numpy": "NumPy",
}


@lru_cache(maxsize=2)  # the imports of a text and what it needs ask one after the other
def used_names(text: str) -> frozenset[str]:
    """Names of the text that are not attributes, nor in strings or comments."""
    names: set[str] = set()
    before = ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME and before != ".":
            names.add(token.string)
        elif token.type == tokenize.STRING and token.string[:1] in "fF":  # before Python 3.12 an f-string is one token
            names |= {name for name in (*MODULES, *FROM) if "{" + name in token.string}
        before = token.string if token.string.strip() else before
    return frozenset(names)


def own_imports(program: Program) -> dict[str, str]:
    """The user's own Python that a program uses: what the script calls it, and the module it is imported from."""
    places = [extern.target.removeprefix(EXTERN).split(":") for extern in program.externs]
    return {spoken.split(".")[0]: module for module, spoken in places}


def import_lines(text: str, own: dict[str, str]) -> list[str]:
    """The import block: the standard library, packages, the user's own modules (`own`), blank lines between them."""
    found = used_names(text)
    standard = [f"import {name}" for name in MODULES if name in found] + _from_lines(
        {n: (FROM[n], n) for n in FROM if n in found}
    )
    packages = [line for name, line in WHOLE.items() if name in found]
    packages += _from_lines({name: place for name, place in PACKAGES.items() if name in found})
    mine = [f"import {name}" for name, module in own.items() if name in found and not module]
    mine += _from_lines({name: (module, name) for name, module in own.items() if name in found and module})
    blocks = (standard, sorted(packages, key=_package), sorted(mine, key=_package))
    return [line for block in blocks if block for line in ("", *block)][1:]


def needed(text: str, own: dict[str, str]) -> str:
    """What has to be installed, for people: `torch, torchvision and scikit-learn`."""
    block = "\n".join(import_lines(text, own))
    found = [
        "torch",
        *(shown for package, shown in NEEDS.items() if f"import {package}" in block or f"from {package}" in block),
        *sorted({f"your module {module or name}" for name, module in own.items() if name in used_names(text)}),
    ]
    return listed(found)


def _package(line: str) -> tuple[bool, str]:
    module = line.split()[1]
    return line.startswith("from"), module.lower()


def _from_lines(names: dict[str, tuple[str, str]]) -> list[str]:
    modules: dict[str, list[str]] = {}
    for module, name in names.values():
        modules.setdefault(module, []).append(name)
    return [f"from {module} import {', '.join(sorted(found))}" for module, found in modules.items()]
