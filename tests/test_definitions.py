"""Emitted classes are the spec's definitions: loops, conditions, tables and helpers kept, and proved to unfold to what
was checked.
"""

from __future__ import annotations

import ast
import inspect
import random
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision.models as reference

import specc
from specc.backends.definitions import guessing, models
from specc.backends.definitions.classes import Library
from specc.backends.definitions.running import Loaded, run_expression
from specc.backends.definitions.statics import constant
from specc.backends.definitions.unfolding import unfold
from specc.backends.script_model import ModelSection, model_section
from specc.compiler import Unit, compile_spec
from specc.source import Source

SPECS = Path(__file__).parent.parent / "specs"
KEPT = [  # the specs whose loops, conditions and helpers stay
    "cifar",
    "dcgan",
    "mnist",
    "nanogpt",
    *(
        f"zoo/{name}"
        for name in (
            "convnext_tiny densenet121 efficientnet_b0 googlenet inception_v3 mnasnet1_0 mobilenet_v2 "
            "mobilenet_v3_small regnet_y_400mf resnet18 resnet50 shufflenet_v2_x1_0 squeezenet1_0 vgg16_bn vit_b_16 "
            "wavenet"
        ).split()
    ),
]


def unit_of(name: str, **settings: str) -> Unit:
    path = SPECS / f"{name}.spec"
    unit = compile_spec(Source(path.name, path.read_text(encoding="utf-8")), settings)
    assert not unit.has_errors
    return unit


def written(text: str) -> Unit:
    unit = compile_spec(Source("job.spec", text))
    assert not unit.has_errors, [problem.headline for problem in unit.problems]
    return unit


def section_of(unit: Unit) -> ModelSection:
    assert unit.program is not None
    return model_section(unit.program, dict(unit.settings))


def tree_of(unit: Unit) -> ast.Module:
    return ast.parse(section_of(unit).text)


def classes(tree: ast.Module) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def functions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def method(node: ast.ClassDef, name: str) -> ast.FunctionDef:
    return next(item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == name)


def holds(node: ast.AST, *kinds: type) -> bool:
    return any(isinstance(inner, kinds) for inner in ast.walk(node))


def arguments(node: ast.FunctionDef) -> list[str]:
    return [argument.arg for argument in node.args.args[1:]]


def made(unit: Unit, **given: Any) -> torch.nn.Module:
    """The model as the emitted classes make it."""
    section = section_of(unit)
    scope: dict[str, Any] = {"__name__": "emitted"}
    exec("\n".join(section.imports) + "\n" + section.text, scope)
    return scope[next(iter(section.constructors.values())).name](**given)


# ---------------------------------------------------------------- what stays


def test_resnet_has_one_bottleneck_a_loop_and_a_condition() -> None:
    tree = tree_of(unit_of("zoo/resnet50"))
    found = classes(tree)
    assert list(found) == ["Bottleneck", "ResNet"] and not functions(tree)
    assert holds(method(found["Bottleneck"], "__init__"), ast.If)
    assert holds(method(found["ResNet"], "__init__"), ast.For)
    assert holds(method(found["ResNet"], "forward"), ast.For)
    assert arguments(method(found["Bottleneck"], "__init__")) == ["channels", "planes", "stride", "groups", "width"]
    assert arguments(method(found["ResNet"], "__init__")) == ["layers", "groups", "width", "classes"]


def test_mobilenet_keeps_its_table_and_its_helpers() -> None:
    tree = tree_of(unit_of("zoo/mobilenet_v3_small"))
    assert list(functions(tree)) == ["cna", "make_divisible"]
    assert list(classes(tree)) == ["SqueezeExcitation", "InvertedResidual", "MobileNetV3Small"]
    conditions = [n for n in ast.walk(method(classes(tree)["InvertedResidual"], "__init__")) if isinstance(n, ast.If)]
    assert [ast.unparse(node.test) for node in conditions] == ["expand != channels", "se"]
    init = method(classes(tree)["MobileNetV3Small"], "__init__")
    tables = [node.value for node in init.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.List)]
    assert [len(table.elts) for table in tables if isinstance(table, ast.List)] == [11]
    assert "# k, e, o, se, act, s" in section_of(unit_of("zoo/mobilenet_v3_small")).text
    assert "make_divisible(expand // 4)" in ast.unparse(classes(tree)["InvertedResidual"])


def test_densenet_carries_its_channels_along() -> None:
    found = classes(tree_of(unit_of("zoo/densenet121")))
    assert list(found) == ["DenseLayer", "DenseBlock", "DenseNet"]
    assert "channels += growth" in ast.unparse(found["DenseBlock"])
    assert "channels += n * growth" in ast.unparse(found["DenseNet"])
    assert "channels //= 2" in ast.unparse(found["DenseNet"])
    assert "feats.append(y)" in ast.unparse(found["DenseBlock"])


def test_transformers_repeat_their_blocks() -> None:
    vit, gpt = classes(tree_of(unit_of("zoo/vit_b_16"))), classes(tree_of(unit_of("nanogpt")))
    assert list(vit) == ["EncoderBlock", "Encoder", "ViT"]
    assert "for i in range(depth):" in ast.unparse(vit["Encoder"])
    assert list(gpt) == ["CausalSelfAttention", "Block", "GPT"]
    assert "for _ in range(n_layer)" in ast.unparse(gpt["GPT"])
    assert "for block in self.transformer['h'].children():" in ast.unparse(gpt["GPT"])
    assert "0.02 / math.sqrt(2 * n_layer)" in ast.unparse(gpt["GPT"])


@pytest.mark.parametrize("name", KEPT)
def test_one_class_for_each_block(name: str) -> None:
    unit = unit_of(name)
    assert unit.program is not None
    blocks = [item.name for item in unit.program.definitions.values() if hasattr(item, "kind")]
    assert sorted(classes(tree_of(unit))) == sorted(name for name in blocks)


def _code_lines(text: str) -> int:
    """Lines that are neither blank nor comment nor docstring, however they are wrapped."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return len(ast.unparse(tree).splitlines())


THEIRS: dict[str, tuple[Any, ...]] = {
    "resnet50": (reference.resnet.conv3x3, reference.resnet.conv1x1, reference.resnet.Bottleneck, reference.ResNet),
    "densenet121": (
        reference.densenet._DenseLayer,
        reference.densenet._DenseBlock,
        reference.densenet._Transition,
        reference.DenseNet,
    ),  # fmt: skip
    "mobilenet_v3_small": (
        reference.mobilenetv3.InvertedResidualConfig,
        reference.mobilenetv3.InvertedResidual,
        reference.MobileNetV3,
        reference.mobilenetv3._mobilenet_v3_conf,
    ),  # fmt: skip
    "vit_b_16": (
        reference.vision_transformer.MLPBlock,
        reference.vision_transformer.EncoderBlock,
        reference.vision_transformer.Encoder,
        reference.VisionTransformer,
    ),  # fmt: skip
}


@pytest.mark.parametrize("name", THEIRS)
def test_not_longer_than_torchvision(name: str) -> None:
    theirs = "\n".join(map(inspect.getsource, THEIRS[name]))
    assert _code_lines(section_of(unit_of(f"zoo/{name}")).text) <= _code_lines(theirs)


# ---------------------------------------------------------------- other arguments


@pytest.mark.parametrize(
    "name, given",
    [
        ("zoo/resnet50", {"layers": [1, 2, 1, 1], "groups": 4, "width": 8, "classes": 7}),
        ("zoo/densenet121", {"growth": 8, "blocks": [2, 1, 3], "stem": 12, "classes": 5}),
        ("zoo/vit_b_16", {"depth": 2, "heads": 4, "dim": 32, "mlp_dim": 48, "classes": 3}),
        ("nanogpt", {"vocab": 91, "block_size": 70, "n_layer": 3, "n_head": 2, "n_embd": 24}),
        ("zoo/mobilenet_v3_small", {"classes": 3}),
        ("zoo/efficientnet_b0", {"classes": 3}),
        ("zoo/convnext_tiny", {"classes": 3, "depth_drop": 0.3}),
        ("zoo/wavenet", {"layers": 3, "blocks": 2, "dil": 6, "res": 5, "skip_c": 7, "k": 3, "bias": True}),
    ],
)
def test_the_class_takes_other_arguments(name: str, given: dict[str, Any]) -> None:
    """The same keys and weights as the model that is built with them."""
    torch.manual_seed(0)
    theirs = specc.build(SPECS / f"{name}.spec", **given).state_dict()
    torch.manual_seed(0)
    ours = made(unit_of(name), **given).state_dict()
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


# ---------------------------------------------------------------- the proof


def library_of(unit: Unit) -> Library:
    assert unit.program is not None
    library = Library(unit.program.definitions, {}, [model.graph for model in unit.program.models])
    library.signature(unit.program.models[0].graph.definition)
    return library


class Change(ast.NodeTransformer):
    """Changes the number at one place of a text, or takes a statement out."""

    def __init__(self, place: int) -> None:
        self.place, self.seen = place, 0

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if type(node.value) is int:
            self.seen += 1
            if self.seen - 1 == self.place:
                return ast.Constant(node.value + 1)
        return node

    def visit_Expr(self, node: ast.Expr) -> Any:
        return node if isinstance(node.value, ast.Constant) else self._dropped(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        return self._dropped(node)

    def _dropped(self, node: ast.stmt) -> Any:
        self.seen += 1
        return ast.Pass() if self.seen - 1 == self.place else self.generic_visit(node)


@pytest.mark.parametrize("name", ["zoo/resnet18", "zoo/densenet121", "zoo/mobilenet_v3_small", "cifar"])
def test_the_proof_sees_a_changed_number_and_a_missing_line(name: str) -> None:
    """Whatever is changed in the text, it is found out, unless the torch calls are the same all the same."""
    library, unit = library_of(unit_of(name)), unit_of(name)
    assert unit.program is not None
    graph = library.printed[unit.program.models[0].name].uses[0]
    by = library.printed[graph.name].made_by(0)
    (want, shapes), text = unfold(graph, run_expression), library.text()
    assert Loaded(text).record(by, len(graph.inputs), shapes) == want
    counter = Change(-1)
    counter.visit(ast.parse(text))
    missed = []
    for place in random.Random(name).sample(range(counter.seen), min(counter.seen, 60)):
        changed = ast.unparse(ast.fix_missing_locations(Change(place).visit(ast.parse(text))))
        try:
            same = Loaded(changed).record(by, len(graph.inputs), shapes) == want
        except Exception:
            same = False
        if same:
            missed.append(_difference(text, changed))
    # defaults that every call gives, what the stand-ins have no need of, and a list of which forward reads the length
    harmless = ("def ", "super().__init__()", "in enumerate([")
    assert all(any(word in line for word in harmless) for line in missed), missed


def _difference(before: str, after: str) -> str:
    """The first line that is not the same."""
    ours = ast.unparse(ast.parse(before)).splitlines()
    return next((a for a, b in zip(ours, after.splitlines()) if a != b), "")


def test_a_wrong_expression_makes_the_class_fall_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes guessed wrong: the model is printed use by use, and is still the model."""
    unit = unit_of("zoo/densenet121")
    assert list(classes(tree_of(unit))) == ["DenseLayer", "DenseBlock", "DenseNet"]
    monkeypatch.setattr(guessing, "guess", lambda columns, values: constant(64))
    found = classes(tree_of(unit))
    assert len(found) > 3 and not holds(method(found["DenseNet"], "__init__"), ast.For)
    torch.manual_seed(0)
    theirs = specc.build(SPECS / "zoo" / "densenet121.spec").state_dict()
    torch.manual_seed(0)
    ours = made(unit).state_dict()
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs) and list(ours) == list(theirs)


def test_without_a_proof_no_definition_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    unit = unit_of("zoo/resnet18")
    monkeypatch.setattr(models, "unfold", lambda graph, run: None)
    assert len(classes(tree_of(unit))) > 2


def test_a_parameter_that_the_class_cannot_take_stays_a_number() -> None:
    """`image` decides on a size that no expression of the constructor gives."""
    tree = classes(tree_of(unit_of("zoo/vit_b_16")))
    assert "image" not in arguments(method(tree["ViT"], "__init__"))
    assert "torch.empty(1, 197, dim)" in ast.unparse(tree["Encoder"])


@pytest.mark.parametrize(
    "body, expected",
    [
        ("for i in 0..n { x = x -> h[i]: Linear(_, _) }\n output x", "for layer in self.h:"),
        ("output x -> body: { repeat n { Linear(_, 4) -> ReLU } }", "for _ in range(n):"),
        ("for i in 0..n { x = x -> h[i]: Linear(_, 4 * (i + 1)) }\n output x", "4 * (i + 1)"),
        ("y = if n > 2 { x -> Linear(_, 4) } else { x }\n output y + x", "if self.y is not None"),
        ("output x -> body: { Linear(_, 4) -> relu -> for i in 0..n { Linear(_, 4) -> relu } }", "self.body[i + 1](x)"),
        ("output x -> body: { for i in 0..n { if i > 0 { Linear(_, 4) } -> relu -> Linear(_, 4) -> tanh } }", "2 * i]"),
        ("output x -> body[1]: Linear(_, 4) -> relu -> body[3]: Linear(_, 4)", '"1": nn.Linear(4, 4)'),
        ("let w = [k * 4 for k in 1..4]\n for k in w { x = x -> \"fc{k}\": Linear(_, k) }\n output x", "for k in "),
    ],
)  # fmt: skip
def test_small_models_keep_their_shape(body: str, expected: str) -> None:
    unit = written(f"model M(n = 3) {{\n input x: f32[N, 4]\n {body}\n}}\n")
    assert expected in section_of(unit).text
    torch.manual_seed(0)
    theirs = specc.build(unit.source).eval()
    torch.manual_seed(0)
    ours = made(unit).eval()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    value = torch.randn(2, 4)
    assert torch.equal(ours(value), theirs(value))


@pytest.mark.parametrize("word", ['l\\"', "it's", "a b", "{{x}}", '\\"); import os; (\\"', "ä", "\\\\", "for"])
def test_labels_stay_inside_their_strings(word: str) -> None:
    """Labels of loops, containers and single modules, whatever they hold."""
    steps = f'"{word}": {{ for i in 0..n {{ "{word}{{i}}": Linear(_, 4) -> relu }} }} -> "{word}2": Linear(_, 4)'
    unit = written(f"model M(n = 2) {{\n input x: f32[N, 4]\n output x -> {steps}\n}}\n")
    theirs, ours = specc.build(unit.source), made(unit)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    value = torch.randn(2, 4)
    assert torch.equal(ours(value), theirs(value))


PLACED = """model M(n = 4) {
  input x: f32[N, T, 4]
  mask = full((T, T), 1.0).tril()
  x = mask @ (x + arange(T).unsqueeze(1)) + zeros(n)
  output x -> fc: Linear(4, 4)
}
"""


@pytest.mark.parametrize("kept", [True, False], ids=["as defined", "use by use"])
@pytest.mark.parametrize("text", [PLACED, (SPECS / "nanogpt.spec").read_text()], ids=["own", "GPT"])
def test_what_a_forward_makes_is_on_the_device_of_its_input(
    text: str, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not kept:
        monkeypatch.setattr("specc.backends.script_model.defined_model", lambda *given: None)
    unit = written(text)
    assert (section_of(unit).text.count("torch.arange(") == 1) and ", device=" in section_of(unit).text
    module = made(unit).to("meta")
    given = torch.zeros(2, 5, 4) if "Linear(4, 4)" in text else torch.zeros(2, 5, dtype=torch.int64)
    assert module(given.to("meta")).device.type == "meta"


def test_sizes_of_a_pattern_are_written_as_the_spec_does() -> None:
    """Rows and columns are as many in every use: their names must not be mixed up for that."""
    text = section_of(written("""
block Window(a) {
  input x: f32[N, C, H, W]
  let down = H // a
  let across = W // a
  y = rearrange(x, "n c (h p) (w q) -> (n h w) c p q", h=down, w=across)
  output rearrange(y * 2, "(n h w) c p q -> n c (h p) (w q)", h=down, w=across)
}
model M { input x: f32[N, 3, 8, 8]  output x -> body: { Window(2) -> MaxPool2d(2) -> Window(1) -> Window(2) } }
""")).text
    assert "unflatten(3, (across, -1))" in text and "unflatten(2, (down, -1))" in text
    assert "unflatten(0, (-1, down, across))" in text
