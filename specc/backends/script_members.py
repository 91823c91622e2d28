"""The members of a class: how its __init__ makes them and how its forward reaches them."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from typing import Any, Callable

from specc.backends.layout import Bracket, Doc, Joined, Leaf, call, rough
from specc.backends.python_text import literal
from specc.backends.script_calls import ATOM, CallPrinter, short
from specc.program.model import (
    BlockMember,
    BufferMember,
    Call,
    FunctionStep,
    Graph,
    LayerMember,
    Member,
    ModuleStep,
    ParameterMember,
    Ref,
    Step,
)
from specc.program.reads import read_by
from specc.syntax import tree
from specc.types.tensor import TORCH_NAMES, TensorType, sizes

# names a container module has for itself, so that no member may be called so
TAKEN = frozenset(
    (
        "add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval "
        "extra_repr float forward "
        "get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict modules mtia "
        "named_buffers named_children "
        "named_modules named_parameters parameters register_buffer register_module register_parameter "
        "requires_grad_ set_extra_state "
        "set_submodule share_memory state_dict to to_empty train training type xpu zero_grad clear items keys "
        "pop update values append "
        "extend insert"
    ).split()
)


def tree_of(members: tuple[Member, ...]) -> dict[str, Any]:
    """Members by the words of their paths; a leaf is a member, a level a dict."""
    root: dict[str, Any] = {}
    for member in members:
        *levels, name = member.path.split(".")
        node = root
        for level in levels:
            node = node.setdefault(level, {})
        node[name] = member
    return root


def is_numbered(level: dict[str, Any]) -> bool:
    return list(level) == [str(place) for place in range(len(level))]


def fits_attribute(name: str) -> bool:
    """Whether `self.name` means the member of that name: Python folds letters beyond ASCII, and mangles `__name`."""
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")


def attribute(path: str) -> str:
    """`self.fc.weight` for a state path."""
    *levels, name = path.split(".")
    owner = "self" + "".join(
        f".{word}" if fits_attribute(word) else f"[{word if word.isdecimal() else literal(word)}]" for word in levels
    )
    return f"{owner}.{name}" if fits_attribute(name) else f"getattr({owner}, {literal(name)})"


LONGEST_PART = 60  # characters of an expression that stands inside another
DRAWS = re.compile("rand|normal|bernoulli|multinomial|poisson|drop")  # written twice, it would be drawn twice


class MemberPrinter:
    """Prints the members of one graph. `block` gives the constructor call of a block's graph."""

    def __init__(self, graph: Graph, block: Callable[[Graph], Doc]) -> None:
        self.graph, self.block = graph, block
        from specc.backends.script_forward import types_of

        self.types = types_of(graph)
        self.root = tree_of(graph.members)
        self.chains: dict[str, tuple[Ref, Ref]] = {}
        self._steps = {step.result.id: step for step in graph.steps if isinstance(step, ModuleStep)}
        self.sequences: dict[int, tuple[str, Ref]] = {}
        self._find_sequences(self.root, "")

    # ------------------------------------------------------------ containers that are called as one

    def _find_sequences(self, level: dict[str, Any], path: str) -> None:
        for name, item in level.items():
            below = f"{path}.{name}" if path else name
            if isinstance(item, dict):
                ends = self._chain(item, below)
                if ends is None:
                    self._find_sequences(item, below)
                else:
                    self._record(below, item, ends)

    def _record(self, path: str, level: dict[str, Any], steps: list[ModuleStep]) -> None:
        self.chains[path] = (steps[0].args[0], steps[-1].result)
        for step in steps[:-1]:
            self.sequences[step.result.id] = ("", step.result)
        self.sequences[steps[-1].result.id] = (path, steps[0].args[0])

    def _chain(self, level: dict[str, Any], path: str) -> list[ModuleStep] | None:
        """The steps of a container whose modules are applied one after another and nowhere else, or None."""
        paths = _leaf_paths(level, path)
        found = [
            [place for place, step in enumerate(self.graph.steps) if getattr(step, "path", None) == p] for p in paths
        ]
        if paths is None or not found or any(len(places) != 1 for places in found):
            return None
        places = [only[0] for only in found]
        if places != list(range(places[0], places[0] + len(places))):
            return None
        steps = [self.graph.steps[place] for place in places]
        return steps if self._is_chain(steps) else None  # type: ignore[return-value]

    def _is_chain(self, steps: Any) -> bool:
        from specc.backends.script_forward import _uses

        _, uses = _uses(self.graph)
        single = all(len(step.args) == 1 and isinstance(step.args[0], Ref) and not step.kwargs for step in steps)
        return single and all(
            later.args[0] == earlier.result
            and uses.get(earlier.result.id) == 1
            and earlier.result.id not in self.graph.names
            for earlier, later in zip(steps, steps[1:])
        )

    # ------------------------------------------------------------ __init__

    def init(self) -> list[tuple[str, Doc, str]]:
        """The statements of __init__: (target, expression, note)."""
        made: list[tuple[str, Doc, str]] = []
        for name, item in self.root.items():
            made += self._member(name, item)
        for left, right in self.graph.ties:
            made.append((self.place(left), self.place(right), "one parameter"))
        return made

    def _member(self, name: str, item: Any) -> list[tuple[str, Doc, str]]:
        if isinstance(item, ParameterMember) or isinstance(item, BufferMember):
            return self._own(name, item, "self")
        doc = self._construct(item, name)
        if fits_attribute(name):
            made = [(f"self.{name}", doc, "")]
        else:
            made = [("", call("self.add_module", literal(name), doc), "")]
        return made + self._state_below(item, f"self.{name}")

    def _state_below(self, item: Any, owner: str) -> list[tuple[str, Doc, str]]:
        """Parameters and buffers that stand in a container."""
        if not isinstance(item, dict):
            return []
        made = []
        for name, inner in item.items():
            if isinstance(inner, (ParameterMember, BufferMember)):
                made += self._own(name, inner, owner)
            else:
                made += self._state_below(inner, f"{owner}.{name}")
        return made

    def _construct(self, item: Any, path: str) -> Doc:
        if isinstance(item, LayerMember):
            return layer_call(item)
        if isinstance(item, BlockMember):
            return self.block(item.graph)
        return self._container(item, path)

    def _container(self, level: dict[str, Any], path: str) -> Doc:
        modules = {name: item for name, item in level.items() if not isinstance(item, (ParameterMember, BufferMember))}
        if not modules:
            return "nn.Module()"
        items = [self._construct(item, f"{path}.{name}") for name, item in modules.items()]
        notes = tuple(self._note(item, f"{path}.{name}") for name, item in modules.items())
        chained = any(path == chain or path.startswith(f"{chain}.") for chain in self.chains)
        if is_numbered(modules):
            if chained:
                return Bracket("nn.Sequential", "(", tuple(items), ")", len(items) > 1 or any(notes), notes)
            return call("nn.ModuleList", Bracket("", "[", tuple(items), "]", True, notes))
        plain = chained or any(name in TAKEN for name in level)
        return self._named(modules, items, notes, plain)

    def _named(self, modules: dict[str, Any], items: list[Doc], notes: tuple[str, ...], plain: bool) -> Doc:
        if plain:
            if all(fits_attribute(name) for name in modules):
                pairs: tuple[Doc, ...] = tuple(Joined((f"{name}=", item)) for name, item in zip(modules, items))
                return call("nn.Sequential", Bracket("OrderedDict", "(", pairs, ")", True, notes))
            pairs = tuple(Bracket("", "(", (literal(name), item), ")") for name, item in zip(modules, items))
            return call("nn.Sequential", call("OrderedDict", Bracket("", "[", pairs, "]", True, notes)))
        pairs = tuple(Joined((f"{literal(name)}: ", item)) for name, item in zip(modules, items))
        return call("nn.ModuleDict", Bracket("", "{", pairs, "}", True, notes))

    def _note(self, item: Any, path: str) -> str:
        """The sizes a member of a sequence gives, where it changes them."""
        step = next((s for s in self.graph.steps if isinstance(s, ModuleStep) and s.path == path), None)
        from specc.backends.script_forward import reshapes

        if step is None or not isinstance(step.type, TensorType) or not reshapes(self.types, step):
            return ""
        return sizes(step.type.shape)

    def _own(self, name: str, item: Any, owner: str) -> Lines:
        if not isinstance(item, ParameterMember):
            return buffer(item, name, owner)
        lines, doc = parameter(item)
        if fits_attribute(name):
            return [*lines, (f"{owner}.{name}", doc, "")]
        return [*lines, ("", call(f"{owner}.register_parameter", literal(name), doc), "")]

    # ------------------------------------------------------------ reaching members

    def place(self, path: str) -> str:
        """The expression of a member or container, from self."""
        text = "self"
        parent: Any = None
        node: Any = self.root
        for depth, word in enumerate(path.split(".")):
            text += self._word(word, parent, node, ".".join(path.split(".")[:depth]))
            parent, node = node, node.get(word) if isinstance(node, dict) else None
        return f"self.get_submodule({literal(path)})" if "][" in text else text

    def _word(self, word: str, parent: Any, level: Any, owner: str) -> str:
        if owner == "" or not isinstance(level, dict):
            return f".{word}" if fits_attribute(word) else f".get_submodule({literal(word)})"
        modules = [name for name, item in level.items() if not isinstance(item, (ParameterMember, BufferMember))]
        if word not in modules:
            return f".{word}"
        if is_numbered(dict.fromkeys(modules)):
            return f"[{word}]"
        chained = any(owner == chain or owner.startswith(f"{chain}.") for chain in self.chains)
        if chained or any(name in TAKEN for name in level):
            return f".get_submodule({literal(word)})"
        return f"[{literal(word)}]"


def _leaf_paths(level: dict[str, Any], path: str) -> list[str]:
    found: list[str] = []
    for name, item in level.items():
        if isinstance(item, dict):
            found += _leaf_paths(item, f"{path}.{name}")
        else:
            found.append(f"{path}.{name}")
    return found


def layer_call(member: LayerMember) -> Doc:
    """`nn.Conv2d(3, 64, 7, bias=False)`, its constants as leaves that remember what the spec says."""
    written = member.site.arguments if isinstance(member.site, tree.Call) else ()
    sources: dict[Any, Any] = {}
    for place, argument in enumerate(written):
        sources[argument.name or place] = argument.value
    names = [argument.name for argument in member.operation.arguments]
    tensors = getattr(member.operation, "tensor_arguments", ())
    calls = CallPrinter(lambda ref: ("", 0), attribute)

    def shown(value: Any, key: Any, hint: str) -> Doc:
        if isinstance(value, (int, float)) and hint not in tensors:
            return Leaf(value, sources.get(key), hint)
        text = calls.text(value, hint)
        return call("torch.tensor", text) if hint in tensors and isinstance(value, (list, tuple)) else text

    args = [
        shown(value, place, names[place] if place < len(names) else "") for place, value in enumerate(member.call.args)
    ]
    named = [Joined((f"{name}=", shown(value, name, name))) for name, value in member.call.kwargs]
    return call(short(member.call.target), *args, *named)


Lines = list[tuple[str, Doc, str]]  # of __init__: what is assigned to, the expression, a note


def parameter(member: ParameterMember) -> tuple[Lines, Doc]:
    """`nn.Parameter(nn.init.normal_(torch.empty(1, 64), std=0.02))`, and the lines before it."""
    flags: list[Doc] = [] if member.trainable else ["requires_grad=False"]
    if not isinstance(member.fill, Call):
        lines, doc = held(member.steps, member.fill)
        return lines, call("nn.Parameter", doc, *flags)
    calls = CallPrinter(lambda ref: ("", 0), attribute)
    shape: list[Doc] = [Leaf(size) for size in member.type.shape] or ["()"]
    dtype: list[Doc] = [] if member.type.dtype == "f32" else [f"dtype=torch.{TORCH_NAMES[member.type.dtype]}"]
    constants = {"torch.nn.init.zeros_": "torch.zeros", "torch.nn.init.ones_": "torch.ones"}
    if member.fill.target in constants:
        return [], call("nn.Parameter", call(constants[member.fill.target], *shape, *dtype), *flags)
    args = [calls.text(arg) for arg in member.fill.args]
    named = [Joined((f"{name}=", calls.text(value))) for name, value in member.fill.kwargs]
    filled = call(short(member.fill.target), call("torch.empty", *shape, *dtype), *args, *named)
    return [], call("nn.Parameter", filled, *flags)


def declared_buffers(graph: Graph) -> list[str]:
    """The types of a class's own buffers, which a type checker would take for anything a module holds."""
    own = [m.path for m in graph.members if isinstance(m, BufferMember) and fits_attribute(m.path)]
    return ["", *(f"    {name}: torch.Tensor" for name in own)] if own else []


def buffer(member: BufferMember, name: str, owner: str) -> Lines:
    """`self.register_buffer("mask", ...)`, after the lines before it."""
    lines, doc = held(member.steps, member.value)
    flags: list[Doc] = [] if member.persistent else ["persistent=False"]
    return [*lines, ("", call(f"{owner}.register_buffer", f'"{name}"', doc, *flags), "")]


def held(steps: tuple[Step, ...], value: Any) -> tuple[Lines, Doc]:
    """A tensor computed in __init__: what is long, or drawn once and read twice, gets a line of its own before it."""
    lines: Lines = []
    values: dict[int, tuple[Doc, int]] = {}
    calls = CallPrinter(lambda ref: values[ref.id], attribute)
    reads = Counter(read_by((steps, value)))
    for step in steps:
        assert isinstance(step, FunctionStep), "what is held is computed by functions"
        doc, rank = calls.call(step.call)
        if len(rough(doc)) > LONGEST_PART or reads[step.result] > 1 and DRAWS.search(rough(doc)):
            local = f"part{len(lines) + 1}"
            lines.append((local, doc, ""))
            doc, rank = local, ATOM
        values[step.result.id] = (doc, rank)
    return lines, calls.text(value)
