"""What a script adds up for each metric: the same sums as a run's, on the same numbers."""

from __future__ import annotations

from typing import Callable, NamedTuple

from specc.backends.python_text import literal
from specc.backends.script_calls import short
from specc.ops.base import is_own
from specc.program.externs import own_call
from specc.program.model import MetricPlan


class MetricText(NamedTuple):
    """`starts` before the batches, `updates` for each of them, `before` and `result` after."""

    starts: tuple[str, ...]
    updates: tuple[str, ...]
    result: str
    before: tuple[str, ...] = ()


Writer = Callable[[MetricPlan, str, str, str, str, bool], MetricText]


def metric_text(plan: MetricPlan, output: str, target: str, same_shape: bool, single: bool) -> MetricText:
    """The code of one metric on variables `output` and `target`; `same_shape` if those are one answer each,
    `single` if a sample has one answer."""
    if is_own(plan.metric.operation):
        return _own(plan, f"{_variable(plan.name)}_metric", output, target)
    name = plan.metric.operation.name  # type: ignore[attr-defined]
    threshold = plan.metric.values.get("threshold")
    guess = f"({output} > {threshold!r})" if same_shape else f"{output}.argmax(1)"
    text = WRITERS[name](plan, _variable(plan.name), output, target, guess, same_shape)
    return _without_count(text, f"{_variable(plan.name)}_count") if single else text


def _without_count(text: MetricText, count: str) -> MetricText:
    """Where a sample has one answer, the answers are as many as the samples."""
    starts, updates, before = (
        tuple(line for line in lines if not line.startswith(count))
        for lines in (text.starts, text.updates, text.before)
    )
    return MetricText(
        starts, updates, text.result.replace(count, "samples"), tuple(line.replace(count, "samples") for line in before)
    )


def _variable(name: str) -> str:
    return "".join(ch if ch.isascii() and ch.isalnum() else "_" for ch in name)


def _counted(plan: MetricPlan, name: str, update: str, target: str, result: str = "{0}.item() / {1}") -> MetricText:
    """A sum over a count."""
    total, count = f"{name}_sum", f"{name}_count"
    starts = (f"{total} = torch.tensor(0, device=config.device)", f"{count} = 0")
    return MetricText(
        starts, (f"{total} = {total} + {update}", f"{count} += {target}.numel()"), result.format(total, count)
    )


def _accuracy(plan: MetricPlan, name: str, output: str, target: str, guess: str, same: bool) -> MetricText:
    return _counted(plan, name, f"({guess} == {target}).sum()", target)


def _error(plan: MetricPlan, name: str, output: str, target: str, guess: str, same: bool) -> MetricText:
    return _counted(plan, name, f"({guess} != {target}).sum()", target)


def _topk(plan: MetricPlan, name: str, output: str, target: str, guess: str, same: bool) -> MetricText:
    best = f"{output}.topk(min({plan.metric.values['k']}, {output}.shape[1]), dim=1).indices"
    text = _counted(plan, name, f"({name}_best == {target}.unsqueeze(1)).any(1).sum()", target)
    return text._replace(updates=(f"{name}_best = {best}", *text.updates))


def _perplexity(plan: MetricPlan, name: str, output: str, target: str, guess: str, same: bool) -> MetricText:
    entropy = f"{name}_entropy"
    first = f'{entropy} = F.cross_entropy({output}.float(), {target}, reduction="sum")'
    text = _counted(plan, name, f"{entropy}.double()", target, "math.exp({0}.item() / {1})")
    return text._replace(updates=(first, *text.updates))


def _difference(power: str, result: str) -> Writer:
    def write(plan: MetricPlan, name: str, output: str, target: str, guess: str, same: bool) -> MetricText:
        return _counted(plan, name, f"({output}.double() - {target}.double()).{power}().sum()", target, result)

    return write


def _r2(plan: MetricPlan, name: str, output: str, target: str, guess: str, same: bool) -> MetricText:
    wrong, exact, square = f"{name}_wrong", f"{name}_target", f"{name}_square"
    starts = tuple(f"{total} = torch.tensor(0, device=config.device)" for total in (wrong, exact, square))
    updates = (
        f"{wrong} = {wrong} + ({output}.double() - {target}.double()).square().sum()",
        f"{exact} = {exact} + {target}.double().sum()",
        f"{square} = {square} + {target}.double().square().sum()",
        f"{name}_count += {target}.numel()",
    )
    variation = f"{name}_variation = {square}.item() - {exact}.item() ** 2 / {name}_count"
    result = f"1.0 - {wrong}.item() / {name}_variation"
    return MetricText((*starts, f"{name}_count = 0"), updates, result, (variation,))


def _by_class(figure: str) -> Writer:
    def write(plan: MetricPlan, name: str, output: str, target: str, guess: str, same: bool) -> MetricText:
        classes = "2" if same else f"{output}.shape[1]"
        table = f"{name}_table"
        update = f"confusion({guess}, {target}, {classes})"
        starts = (f"{table} = torch.tensor(0, device=config.device)",)
        return MetricText(starts, (f"{table} = {table} + {update}",), f"{figure}({table})")

    return write


def _own(plan: MetricPlan, name: str, output: str, target: str) -> MetricText:
    """The user's own: an object that is told every batch."""
    call = own_call(plan)
    given = ", ".join(f"{key}={literal(value)}" for key, value in call.kwargs)
    start = f"{name} = {short(call.target)}({given})"
    return MetricText((start,), (f"{name}.update({output}, {target})",), f"float({name}.compute())")


WRITERS: dict[str, Writer] = {
    "accuracy": _accuracy,
    "error": _error,
    "topk": _topk,
    "perplexity": _perplexity,
    "mae": _difference("abs", "{0}.item() / {1}"),
    "mse": _difference("square", "{0}.item() / {1}"),
    "rmse": _difference("square", "math.sqrt({0}.item() / {1})"),
    "r2": _r2,
    "precision": _by_class("precision"),
    "recall": _by_class("recall"),
    "f1": _by_class("f1"),
}
