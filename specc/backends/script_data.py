"""The data section of a script: how samples are loaded, as Python text."""

from __future__ import annotations

from typing import Any

from specc.backends.batch_forms import cut
from specc.backends.layout import Doc, call, flat, lines
from specc.backends.python_text import literal
from specc.backends.script_calls import short
from specc.ops.base import SampleType, Use, is_own
from specc.ops.training.sources import train_count
from specc.program.model import Data, Named
from specc.types.facts import Facts
from specc.types.tensor import PictureType

ONE_ARRAY = {  # sets that hold all pictures in one array: how to get u8[N, C, H, W] and the class ids of it
    **dict.fromkeys(("MNIST", "FashionMNIST", "KMNIST", "EMNIST"), ("{0}.data.unsqueeze(1)", "{0}.targets")),
    **dict.fromkeys(
        ("CIFAR10", "CIFAR100"),
        ("torch.from_numpy({0}.data).permute(0, 3, 1, 2).contiguous()", "torch.tensor({0}.targets)"),
    ),
}
TABLES = {"Diabetes": "load_diabetes", "Iris": "load_iris", "Wine": "load_wine", "BreastCancer": "load_breast_cancer"}
ROOT_WORD = "data"


class DataText:
    """The text of `load(split, root)` and of the helpers it needs; `flags` says which flags it reads."""

    def __init__(self, data: Data) -> None:
        self.splits = list(data.splits)
        self.reading = reads_one_by_one(data)
        self.parts = [part.name for part in data.parts]
        self.helpers: set[str] = set()
        self.paths = [path for split in self.splits for named in split.sources for path in _paths(named)]
        self.body = self._body()

    @property
    def reads_root(self) -> bool:
        return bool(self.paths)

    @property
    def root(self) -> str:
        """The default of --data-root: `data` if every path starts there, else the current folder."""
        return ROOT_WORD if all(path.split("/")[0] == ROOT_WORD for path in self.paths) else "."

    @property
    def doc(self) -> str:
        """What `load` gives."""
        names = " or ".join(f'"{split.name}"' for split in self.splits)
        what = "All samples" if self.portion else f"The split {names}"
        several = ", from the first source there is" if len(self.splits[0].sources) > 1 else ""
        return f"{what}: {', '.join(self.parts)}{several}."

    @property
    def portion(self) -> dict[str, Any] | None:
        """How one set is cut into splits."""
        portion = self.splits[0].portion
        if portion is None:
            return None
        names = [split.name for split in self.splits]
        return {
            "shares": literal(list(portion.fractions)),
            "seed": portion.seed,
            "shuffle": portion.shuffle,
            "splits": literal(names),
            "names": " or ".join(f"'{name}'" for name in names),
        }

    @property
    def titles(self) -> list[str]:
        """The names of the sources, in order, each once."""
        return list(dict.fromkeys(named.operation.name for split in self.splits for named in split.sources))

    def _body(self) -> list[str]:
        """The statements of `load`."""
        forms = self.splits[:1] if self.splits[0].portion else self.splits
        alternatives = list(zip(*(split.sources for split in forms)))
        body: list[str] = []
        for place, forms in enumerate(alternatives):
            last = place == len(alternatives) - 1
            statements = self._alternative(forms)
            body += [f"    {line}" for line in statements] if last else self._attempt(forms, statements)
        return body

    def _attempt(self, forms: tuple[Named, ...], statements: list[str]) -> list[str]:
        """Another source may follow where this one is not there."""
        name = forms[0].operation.name
        return [
            "    try:",
            *(f"        {line}" for line in statements),
            "    except (OSError, RuntimeError) as error:",
            f'        print(f"no {name}: {{str(error).splitlines()[0]}}", file=sys.stderr)',
        ]

    def _alternative(self, forms: tuple[Named, ...]) -> list[str]:
        name = forms[0].operation.name
        if is_own(forms[0].operation):
            return [f"return {flat(call(short(forms[0].call.target), *self._arguments(forms)))}"]
        if name == "Digits":
            return self._digits(forms)
        if name in TABLES:
            return self._table(forms, TABLES[name])
        if str(forms[0].operation.target).startswith("torchvision.datasets."):
            return self._torchvision(forms)
        return self._own_file(name, forms)

    def _own_file(self, name: str, forms: tuple[Named, ...]) -> list[str]:
        """text, tensors, table."""
        path = self._path([form.values["path"] for form in forms])
        values = forms[0].values
        if name == "text":
            self.helpers.add("windows")
            stride = values["stride"] or values["length"]
            return [f"return windows({path}, {literal(values['level'])}, {values['length']}, {stride})"]
        if name == "table":
            self.helpers |= {"table", "parquet"} if values["path"].endswith(".parquet") else {"table"}
            targets = [values["target"]] if isinstance(values["target"], str) else list(values["target"] or ())
            wanted = None if values["features"] is None else list(values["features"])
            return [f"return table({path}, {literal(targets)}, {literal(wanted)}, {values['classes'] is not None})"]
        return self._arrays(path, values)

    def _arrays(self, path: str, values: dict[str, Any]) -> list[str]:
        readers = {".npz": f"np.load({path})", ".pt": f"torch.load({path}, weights_only=True)"}
        ending = values["path"][values["path"].rindex(".") :]
        made = [f"arrays: Any = {readers.get(ending, f'load_file({path})')}"]
        keys = "arrays" if values["keys"] is None else literal(list(values["keys"]))
        return [*made, f"return [torch.as_tensor(arrays[key]) for key in {keys}]"]

    def _torchvision(self, forms: tuple[Named, ...]) -> list[str]:
        name = forms[0].operation.name
        variable = name.lower()
        fetched: tuple[Doc, ...] = ("download=True",) if "download" in forms[0].values else ()
        made = lines(call(f"datasets.{name}", *self._arguments(forms), *fetched), 0, f"{variable} = ")
        if self.reading:
            return [f"return {flat(call(f'datasets.{name}', *self._arguments(forms), *fetched))}"]
        if name in ONE_ARRAY:
            picture, label = (text.format(variable) for text in ONE_ARRAY[name])
            if len(picture) < 40:
                return [*made, f"return [{picture}, {label}]"]
            return [*made, f"pictures = {picture}", f"return [pictures, {label}]"]
        self.helpers.add("decoded")
        return [*made, f"return decoded({variable})"]

    def _digits(self, forms: tuple[Named, ...]) -> list[str]:
        """Grey pictures of scikit-learn's digits in the size that the spec asks for."""
        size = self._by_split([form.values["size"] for form in forms])
        made = [
            *self._rows(forms, "load_digits", 1797),
            "grey = torch.tensor(table.images[chosen]).unsqueeze(1) * (255 / 16)  # were 0 to 16",
        ]
        if size != "8":
            made.append(f'grey = F.interpolate(grey, ({size}, {size}), mode="bilinear", antialias=True)')
        if self.reading:
            return [
                *made,
                "pairs = zip(grey.round().byte(), table.target[chosen].tolist())",
                "return [(to_pil_image(one), label) for one, label in pairs]",
            ]
        return [*made, "return [grey.round().byte(), torch.tensor(table.target[chosen])]"]

    def _table(self, forms: tuple[Named, ...], loader: str) -> list[str]:
        total: int = forms[0].operation.total  # type: ignore[attr-defined]
        width: int = forms[0].operation.features  # type: ignore[attr-defined]
        regression = loader == "load_diabetes"
        answer = "f32[N, 1]" if regression else "i64[N]"
        return [
            *self._rows(forms, loader, total),
            "features = torch.tensor(table.data[chosen], dtype=torch.float32)",
            f"target = torch.tensor(table.target[chosen]{', dtype=torch.float32' if regression else ''})",
            f"return [features, target{'.unsqueeze(1)' if regression else ''}]  # f32[N, {width}], {answer}",
        ]

    def _rows(self, forms: tuple[Named, ...], loader: str, total: int) -> list[str]:
        """A set of scikit-learn's, and the numbers of the rows that a split has."""
        learned = train_count(total)
        train = self._by_split([form.values["train"] for form in forms])
        first, rest = f"order[:{learned}]", f"order[{learned}:]"
        chosen = {"True": first, "False": rest}.get(train, f"{first} if {train} else {rest}")
        return [
            f"table, order = {loader}(), np.random.RandomState(0).permutation({total})",
            f"chosen = {chosen}",
        ]

    def _arguments(self, forms: tuple[Named, ...]) -> list[Doc]:
        """The arguments as written, those that differ between the splits worked out from the split's name."""
        arguments: list[Doc] = []
        for name in forms[0].values:
            values = [form.values[name] for form in forms]
            if name == "root" and not is_own(forms[0].operation):
                arguments.append(self._path(values))
            elif name != "download" and not all(self._is_default(form, name) for form in forms):
                arguments.append(f"{name}={self._by_split(values)}")
        return arguments

    def _is_default(self, named: Named, name: str) -> bool:
        argument = next(argument for argument in named.operation.arguments if argument.name == name)
        return type(argument.default) is type(named.values[name]) and argument.default == named.values[name]

    def _by_split(self, values: list[Any]) -> str:
        """A value that depends on the split, as an expression of `split`."""
        names = [split.name for split in self.splits]
        if all(value == values[0] and type(value) is type(values[0]) for value in values):
            return literal(values[0])
        for name in names:
            if values == [one == name for one in names]:
                return f'split == "{name}"'
            if values == [one != name for one in names]:
                return f'split != "{name}"'
        return f"{literal(dict(zip(names, values)))}[split]"

    def _path(self, values: list[str]) -> str:
        """A path below the root, with the split's name in it where that is all that differs."""
        below = (
            [value.split("/", 1)[1] if "/" in value else "" for value in values] if self.root == ROOT_WORD else values
        )
        if not any(below):
            return "root"
        names = [split.name for split in self.splits]
        pattern = {text.replace(name, "{split}") for text, name in zip(below, names)}
        plain = all(ch.isascii() and (ch.isalnum() or ch in "/._-") for text in below for ch in text)
        if len(pattern) == 1 and plain and len(set(below)) > 1:
            return f'f"{{root}}/{pattern.pop()}"'
        if len(set(below)) == 1 and plain:
            return f'f"{{root}}/{below[0]}"'
        return f"os.path.join(root, {self._by_split(below)})"


def reads_one_by_one(data: Data) -> bool:
    """Whether a script reads samples one by one: the user's own data set, or pictures with workers, with transforms
    without a batch form, or of any size.
    """
    if not data.splits:
        return False
    first = data.splits[0].sources[0]
    if is_own(first.operation):
        return True
    picture = sample_of(first).parts[:1]
    if not picture or not isinstance(picture[0], PictureType):
        return False
    sized = None not in picture[0]
    return not sized or any(split.loader["num_workers"] or cut(split.transforms)[0] for split in data.splits)


def loading_options(loader: dict[str, Any], flags: Any) -> str:
    """What else the spec tells the DataLoader that reads the samples, as text behind the other arguments."""
    usual = {"pin_memory": False, "timeout": 0, "prefetch_factor": None, "in_order": True}
    return "".join(
        f", {name}={flags.value(f'data.{name}', loader[name])}" for name in usual if loader[name] != usual[name]
    )


def sample_of(named: Named) -> SampleType:
    """What is known of a source without touching the disk."""
    operation: Any = named.operation
    return operation.sample(Use(operation, named.values, {}, named.span, operation.name, Facts(), []))


def _paths(named: Named) -> list[str]:
    if is_own(named.operation):
        return []
    return [value for name, value in named.values.items() if name in ("root", "path") and isinstance(value, str)]
