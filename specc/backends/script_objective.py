"""The loss in a script: a criterion of torch where the loss is one, a class of its own where it is a formula."""

from __future__ import annotations

from specc.backends.python_text import literal, targets
from specc.backends.script_calls import short
from specc.backends.script_classes import ClassPrinter
from specc.program.model import LayerMember, LossTerm, MetricPlan, ModuleStep, Program
from specc.program.objectives import output_types

# names of evaluate and train that a part of the sample or an output must not hide
LOCALS = frozenset(
    """
    batches best checkpoint chunks config count criterion data device draws ema epoch evaluate figures frame
    generator index load log loss lr model number optimizer order out part parts place resume samples save
    scaler scheduler shares shown signals size split steps total train values nn torch math json os sys time
    signal F normalize center_crop convert_image_dtype crop old row Any Path Place Config
    range len float zip min sum list dict tuple print str int type image_size vars closure found
    grad_norm learner local zero share over_ranks dist mine agreed noticed path kept started bf16
    f16 whole rest line shuffled
    """.split()
)


JOINED = 68  # columns that a statement has in a loop

# losses without arguments, as the functions that they call
FUNCTIONS = {
    "nn.BCELoss()": "F.binary_cross_entropy",
    "nn.BCEWithLogitsLoss()": "F.binary_cross_entropy_with_logits",
    "nn.CrossEntropyLoss()": "F.cross_entropy",
    "nn.HuberLoss()": "F.huber_loss",
    "nn.L1Loss()": "F.l1_loss",
    "nn.MSELoss()": "F.mse_loss",
    "nn.NLLLoss()": "F.nll_loss",
    "nn.SmoothL1Loss()": "F.smooth_l1_loss",
}


class Variables(dict[str, str]):
    """Names of the spec as variables that hide nothing evaluate and train need."""

    def __init__(self, taken: set[str] | frozenset[str] = LOCALS) -> None:
        super().__init__()
        self.taken = set(taken)

    def add(self, name: str) -> str:
        """The variable of a value called `name`."""
        self[name] = self.fresh(name)
        return self[name]

    def fresh(self, name: str) -> str:
        """A variable for something that is no value, called `name` if that is free."""
        while name in self.taken or not name.isidentifier() or _is_keyword(name):
            name += "_"
        self.taken.add(name)
        return name


class Objective:
    """Names of the parts and outputs as variables, the criteria, and the lines that compute the loss."""

    def __init__(self, program: Program, class_names: set[str]) -> None:
        assert program.data is not None
        model, data = program.models[0], program.data
        self.variable = Variables()
        self.parts = [self.variable.add(part.name) for part in data.parts]
        self.output_keys = list(output_types(model.graph))
        self.output_names = [self.variable.add(name) for name in self.output_keys]
        self.types = {part.name: part.type for part in data.parts} | output_types(model.graph)
        feeds = {part.input: name for part, name in zip(data.parts, self.parts) if part.input is not None}
        self.fed = [feeds[given.name] for given in model.graph.inputs if given.name in feeds]
        self.named_outputs = isinstance(model.graph.result_type, dict)
        self.terms = [
            Term(term, place, len(program.losses) == 1, class_names) for place, term in enumerate(program.losses)
        ]
        self.criteria = [term.criterion for term in self.terms if term.construction]

    @property
    def unpack(self) -> str:
        """The variables of a batch."""
        return targets(self.parts)

    @property
    def outputs(self) -> str:
        """What the model's result is bound to."""
        return "outputs" if self.named_outputs else ", ".join(self.output_names)

    def bound(self, read: set[str]) -> str:
        """The same, where only the outputs of some names are read."""
        shown = (name if name in read else f"_{name}" for name in self.output_names)
        return "outputs" if self.named_outputs else ", ".join(shown)

    @property
    def read(self) -> set[str]:
        """The variables that the loss reads."""
        return {self.variable[name] for term in self.terms for name in term.inputs}

    @property
    def term_names(self) -> list[str]:
        return [term.name for term in self.terms] if len(self.terms) > 1 else []

    @property
    def classes(self) -> list[str]:
        """Texts of the classes that compute losses which are no criterion of torch."""
        return [text for term in self.terms for text in term.classes]

    def setup_lines(self) -> list[str]:
        return [
            f"{term.criterion} = {term.construction}{'.to(config.device)' if term.has_tensors else ''}"
            for term in self.terms
            if term.construction
        ]

    def loss_lines(self, read: set[str]) -> list[str]:
        """From the model's result, of which `read` are needed, to `loss`, and a variable for each named term."""
        named = zip(self.output_keys, self.output_names) if self.named_outputs else ()
        made = [f"{name} = outputs[{literal(key)}]" for key, name in named if name in read]
        calls = [f"{term.criterion}({', '.join(self.variable[name] for name in term.inputs)})" for term in self.terms]
        if len(calls) == 1:
            return [*made, f"loss = {calls[0]}"]
        made += [f"{name} = {text}" for name, text in zip(self.term_names, calls)]
        return [*made, f"loss = {' + '.join(self.term_names)}"]

    def joined(self, model: str) -> list[str]:
        """The loss of a batch where nothing else needs the model's result."""
        lines = self.loss_lines(self.read)
        call = f"{model}({', '.join(self.fed)})"
        if self.named_outputs or len(lines) > 1 or lines[0].count(f"({self.outputs}, ") != 1:
            return [f"{self.bound(self.read)} = {call}", *lines]
        whole = lines[0].replace(f"({self.outputs}, ", f"({call}, ")
        if len(whole) > JOINED or self.outputs in lines[0].replace(f"({self.outputs}, ", ""):
            return [f"{self.outputs} = {call}", *lines]
        return [whole]

    def compared(self, plan: MetricPlan) -> tuple[str, str, bool, bool]:
        """The two variables a metric compares, whether they are of one shape, and whether a sample has one answer."""
        output, target = plan.inputs
        shapes = [getattr(self.types[name], "shape", None) for name in (output, target)]
        single = shapes[1] is not None and all(size == 1 for size in shapes[1][1:])
        return self.variable[output], self.variable[target], shapes[0] == shapes[1], single


class Term:
    """One term of the loss: how its module is made, and which values it is called with."""

    def __init__(self, term: LossTerm, place: int, alone: bool, class_names: set[str]) -> None:
        self.name = term.name or ("loss" if alone else f"term{place + 1}")
        self.criterion = "criterion" if alone else f"{self.name}_criterion"
        self.inputs = [given.name for given in term.graph.inputs]
        self.classes: list[str] = []
        layer = _single_layer(term)
        if layer is not None:
            self.construction = _plain(layer)
            self.has_tensors = "torch.tensor(" in self.construction
            if self.construction in FUNCTIONS:
                self.criterion, self.construction = FUNCTIONS[self.construction], ""
            refs = {given.ref: given.name for given in term.graph.inputs}
            self.inputs = [refs[ref] for ref in term.graph.steps[0].args]  # type: ignore[union-attr]
            return
        printer = ClassPrinter(class_names)
        made = printer.add(term.graph._replace(name=_class_name(term.name)))
        class_names |= {one.name for one in printer.classes}
        self.classes = [one.text for one in printer.classes]
        self.construction, self.has_tensors = f"{made.name}()", True


def _single_layer(term: LossTerm) -> LayerMember | None:
    """The loss of torch that a term is, if it is nothing else."""
    graph = term.graph
    refs = {given.ref for given in graph.inputs}
    if len(graph.steps) != 1 or len(graph.members) != 1 or not isinstance(graph.members[0], LayerMember):
        return None
    step = graph.steps[0]
    if not isinstance(step, ModuleStep) or step.kwargs or any(ref not in refs for ref in step.args):
        return None
    return graph.members[0] if graph.result == step.result else None


def _plain(layer: LayerMember) -> str:
    """`nn.CrossEntropyLoss(label_smoothing=0.1)`."""
    tensors = getattr(layer.operation, "tensor_arguments", ())
    arguments = [literal(value) for value in layer.call.args]
    for name, value in layer.call.kwargs:
        given = name in tensors and isinstance(value, (list, tuple))
        arguments.append(f"{name}=torch.tensor({literal(value)})" if given else f"{name}={literal(value)}")
    return f"{short(layer.call.target)}({', '.join(arguments)})"


def _class_name(name: str | None) -> str:
    words = [word for word in (name or "objective").split("_") if word]
    return "".join(word[:1].upper() + word[1:] for word in words) + ("" if not name else "Loss")


def _is_keyword(name: str) -> bool:
    import keyword

    return keyword.iskeyword(name) or keyword.issoftkeyword(name)
