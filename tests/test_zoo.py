"""The zoo against torchvision itself: keys, shapes, weights under one seed, outputs, and the same of the emitted
classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
import torchvision.models as reference
from torch.utils.flop_counter import FlopCounterMode

import specc
from specc.backends.script_model import model_section
from specc.compiler import Unit
from specc.report.summary import per_sample, summarise

ZOO = Path(__file__).parent.parent / "specs" / "zoo"


class Case(NamedTuple):
    """A spec, torchvision's own model, the size of a picture, whether the initial weights agree, and model
    parameters.
    """

    spec: str
    theirs: Any
    size: int = 64
    seeded: bool = True
    parameters: dict[str, Any] = {}


def _plain(name: str, **options: Any) -> Any:
    return lambda: getattr(reference, name)(weights=None, **options)


CASES = [
    Case("alexnet", _plain("alexnet"), 96),
    Case("vgg16_bn", _plain("vgg16_bn"), 32),
    Case("googlenet", _plain("googlenet", init_weights=False, aux_logits=True), 224),
    Case("inception_v3", _plain("inception_v3", init_weights=False, aux_logits=True), 299),
    Case("resnet18", _plain("resnet18")),
    Case("resnet18", _plain("resnet34"), parameters={"layers": [3, 4, 6, 3]}),
    Case("resnet50", _plain("resnet50")),
    Case("resnet50", _plain("resnext50_32x4d"), parameters={"groups": 32, "width": 4}),
    Case("densenet121", _plain("densenet121")),
    Case("squeezenet1_0", _plain("squeezenet1_0")),
    Case("shufflenet_v2_x1_0", _plain("shufflenet_v2_x1_0")),
    Case("mobilenet_v2", _plain("mobilenet_v2")),
    Case("mobilenet_v3_small", _plain("mobilenet_v3_small")),
    Case("mnasnet1_0", _plain("mnasnet1_0")),
    Case("efficientnet_b0", _plain("efficientnet_b0")),
    Case("regnet_y_400mf", _plain("regnet_y_400mf"), seeded=False),
    Case("convnext_tiny", _plain("convnext_tiny")),
    Case("vit_b_16", _plain("vit_b_16"), 224, seeded=False),
    Case("swin_t", _plain("swin_t"), 224, seeded=False),
]


def _unit(case: Case) -> Unit:
    source = specc.Source(f"{case.spec}.spec", (ZOO / f"{case.spec}.spec").read_text())
    unit = specc.check(source, set=case.parameters)
    assert all(problem.severity == "info" for problem in unit.problems)
    return unit


def _emitted(case: Case) -> torch.nn.Module:
    """The model as the script's classes make it."""
    section = model_section(_unit(case).program)
    scope: dict[str, Any] = {"__name__": "emitted"}
    exec(compile("\n".join(section.imports) + "\n" + section.text, f"{case.spec}.py", "exec"), scope)
    (constructor,) = section.constructors.values()
    return scope[constructor.name]()


def _first(output: Any) -> torch.Tensor:
    return output[0] if isinstance(output, tuple) else output


@pytest.mark.parametrize("made_by", ["built", "emitted"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join([case.spec, *map(str, case.parameters.values())]))
def test_equals_torchvision(case: Case, made_by: str) -> None:
    torch.manual_seed(0)
    theirs = case.theirs()
    torch.manual_seed(0)
    path = ZOO / f"{case.spec}.spec"
    ours = specc.build(path, **case.parameters) if made_by == "built" else _emitted(case)
    want, have = theirs.state_dict(), ours.state_dict()
    assert list(have) == list(want)
    assert [tuple(t.shape) for t in have.values()] == [tuple(t.shape) for t in want.values()]
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())
    if case.seeded:
        assert all(torch.equal(have[key], want[key]) for key in want)
    _same_outputs(theirs, ours, case.size)


def _same_outputs(theirs: torch.nn.Module, ours: torch.nn.Module, size: int) -> None:
    """Bit-equal in eval mode, with torchvision's weights drawn anew so that no parameter is trivial."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.normal_(std=0.05, generator=generator)
        ours.load_state_dict(theirs.state_dict(), strict=True)
        picture = torch.randn(2, 3, size, size, generator=generator)
        assert torch.equal(_first(ours.eval()(picture)), _first(theirs.eval()(picture)))


@pytest.fixture
def without_the_fast_path() -> Iterator[None]:
    """Of attention, whose work torch does not count."""
    was = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    yield
    torch.backends.mha.set_fastpath_enabled(was)


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join([case.spec, *map(str, case.parameters.values())]))
def test_a_summary_counts_what_torch_counts(case: Case, without_the_fast_path: None) -> None:
    (model,) = _unit(case).program.models
    module = specc.build(ZOO / f"{case.spec}.spec", **case.parameters).eval().to("meta")
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(torch.empty(1, 3, case.size, case.size, device="meta"))
    found = summarise(model)
    assert 2 * per_sample(found.multiply_adds, {"H": case.size, "W": case.size}) == counter.get_total_flops()
    assert found.parameters == sum(parameter.numel() for parameter in module.parameters())
