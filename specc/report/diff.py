"""What changed between two specs, for review: as text for people, as JSON for programs."""

from __future__ import annotations

from typing import Any, Callable, Iterator, NamedTuple, Sequence

from specc.diagnostics.sanitize import clean
from specc.program.model import Program
from specc.report.compare import Change, Layer, LayerChange, ModelChanges, changes_of, compare_models, matched
from specc.report.facts import training_facts

SHOWN = 20  # changes of one kind in the text; JSON has all
Paint = Callable[[str, str], str]


class Comparison(NamedTuple):
    """Two specs by name, and all that differs between them."""

    before: str
    after: str
    models: tuple[ModelChanges, ...]
    gone: tuple[str, ...]
    came: tuple[str, ...]
    training: tuple[Change, ...]
    own: tuple[str, ...]  # layers in the user's own Python, whose weights nobody knows before they run

    @property
    def loads(self) -> bool:
        """Whether the weights of the one fit into the other."""
        return not self.gone and not self.came and all(model.loads for model in self.models)

    @property
    def is_empty(self) -> bool:
        return self.loads and not self.training and all(model.is_empty for model in self.models)

    @property
    def verdict(self) -> str:
        if not self.models and not self.gone and not self.came:
            return "Neither spec has a model."
        if self.loads:
            known = f", as far as is known without running {', '.join(self.own)}" if self.own else ""
            return f"A checkpoint of {self.before} loads into {self.after}: the same keys and shapes{known}."
        return f"A checkpoint of {self.before} does not load into {self.after}: {', '.join(self._reasons())}."

    def _reasons(self) -> Iterator[str]:
        yield from (f"model {name} is gone" for name in self.gone)
        yield from (f"model {name} is new" for name in self.came)
        for what in ("missing", "unexpected", "reshaped"):
            keys = [key for model in self.models for key in getattr(model, what)]
            words = "of another shape" if what == "reshaped" else what
            if keys:
                more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
                yield f"{len(keys)} {'key' if len(keys) == 1 else 'keys'} {words} ({keys[0]}{more})"


def compare(before: Program, after: Program, names: tuple[str, str]) -> Comparison:
    """Compare two checked programs; `names` are what to call them."""
    pairs, gone, came = matched(before.models, after.models)
    return Comparison(
        clean(names[0]),
        clean(names[1]),
        tuple(compare_models(*pair) for pair in pairs),
        tuple(gone),
        tuple(came),
        changes_of(training_facts(before), training_facts(after)),
        tuple(dict.fromkeys(own.name for own in (*before.externs, *after.externs) if own.kind == "layer")),
    )


# ---------------------------------------------------------------- text


def text(comparison: Comparison, paint: Paint) -> str:
    """The comparison as lines; `paint(text, style)` colors them."""
    lines = [f"{comparison.before} -> {comparison.after}", ""]
    for model in comparison.models:
        lines += _model_lines(model, paint)
    lines += [paint(f"- model {name}", "error") for name in comparison.gone]
    lines += [paint(f"+ model {name}", "good") for name in comparison.came]
    if comparison.training:
        lines += ["training", *_lines(comparison.training, paint), ""]
    if comparison.is_empty:
        lines += ["No difference in shapes, keys, parameters or training.", ""]
    lines.append(clean(comparison.verdict))
    return "".join(f"{line}\n" for line in lines)


def _model_lines(model: ModelChanges, paint: Paint) -> Iterator[str]:
    if model.is_empty:
        return
    yield f"model {model.name}" + (f", was {model.was}" if model.was != model.name else "")
    yield from _section("inputs", model.inputs, paint)
    yield from _section("outputs", model.outputs, paint)
    if model.layers:
        yield "  layers"
        width = min(max(len(change.path) for change in model.layers), 40)
        rows = [_layer_line(change, width, paint) for change in model.layers]
        yield from _first(rows)
    yield from _section("shapes", model.shapes, paint)
    yield from _section("functions", model.functions, paint)
    yield from _section("ties", model.ties, paint)
    before, after = model.parameters
    if before != after:
        yield f"  parameters: {before:,} -> {after:,} ({after - before:+,})"
    yield ""


def _section(title: str, changes: Sequence[Change], paint: Paint) -> Iterator[str]:
    if changes:
        yield f"  {title}"
        yield from _first(list(_lines(changes, paint)))


def _first(lines: list[str]) -> Iterator[str]:
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"    ... and {len(lines) - SHOWN} more (all of them: --format json)"


def _lines(changes: Sequence[Change], paint: Paint) -> Iterator[str]:
    for name, before, after in (map(clean, change) for change in changes):
        if not before:
            yield paint(f"    + {name}: {after}", "good")
        elif not after:
            yield paint(f"    - {name}: {before}", "error")
        else:
            yield paint(f"    ~ {name}: {before} -> {after}", "warning")


def _layer_line(change: LayerChange, width: int, paint: Paint) -> str:
    path = clean(change.path).ljust(width)
    if change.kind == "renamed":
        return paint(f"    > {path}  was {clean(change.was)}", "warning")
    if change.before is None or change.after is None:
        sign, layer = ("+", change.after) if change.before is None else ("-", change.before)
        return paint(f"    {sign} {path}  {clean(layer.call if layer else '')}", "good" if sign == "+" else "error")
    return paint(f"    ~ {path}  {clean(_difference(change.before, change.after))}", "warning")


def _difference(before: Layer, after: Layer) -> str:
    """`Linear(9216, 128) -> Linear(9216, 256); weight [128, 9216] -> [256, 9216]`."""
    parts = [f"{before.call} -> {after.call}"] if before.call != after.call else []
    weights = [
        f"{name} {old or 'nothing'} -> {new or 'nothing'}"
        for name, old, new in changes_of(before.weights, after.weights)
    ]
    return "; ".join([*parts, ", ".join(weights)] if weights else parts)


# ---------------------------------------------------------------- json


def data(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain data, version 1."""
    return {
        "version": 1,
        "before": comparison.before,
        "after": comparison.after,
        "models": [_model_data(model) for model in comparison.models],
        "models_removed": list(comparison.gone),
        "models_added": list(comparison.came),
        "training": _changes_data(comparison.training),
        "checkpoint": {"loads": comparison.loads, "verdict": comparison.verdict},
    }


def _model_data(model: ModelChanges) -> dict[str, Any]:
    before, after = model.parameters
    return {
        "name": model.name,
        "was": model.was,
        **{name: _changes_data(getattr(model, name)) for name in ("inputs", "outputs", "shapes", "functions", "ties")},
        "layers": [
            {
                "change": change.kind,
                "path": change.path,
                "was": change.was or None,
                "before": _layer_data(change.before),
                "after": _layer_data(change.after),
            }
            for change in model.layers
        ],
        "parameters": {"before": before, "after": after},
        "keys": {name: list(getattr(model, name)) for name in ("missing", "unexpected", "reshaped")},
    }


def _layer_data(layer: Layer | None) -> dict[str, Any] | None:
    return {"call": layer.call, "weights": layer.weights, "output": layer.output} if layer is not None else None


def _changes_data(changes: Sequence[Change]) -> list[dict[str, str | None]]:
    return [{"name": name, "before": before or None, "after": after or None} for name, before, after in changes]
