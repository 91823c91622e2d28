"""A training of one's own as a script: several models and optimizers, and steps that take turns on every batch."""

from __future__ import annotations

import re
from typing import Any

from specc.backends.layout import flat
from specc.backends.python_text import comment, identifier, literal, targets
from specc.backends.script_classes import ClassPrinter
from specc.backends.script_flags import Flags
from specc.backends.script_members import layer_call
from specc.backends.script_model import Constructor, ModelSection, changed, others
from specc.backends.script_objective import LOCALS, Variables
from specc.backends.script_optimization import optimizer_lines
from specc.backends.script_schedule import ScriptSchedule
from specc.backends.script_steps import plain, statement_lines, written
from specc.backends.script_training import autocast, mixed
from specc.compiler import Unit
from specc.program.model import Action, BlockMember, BufferMember, LayerMember, OptimizerPlan, Program, StepPlan

LOOP = 12  # columns before a statement of the training loop
OWN_LOCALS = {"models", "losses", "save_image"}


class OwnTrainingText:
    """What the template of train is filled with where the steps are the spec's own."""

    def __init__(self, program: Program, section: ModelSection, flags: Flags, reading: bool) -> None:
        assert program.train is not None and program.data is not None
        self.program, self.train_plan, self.section, self.flags = program, program.train, section, flags
        self.settings = program.train.settings
        self.schedule = ScriptSchedule(program, flags, reading)
        self.variable = Variables(LOCALS | OWN_LOCALS | set(class_names(section.text)))
        self.parts = [self.variable.add(part.name) for part in program.data.parts]
        self.variable["loss"] = "loss"
        self.models = {model.name: self.variable.fresh(instance(model.name)) for model in program.models}
        self.optimizers = {plan.name: self.variable.fresh(plan.name) for plan in program.optimizers}
        self.buffers = {member.path: self.variable.add(member.path) for member in self.train_plan.buffers}
        self.modules, self.classes = self._modules()
        self.fed: list[str] = []  # parts that go into the model's memory layout: with steps of one's own, none

    distributed = False  # several processes do not take steps of one's own yet

    # ------------------------------------------------------------ modules of the steps

    def _modules(self) -> tuple[dict[tuple[int, str], tuple[str, str]], list[str]]:
        """Variable and construction of every module without weights that stands in a body; classes these need."""
        printer = ClassPrinter(set(class_names(self.section.text)) | set(self.variable.taken))
        texts: dict[tuple[int, str], tuple[str, str]] = {}
        for graph in (*(step.graph for step in self.train_plan.steps), *(a.graph for a in self.train_plan.actions)):
            for member in graph.members:
                assert isinstance(member, (LayerMember, BlockMember))
                texts[id(graph), member.path] = module_name(member), _construction(printer, member)
        self.variable.taken |= {one.name for one in printer.classes}
        made = {place: (self.variable.fresh(name), text) for place, (name, text) in texts.items()}
        return made, [one.text for one in printer.classes]

    def _module(self, graph: Any, path: str) -> str:
        return self.models.get(path) or self.modules[id(graph), path][0]

    # ------------------------------------------------------------ what the templates ask for

    @property
    def unpack(self) -> str:
        """The variables of a batch."""
        return targets(self.parts)

    def train(self) -> dict[str, Any]:
        return {
            "judging": False,
            "reads_device": True,
            "remembers": False,
            "setup": self._setup(),
            "unpack": self._used(),
            "epochs": self.schedule.epochs,
            "step": self._steps(),
            "after_step": [*self._actions("step"), *self.schedule.after_step()],
            "end_of_epoch": self._actions("epoch"),
            "after_epoch": [],
        }

    def _used(self) -> str:
        """A batch taken apart, with `_` for what no step reads."""
        read = {given.name for step in self.train_plan.steps for given in step.graph.inputs}
        names = {part.name: name for part, name in zip(self.program.data.parts, self.parts)}  # type: ignore[union-attr]
        return targets([variable if name in read else "_" for name, variable in names.items()])

    # ------------------------------------------------------------ before the loop

    def _setup(self) -> list[str]:
        """Models, buffers and optimizers, in the order that decides which random numbers go where."""
        made = mixed(self.settings, self.flags)
        made += [f"{self.models[model.name]} = {self._made(model.name)}.to(device)" for model in self.program.models]
        if self.settings["channels_last"]:
            moved = [f"{one} = {one}.to(memory_format=torch.channels_last)" for one in self.models.values()]
            made += self.flags.where("train.channels_last", moved)
        pairs = ", ".join(f"{literal(name)}: {one}" for name, one in self.models.items())
        made.append(f"models = nn.ModuleDict({{{pairs}}})")
        for member in self.train_plan.buffers:
            made += self._buffer(member)
        for plan in self.program.optimizers:
            made += optimizer_lines(plan, self.flags, self.optimizers[plan.name], self._trained(plan))
        made += [f"{name} = {text}" for name, text in self.modules.values()]
        made += self.schedule.counts()
        parts = {"model": "models"} | self.optimizers
        return [*made, f"parts: Any = {{{', '.join(f'{literal(key)}: {name}' for key, name in parts.items())}}}"]

    def _buffer(self, member: BufferMember) -> list[str]:
        """Drawn where torch draws by default, then moved."""
        graph = self.train_plan.steps[0].graph._replace(
            inputs=(), members=(), steps=member.steps, result={"value": member.value}, names={}
        )
        body = written(graph, ["value"], Scratch(self.variable), str, "")
        name = self.buffers[member.path]
        return [
            *statement_lines(body.statements, 4),
            f"{name} = {flat(plain(body.results['value']))}.to(device)",
            f"models.register_buffer({literal(member.path)}, {name})",
        ]

    def _made(self, name: str) -> str:
        constructor = self.section.constructors[name]
        given = [(n, self.flags.value(n, v)) for n, v in constructor.parameters if n in self.flags.of_setting]
        return f"{constructor.name}({', '.join(f'{identifier(name)}={text}' for name, text in given)})"

    def _trained(self, plan: OptimizerPlan) -> str:
        """What an optimizer is given: parameters, or its groups of them."""
        models = [self.models[name] for name in plan.models]
        if plan.groups:
            return f"{groups_name(plan, self.program)}({models[0]})"
        return parameters(models)

    # ------------------------------------------------------------ in the loop

    def _steps(self) -> list[str]:
        made = ["losses: dict[str, float] = {}"]
        for step in self.train_plan.steps:
            made += self._step(step)
        return [
            *made,
            "",
            "if not all(map(math.isfinite, losses.values())):",
            '    print(f"losses {losses} in step {place.step + 1}", file=sys.stderr)',
            "    sys.exit(3)",
            "place.batch += 1",
            "place.step += 1",
            f"if place.step % {self.schedule.log_steps} == 0:",
            '    log("train", losses)',
        ]

    def _step(self, step: StepPlan) -> list[str]:
        """Forward pass and loss, gradients of one optimizer's parameters, update."""
        plan = next(plan for plan in self.program.optimizers if plan.name == step.optimizer)
        inside = 4 if step.every != 1 else 0
        optimizer, trained = self.optimizers[plan.name], self._learning(plan)
        made = [
            *self._forward(step, LOOP + inside),
            f"{optimizer}.zero_grad()",
            f"loss.backward(inputs={trained if trained.startswith('[') else f'list({trained})'})",
            *self._clip(trained),
            f"{optimizer}.step()",
            f"losses[{literal(step.name)}] = loss.item()",
        ]
        head = comment(f"# step {step.name}: {' and '.join(plan.models)} learn{'s' if len(plan.models) == 1 else ''}")
        if inside:
            made = [f"if place.step % {step.every} == 0:", *(f"    {line}" for line in made)]
        return ["", head, *made]

    def _forward(self, step: StepPlan, indent: int) -> list[str]:
        """From the batch to the loss, in mixed precision where the spec wants it."""
        head = autocast(self.settings, self.flags)
        needed = {given.name for other in self.train_plan.steps for given in other.graph.inputs}
        wanted = [name for name in step.graph.result if name == "loss" or name in needed]
        body = written(step.graph, wanted, self.variable, lambda path: self._module(step.graph, path))
        made = statement_lines(body.statements, indent + (4 if head else 0))
        results = {self.variable[name]: flat(plain(doc)) for name, doc in body.results.items()}
        moved = {name: text for name, text in results.items() if name != text}
        if moved:
            made.append(f"{', '.join(moved)} = {', '.join(moved.values())}")
        return [head, *(f"    {line}" for line in made)] if head else made

    def _learning(self, plan: OptimizerPlan) -> str:
        """The parameters that collect gradients in a step."""
        models = [self.models[name] for name in plan.models]
        state = [entry for model in self.program.models if model.name in plan.models for entry in model.state]
        if all(entry.trainable or entry.is_buffer for entry in state):
            return parameters(models)
        given = parameters(models).removeprefix("[*").removesuffix("]")
        return f"[p for p in {given} if p.requires_grad]"

    def _clip(self, trained: str) -> list[str]:
        return [
            f"nn.utils.{name}_({trained}, {self.flags.value(f'train.{name}', self.settings[name])})"
            for name in ("clip_grad_norm", "clip_grad_value")
            if self.settings[name] is not None
        ]

    # ------------------------------------------------------------ actions

    def _actions(self, unit: str) -> list[str]:
        made: list[str] = []
        for action in self.train_plan.actions:
            if action.cadence.unit == unit:
                made += self._action(action)
        return made

    def _action(self, action: Action) -> list[str]:
        """A picture every so often, with the models in evaluation mode meanwhile."""
        every = action.cadence.count
        indent = LOOP + (4 if action.cadence.unit == "step" else 0) + (4 if every != 1 else 0)
        body = written(action.graph, ["value"], Scratch(self.variable), lambda path: self._module(action.graph, path))
        options = "".join(f", {name}={literal(value)}" for name, value in action.options.items())
        made = [
            "models.eval()",
            "with torch.no_grad():",
            *(f"    {line}" for line in statement_lines(body.statements, indent)),
            f"    save_image({flat(plain(body.results['value']))}, out / {file_name(action.path)}{options})",
            "models.train()",
        ]
        folder = "".join(action.path).rpartition("/")[0]
        if folder:
            parts = tuple(part for part in re.split(r"(\{epoch\}|\{step\})", folder) if part)
            made.insert(0, f"(out / {file_name(parts)}).mkdir(parents=True, exist_ok=True)")
        if every == 1:
            return made
        counter = "place.step" if action.cadence.unit == "step" else "(epoch + 1)"
        return [f"if {counter} % {every} == 0:", *(f"    {line}" for line in made)]


def _construction(printer: ClassPrinter, member: LayerMember | BlockMember) -> str:
    """The constructor call of a module without weights."""
    if isinstance(member, LayerMember):
        text = flat(plain(layer_call(member)))
        return f"{text}.to(device)" if "torch.tensor(" in text else text
    made = printer.add(member.graph)
    pairs = zip(made.parameters, made.values[id(member.graph)])
    return f"{made.name}({', '.join(f'{name}={literal(value)}' for (name, _), value in pairs)})"


class Scratch(Variables):
    """The variables of a body that nothing is read of later."""

    def __init__(self, others: Variables) -> None:
        super().__init__(others.taken)
        self.update(others)


# ---------------------------------------------------------------- names and numbers


def class_names(text: str) -> list[str]:
    """The classes of a script's section."""
    return re.findall(r"^class (\w+)", text, re.MULTILINE)


def instance(model: str) -> str:
    """`net_g` for G, `small_net` for SmallNet."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", model).lower()
    return words if len(words) > 1 and words != model else f"net_{words}"


def module_name(member: LayerMember | BlockMember) -> str:
    """The label the spec gives a module, else the kind of it."""
    if member.path.isidentifier():
        return member.path
    kind = member.operation.name if isinstance(member, LayerMember) else member.graph.name
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower()


def parameters(models: list[str]) -> str:
    if len(models) == 1:
        return f"{models[0]}.parameters()"
    return f"[{', '.join(f'*{one}.parameters()' for one in models)}]"


def groups_name(plan: OptimizerPlan, program: Program) -> str:
    """The function that sorts an optimizer's parameters."""
    return "parameter_groups" if len(program.optimizers) == 1 else f"{plan.name}_groups"


def file_name(path: tuple[str, ...]) -> str:
    """`f"fake_{epoch + 1}.png"`."""
    counters = {"{epoch}": "{epoch + 1}", "{step}": "{place.step}"}
    if not set(path) & set(counters):
        return literal("".join(path))
    return "f" + literal("".join(counters.get(part, part.replace("{", "{{").replace("}", "}}")) for part in path))


def settable(unit: Unit, constructors: dict[str, Constructor]) -> tuple[tuple[str, Any], ...]:
    """The models' parameters that can change alone: models have one value for them, and the steps allow others."""
    assert unit.program is not None
    taken = {model.name: dict(constructors[model.name].parameters) for model in unit.program.models}
    found = {name: value for parameters in taken.values() for name, value in parameters.items()}
    left_out = {
        name for model in unit.program.models for name in model.graph.arguments if name not in taken[model.name]
    }
    left_out |= {
        name for given in taken.values() for name, value in given.items() if literal(value) != literal(found[name])
    }
    return tuple((n, value) for n, value in found.items() if n not in left_out and _can_change(unit, n, value))


def _can_change(unit: Unit, name: str, value: Any) -> bool:
    settings = dict(unit.settings)
    return not any(changed(unit.source, settings, name, other).has_errors for other in others(value))
