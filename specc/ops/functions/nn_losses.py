"""The losses of torch.nn as functions: those that share all their rules with the layers."""

from __future__ import annotations

from specc.ops.base import Argument, Function, Loss, Use
from specc.ops.kinds import TENSOR, Items, Numbers, Optional
from specc.ops.layers import losses_binary as binary
from specc.ops.layers import losses_classes as classes
from specc.ops.layers import losses_ctc as ctc
from specc.ops.layers import losses_density as density
from specc.ops.layers import losses_margin as margin
from specc.ops.layers import losses_regression as regression
from specc.ops.layers import losses_similarity as similarity
from specc.ops.losses import element_weighted
from specc.types.tensor import Type

ELEMENT_WEIGHT = Argument("weight", Optional(TENSOR), None, "a factor for each element")


class _LossFunction(Function):
    """A loss as a function of its inputs: the rule is that of the layer."""

    loss: Loss

    def infer(self, use: Use) -> Type:
        return self.loss.infer(use)


class _ElementLossFunction(_LossFunction):
    """A loss that as a function also takes a factor for each element."""

    def infer(self, use: Use) -> Type:
        return self.loss.infer(use) if use.weight is None else element_weighted(use)


class GivenWeight(Optional):
    """A tensor of weights, or none: a list of constants is kept by a layer, which moves it along with the model."""

    def __init__(self, layer: str) -> None:
        super().__init__(TENSOR)
        self.words = f"a tensor or none; the layer {layer} takes a list of numbers"


def argument(given: Argument, layer: str) -> Argument:
    """A layer's argument as the function has it: weights are tensors."""
    if isinstance(given.kind, Optional) and isinstance(given.kind.inner, (Numbers, Items)):
        return given._replace(kind=GivenWeight(layer))
    return given


def function_of(name: str, layer: type[Loss], weighted: bool = False, free: bool = False) -> type[Function]:
    """The function `name`; `weighted` ones have a factor for each element, `free` ones take all arguments by place."""
    loss = layer()
    arguments = tuple(argument(each, loss.name) for each in (*loss.inputs, *loss.arguments))
    if free:
        arguments = tuple(each._replace(keyword_only=False) for each in arguments)
    inputs = ", ".join(each.name for each in loss.inputs)
    return type(
        name,
        (_ElementLossFunction if weighted else _LossFunction,),
        {
            "__doc__": loss.doc,
            "target": f"torch.nn.functional.{name}",
            "loss": loss,
            "arguments": (*arguments, ELEMENT_WEIGHT) if weighted else arguments,
            "example": f"loss {name}({inputs})",
        },
    )


ROWS = (
    ("binary_cross_entropy", binary.BCELoss),
    ("binary_cross_entropy_with_logits", binary.BCEWithLogitsLoss),
    ("cross_entropy", classes.CrossEntropyLoss),
    ("nll_loss", classes.NLLLoss),
    ("ctc_loss", ctc.CTCLoss),
    ("kl_div", density.KLDivLoss),
    ("poisson_nll_loss", density.PoissonNLLLoss),
    ("smooth_l1_loss", regression.SmoothL1Loss),
    ("hinge_embedding_loss", margin.HingeEmbeddingLoss),
    ("soft_margin_loss", margin.SoftMarginLoss),
    ("margin_ranking_loss", margin.MarginRankingLoss),
    ("multi_margin_loss", margin.MultiMarginLoss),
    ("multilabel_margin_loss", margin.MultiLabelMarginLoss),
    ("multilabel_soft_margin_loss", margin.MultiLabelSoftMarginLoss),
    ("cosine_embedding_loss", similarity.CosineEmbeddingLoss),
    ("triplet_margin_loss", similarity.TripletMarginLoss),
    ("triplet_margin_with_distance_loss", similarity.TripletMarginWithDistanceLoss),
)
WEIGHTED = (
    ("mse_loss", regression.MSELoss),
    ("l1_loss", regression.L1Loss),
    ("huber_loss", regression.HuberLoss),
)

FUNCTIONS = (
    *(function_of(name, layer) for name, layer in ROWS),
    *(function_of(name, layer, weighted=True) for name, layer in WEIGHTED),
    function_of("gaussian_nll_loss", density.GaussianNLLLoss, free=True),
)
