"""The training half of a script: the lines of evaluate and train, as the spec's settings have them."""

from __future__ import annotations

import math
from typing import Any

from specc.backends.python_text import comment, listed, literal
from specc.backends.script_flags import Flag, Flags
from specc.backends.script_metrics import metric_text
from specc.backends.script_objective import Objective
from specc.backends.script_optimization import optimizer_lines, scheduler_lines
from specc.backends.script_schedule import ScriptSchedule
from specc.backends.wrap import WIDTH
from specc.ops.base import is_own
from specc.program.model import Program
from specc.program.reached import unreached
from specc.report.summary import per_sample, summarise

LARGE = 1 << 20  # bytes
FINITE = [
    "if not loss.isfinite():",
    '    print(f"loss {loss.item()} in step {place.step + 1}", file=sys.stderr)',
    "    sys.exit(3)",
]
DTYPES = {"bf16": "torch.bfloat16", "f16": "torch.float16"}
# flags that count something there is at least one of
COUNTS = {"data.batch_size", "train.epochs", "train.steps", "train.accumulate"}  # as settings of the spec
OWN_COUNTS = {"batch_size", "log_every"}  # of the script alone
CLASS_FIGURES = {
    "precision": ("How many predictions of a class are right", "hits / predicted if predicted else 0.0"),
    "recall": ("How many members of a class are found", "hits / actual if actual else 0.0"),
    "f1": ("The harmonic mean of precision and recall", "2 * hits / (predicted + actual)"),
}


class TrainingText:
    """What the templates of evaluate and train are filled with."""

    def __init__(self, program: Program, flags: Flags, objective: Objective, constructor: str, reading: bool) -> None:
        assert program.train is not None and program.data is not None
        self.program, self.flags, self.objective, self.constructor = program, flags, objective, constructor
        self.settings = program.train.settings
        self.schedule = ScriptSchedule(program, flags, reading)

    # ------------------------------------------------------------ the forward pass

    def forward(self, model: str = "model", joined: bool = False) -> list[str]:
        """Model and loss on one batch, in mixed precision where the spec wants it; `joined` if only the loss counts."""
        compared = {name for plan in self.program.metrics for name in self.objective.compared(plan)[:2]}
        read = self.objective.read | compared
        call = f"{model}({', '.join(self.objective.fed)})"
        body = [f"{self.objective.bound(read)} = {call}", *self.objective.loss_lines(read)]
        if joined:
            body = self.objective.joined(model)
        head = autocast(self.settings, self.flags, f"{self.objective.parts[0]}.device")
        return [head, *(f"    {line}" for line in body)] if head else body

    def evaluate(self) -> dict[str, Any]:
        metrics = [metric_text(plan, *self.objective.compared(plan)) for plan in self.program.metrics]
        first = self.objective.parts[0]
        totals = ["total", *(f"{name}_total" for name in self.objective.term_names)]
        zero = "0.0" if self.distributed else "0"
        starts = [f"{name} = torch.tensor({zero}, device=config.device)" for name in totals]
        starts += [line for text in metrics for line in text.starts]
        figures = ['"loss": total.item() / samples']
        figures += [f"{literal(name)}: {name}_total.item() / samples" for name in self.objective.term_names]
        figures += [f"{literal(plan.name)}: {text.result}" for plan, text in zip(self.program.metrics, metrics)]
        forward = self.forward()
        values = ["loss", *self.objective.term_names]
        if forward[-1].startswith("loss = ") and len(values) == 1:  # it stands where it is needed
            values = [forward.pop().removeprefix("loss = ")]
        return {
            "aligned": self.distributed and self._has_buffers,
            "gathered": self._gathered([*totals, *(line.split(" = ")[0] for text in metrics for line in text.starts)])
            if self.distributed
            else [],
            "class_figures": [(name, *CLASS_FIGURES[name]) for name in self._class_figures()],
            "criteria_parameters": "".join(f"{name}: nn.Module, " for name in self.objective.criteria),
            "metrics": bool(metrics),
            "unpack": self.objective.unpack,
            "forward": forward,
            "starts": [*mixed(self.settings, self.flags), *_together(starts)],
            "updates": [f"{name} = {name} + {value}.float() * len({first})" for name, value in zip(totals, values)]
            + [line for text in metrics for line in text.updates],
            "results": [line for text in metrics for line in text.before] + _joined("return {", figures, "}"),
        }

    @property
    def distributed(self) -> bool:
        """Whether several processes may share the training."""
        return self.settings["distributed"] is not None

    @property
    def _has_buffers(self) -> bool:
        return self.settings["ema"] is not None or any(entry.is_buffer for entry in self.program.models[0].state)

    def _gathered(self, names: list[str]) -> list[str]:
        """What an evaluation has added up, over all processes; counts are plain numbers."""
        made = []
        for name in names:
            whole = name.endswith("_count")
            value = f"torch.tensor({name}, device=config.device)" if whole else name
            made.append(f"{name} = int(over_ranks({value}))" if whole else f"{name} = over_ranks({value})")
        return made

    def _class_figures(self) -> list[str]:
        used = {plan.metric.operation.name for plan in self.program.metrics}  # type: ignore[attr-defined]
        return [name for name in CLASS_FIGURES if name in used]

    # ------------------------------------------------------------ train

    def train(self) -> dict[str, Any]:
        schedule = self.schedule
        return {
            "judging": bool(schedule.judge_split),
            "reads_device": False,
            "setup": self._setup(),
            "unpack": self.objective.unpack,
            "judge": self._judge(),
            "remembers": schedule.remembers,
            "epochs": schedule.epochs,
            "step": self._step(),
            "after_step": schedule.after_step(),
            "end_of_epoch": self._end_of_epoch(),
            "after_epoch": schedule.after_epoch(),
        }

    def _setup(self) -> list[str]:
        """Model, criterion, optimizer, scheduler and what else holds a state."""
        made = [*mixed(self.settings, self.flags), f"model = {self.constructor}.to(config.device)"]
        if self.settings["channels_last"]:
            made += self.flags.where("train.channels_last", ["model = model.to(memory_format=torch.channels_last)"])
        made += self.objective.setup_lines()
        made += optimizer_lines(self.program.optimizers[0], self.flags)
        if self._searches:
            kept = "Tensor" if len(self._logged) == 1 else "tuple[Tensor, ...]"
            made.append(f"found: list[{kept}] = []  # what an update finds, the first counts")
        made += self.schedule.counts()
        parts = {"model": "model", "optimizer": "optimizer"}
        if self.program.schedulers:
            made += scheduler_lines(self.program.schedulers[0], self.flags, self.schedule)
            parts["scheduler"] = "scheduler"
        if self.settings["precision"] == "f16":
            enabled = ", enabled=f16" if self.flags.has("train.precision") else ""
            made.append(f"scaler = torch.amp.GradScaler(torch.device(config.device).type{enabled})")
            parts["scaler"] = "scaler"
        if self.settings["ema"] is not None:
            decay = self.flags.value("train.ema", self.settings["ema"])
            made += [
                "ema = AveragedModel(",
                f"    model, multi_avg_fn=get_ema_multi_avg_fn({decay}), use_buffers=True",
                ")",
            ]
            parts["ema"] = "ema"
        if self.settings["compile"]:
            made += self.flags.where("train.compile", ["model.compile()"])
        if self.distributed:
            partial = ", find_unused_parameters=True" if unreached(self.program) else ""
            made += [
                f"learner: nn.Module = DistributedDataParallel(model{partial}) if WORLD > 1 else model",
                "if RANK:  # noise of its own for its own samples",
                "    torch.manual_seed(config.seed + RANK)",
            ]
        return [*made, *_joined("parts: Any = {", [f'"{key}": {name}' for key, name in parts.items()], "}")]

    @property
    def _searches(self) -> bool:
        """Whether the optimizer computes the loss as often as it wants."""
        return bool(self.program.optimizers[0].optimizer.operation.needs_closure)  # type: ignore[attr-defined]

    def _step(self) -> list[str]:
        if self._searches:
            return [*self._search(), *self._after_update()]
        shared = self.settings["accumulate"] != 1
        made = [*self._grouping(), *self._learn(["loss = loss / size"] if shared else [])]
        made.append("place.batch += 1")
        if shared:
            made += [
                "shares.append(loss.detach())",
                "if len(shares) < size:",
                "    continue",
                "loss = torch.stack(shares).sum()",
                "shares.clear()",
            ]
        made += self._clip()
        made += ["scaler.step(optimizer)", "scaler.update()"] if self._scaled else ["optimizer.step()"]
        return made + self._after_update()

    def _learn(self, scaled: list[str]) -> list[str]:
        """Loss and gradients of a batch. Of several processes each has gradients of its own share of the loss."""
        made, own = [*self.forward("learner" if self.distributed else "model", joined=True), *scaled], "loss"
        if self.distributed:
            made.append("local, loss = loss, over_ranks(loss) / WORLD")
            own = "local"
        return [*made, *FINITE, f"scaler.scale({own}).backward()" if self._scaled else f"{own}.backward()"]

    def _after_update(self) -> list[str]:
        made = ["optimizer.zero_grad()"]
        if self.settings["ema"] is not None:
            made.append("ema.update_parameters(model)")
        made += ["place.step += 1", *self._log()]
        return made + (["scheduler.step()"] if self.schedule.per_step else [])

    @property
    def _logged(self) -> list[str]:
        """The variables a line of the log has from the gradients' computation."""
        measured = ["grad_norm"] if self.settings["log_gradients"] else []
        return ["loss", *self.objective.term_names, *measured]

    def _search(self) -> list[str]:
        """An update by an optimizer that computes the loss as often as it wants; what it finds first is logged."""
        logged = ", ".join(self._logged)
        several = len(self._logged) > 1
        body = ["optimizer.zero_grad()", *self._learn([]), *self._clip()]
        body += [f"found.append({f'({logged})' if several else logged})", "return loss"]
        bound = ", ".join(f"{part}: Tensor = {part}" for part in self.objective.parts)
        return [
            "",
            f"def closure({bound}) -> Tensor:",
            *(f"    {line}" for line in body),
            "",
            "optimizer.step(closure)  # computes the loss several times",
            f"{logged} = found[0]",
            "found.clear()",
            "place.batch += 1",
        ]

    def _grouping(self) -> list[str]:
        if self.settings["accumulate"] == 1:
            return []
        group = self.flags.value("train.accumulate", self.settings["accumulate"])
        return [
            "if not shares:  # the first batch of an update",
            f"    size = min({group}, batches_per_epoch - place.batch)",
        ]

    @property
    def _scaled(self) -> bool:
        return bool(self.settings["precision"] == "f16")

    def _clip(self) -> list[str]:
        norm, value = self.settings["clip_grad_norm"], self.settings["clip_grad_value"]
        measured = "grad_norm = " if self.settings["log_gradients"] else ""
        if measured and norm is None:
            norm = math.inf  # clips nothing, and measures
        made = ["scaler.unscale_(optimizer)"] if self._scaled and (norm is not None or value is not None) else []
        if norm is not None:
            made.append(
                f"{measured}nn.utils.clip_grad_norm_("
                f"model.parameters(), {self.flags.value('train.clip_grad_norm', norm)})"
            )
        if value is not None:
            made.append(
                f"nn.utils.clip_grad_value_(model.parameters(), {self.flags.value('train.clip_grad_value', value)})"
            )
        return made

    def _log(self) -> list[str]:
        term = "(over_ranks({}) / WORLD)" if self.distributed else "{}"
        terms = [f"{literal(name)}: {term.format(name)}.item()" for name in self.objective.term_names]
        measured = ['"grad_norm": grad_norm.item()'] if self.settings["log_gradients"] else []
        told = self.program.schedulers and not is_own(self.program.schedulers[0].scheduler.operation)
        rate = "scheduler.get_last_lr()[0]" if told else 'optimizer.param_groups[0]["lr"]'

        def line(rate: str) -> str:
            values = ['"loss": loss.item()', *terms, f'"lr": {rate}', *measured]
            return f'    log("train", {{{", ".join(values)}}})'

        logged = [line(rate)] if len(line(rate)) <= WIDTH - 12 else [f"    lr = {rate}", line("lr")]
        return [f"if place.step % {self.schedule.log_steps} == 0:", *logged]

    def _judge(self) -> list[str]:
        """Evaluate, log, keep the best weights."""
        schedule = self.schedule
        if schedule.judge_split is None:
            return []
        ema = self.settings["ema"] is not None
        criteria = "".join(f"{name}, " for name in self.objective.criteria)
        split = schedule.judge_split
        return [
            f'figures = evaluate({"ema" if ema else "model"}, {criteria}data["{split}"], config)',
            *(["model.train()"] if ema else []),
            f'log("{split}", figures)',
            *schedule.keep_best("ema.module" if ema else "model"),
            *schedule.watch(),
        ]

    def _end_of_epoch(self) -> list[str]:
        return [*self.schedule.judge_after_epoch(self._judge()), *self.schedule.step_after_epoch()]


# ---------------------------------------------------------------- what every training has


def autocast(settings: dict[str, Any], flags: Flags, device: str = "device") -> str:
    """`with torch.autocast(...):` for a forward pass; nothing where the spec does not want mixed precision."""
    kind = settings["precision"]
    if kind not in DTYPES:
        return ""
    return f"with torch.autocast({device}.type, {DTYPES[kind]}{f', enabled={kind}' if mixed(settings, flags) else ''}):"


def mixed(settings: dict[str, Any], flags: Flags) -> list[str]:
    """`bf16`: whether the settings still want the precision of the spec."""
    kind = settings["precision"]
    return [f'{kind} = config.precision == "{kind}"'] if kind in DTYPES and flags.has("train.precision") else []


def switches(settings: dict[str, Any], flags: Flags) -> list[str]:
    """What torch is told before anything else."""
    lines = {
        "deterministic": "torch.use_deterministic_algorithms(True)",
        "tf32": 'torch.set_float32_matmul_precision("high")',
    }
    chosen = [name for name in lines if settings[name]]
    return [line for name in chosen for line in flags.where(f"train.{name}", [lines[name]])]


def command_line(program: Program, flags: Flags) -> dict[str, Any]:
    """What the template of the command line is filled with."""
    assert program.train is not None
    counted = [flag for flag in flags.fields if flag.setting in COUNTS or not flag.setting and flag.name in OWN_COUNTS]
    counts = [flag.name for flag in counted]
    return {
        "keep_memory": _frees_much(program),
        "has_switches": "bool" in flags.kinds,
        "has_tuples": "tuple" in flags.kinds,
        "tuple_flag": next((_shown(flag) for flag in flags.fields if flag.type.startswith("tuple")), ""),
        "counts": ", ".join(f"config.{name}" for name in counts),
        "counts_named": listed([f"--{name.replace('_', '-')}" for name in counts]),
        "precision": program.train.settings["precision"] if flags.has("train.precision") else "",
    }


def _shown(flag: Flag) -> str:
    """A flag with its default, as in a shell."""
    return f'{flag.name.replace("_", "-")} "{comment(flag.default)}"'


def _frees_much(program: Program) -> bool:
    """Whether a batch's activations are large enough for the allocator to hand their memory back every time."""
    size = program.data.splits[0].loader["batch_size"]  # type: ignore[union-attr]
    memory = [per_sample(summarise(model).memory, {}) for model in program.models]
    return any(not isinstance(sample, int) or sample * size > LARGE for sample in memory)


def _together(starts: list[str]) -> list[str]:
    """Names that start as the same number in one line."""
    names: dict[str, list[str]] = {}
    for line in starts:
        name, _, value = line.partition(" = ")
        number = value == "0" or value.startswith("torch.tensor(")
        names.setdefault(value if number else line, []).append(name)
    made = []
    for value, found in names.items():
        line = value if value.startswith(f"{found[0]} = ") else " = ".join([*found, value])
        made += [line] if len(line) <= WIDTH - 4 or len(found) == 1 else [f"zero = {value}", *_chained(found, "zero")]
    return made


def _chained(names: list[str], value: str) -> list[str]:
    """`a = b = value`, in as many lines as it takes."""
    made = [f"{names[0]} = {value}"]
    for name in names[1:]:
        longer = f"{made[-1].removesuffix(value)}{name} = {value}"
        made = [*made[:-1], longer] if len(longer) <= WIDTH - 4 else [*made, f"{name} = {value}"]
    return made


def _joined(before: str, items: list[str], after: str) -> list[str]:
    return [before + ", ".join(items) + after]
