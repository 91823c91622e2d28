"""Calls of the losses of torch.nn: outputs and targets that fit, with all ways to reduce."""

from __future__ import annotations

from random import Random
from typing import Any

from specc.ops.kinds import sizes_of_list
from specc.types.ranges import Range, below
from specc.types.tensor import DTYPES, TensorType
from tests.conformance.cases_sequences import is_empty
from tests.conformance.tables import Open, Stricter

Case = tuple[list[Any], dict[str, Any], list[Any]]


def shape(rng: Random, low: int = 0, high: int = 4) -> tuple[int, ...]:
    """Small sizes, seldom 0."""
    return tuple(0 if rng.random() < 0.03 else rng.choice((1, 2, 3, 4, 5)) for _ in range(rng.randint(low, high)))


def dtype(rng: Random, usual: float = 0.75) -> str:
    return "f32" if rng.random() < usual else rng.choice(DTYPES)


def reduction(rng: Random, *more: str, old: bool = True) -> dict[str, Any]:
    """How the loss is reduced, seldom in torch's former way."""
    kwargs: dict[str, Any] = {}
    if rng.random() < 0.6:
        kwargs["reduction"] = rng.choice(("none", "mean", "sum", *more))
    if old and rng.random() < 0.15:
        kwargs["size_average"] = rng.choice((True, False, None))
    if old and rng.random() < 0.15:
        kwargs["reduce"] = rng.choice((True, False, None))
    return kwargs


def ones(sizes: tuple[int, ...]) -> Any:
    """Nested lists of ones."""
    return [ones(sizes[1:]) for _ in range(sizes[0])] if sizes else 1.0


def classes(rng: Random, smoothing: bool = False, probabilities: bool = False) -> Case:
    """Scores with class ids, or with probabilities."""
    sizes = shape(rng, 1, 5)
    at = 0 if len(sizes) == 1 else 1
    kwargs = reduction(rng)
    if rng.random() < 0.3:
        kwargs["weight"] = [1.0] * sizes[at]
    if rng.random() < 0.2 and 0 not in sizes:
        kwargs["ignore_index"] = rng.choice((-100, 0, 1, -1))
    if smoothing and rng.random() < 0.4:
        kwargs["label_smoothing"] = rng.choice((0.1, 1.0, 0))
    if probabilities and rng.random() < 0.3:
        return [], kwargs, [TensorType(sizes, dtype(rng)), TensorType(sizes, dtype(rng))]
    ids = TensorType((*sizes[:at], *sizes[at + 1 :]), "i64" if rng.random() < 0.8 else rng.choice(("u8", *DTYPES)))
    if ids.dtype in ("i64", "u8") and rng.random() < 0.3 and "ignore_index" not in kwargs:
        ids = ids._replace(range=below(rng.choice((1, sizes[at], sizes[at] + 1, 3)) or 1))
    return [], kwargs, [TensorType(sizes, dtype(rng)), ids]


def cross_entropy(rng: Random) -> Case:
    return classes(rng, smoothing=True, probabilities=True)


def pair(rng: Random, *more: str, old: bool = True) -> Case:
    """An output and a target of the same sizes."""
    sizes = shape(rng)
    return [], reduction(rng, *more, old=old), [TensorType(sizes, dtype(rng)), TensorType(sizes, dtype(rng))]


def binary(rng: Random, *names: str) -> Case:
    """Yes-or-no targets, with factors that stretch to their sizes."""
    args, kwargs, inputs = pair(rng)
    sizes = inputs[0].shape
    for name in names:
        if sizes and rng.random() < 0.3:
            start = rng.randrange(len(sizes))
            kwargs[name] = ones(tuple(1 if rng.random() < 0.2 else size for size in sizes[start:]))
    return args, kwargs, inputs


def gaussian(rng: Random) -> Case:
    _, _, (mean, target) = pair(rng)
    kwargs = reduction(rng, old=False)
    if rng.random() < 0.3:
        kwargs["full"] = True
    sizes = list(mean.shape)
    if sizes and rng.random() < 0.5:
        sizes[rng.randrange(len(sizes))] = 1
    if sizes and rng.random() < 0.3:
        sizes = list(mean.shape[:-1])
    var = 0.5 if rng.random() < 0.1 else TensorType(tuple(sizes), rng.choice(("f32", "f32", "f64", "f16")))
    return [], kwargs, [mean, target, var]


def poisson(rng: Random) -> Case:
    args, kwargs, inputs = pair(rng)
    return args, {name: rng.random() < 0.5 for name in ("log_input", "full") if rng.random() < 0.5} | kwargs, inputs


def margin_ranking(rng: Random) -> Case:
    args, kwargs, inputs = pair(rng)
    return args, kwargs, [*inputs, TensorType(inputs[0].shape, dtype(rng))]


def class_ids(rng: Random) -> Case:
    """MultiMarginLoss: `[N, C]` or `[C]` with one id per sample."""
    sizes = shape(rng, 1, 2) if rng.random() < 0.95 else ()
    kwargs = reduction(rng)
    if rng.random() < 0.3 and sizes:
        kwargs["weight"] = [1.0] * sizes[-1]
    if rng.random() < 0.3:
        kwargs["p"] = rng.choice((1, 2))
    ids = TensorType(sizes[:-1] if rng.random() < 0.8 or len(sizes) > 1 else (1,), "i64")
    if rng.random() < 0.4 and sizes:
        ids = ids._replace(range=below(rng.choice((1, sizes[-1], sizes[-1] + 1)) or 1))
    return [], kwargs, [TensorType(sizes, rng.choice(("f32", "f32", "f64", dtype(rng)))), ids]


def class_lists(rng: Random) -> Case:
    """MultiLabelMarginLoss: the ids of the right classes, then -1."""
    sizes = shape(rng, 0, 2)
    ids = TensorType(sizes, "i64")
    if rng.random() < 0.4 and 0 not in sizes:
        low = -1 if sizes not in ((), (1,), (1, 1)) else 0
        ids = ids._replace(range=Range(low, rng.choice((1, (sizes or (1,))[-1], (sizes or (1,))[-1] + 1))))
    return [], reduction(rng), [TensorType(sizes, rng.choice(("f32", "f32", "f64"))), ids]


def stretched(rng: Random, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """The sizes, seldom with one of them made 1."""
    if not sizes or rng.random() < 0.8:
        return sizes
    place = rng.randrange(len(sizes))
    return (*sizes[:place], 1, *sizes[place + 1 :])


def cosine_embedding(rng: Random) -> Case:
    sizes = shape(rng, 1, 2)
    inputs = [TensorType(stretched(rng, sizes), dtype(rng)) for _ in range(2)]
    return [], reduction(rng), [*inputs, TensorType(sizes[:-1], dtype(rng))]


def triplet(rng: Random, old: bool = True) -> Case:
    sizes = shape(rng)
    kwargs = reduction(rng, old=old)
    if rng.random() < 0.3:
        kwargs["swap"] = True
    if old and rng.random() < 0.3:
        kwargs["p"] = rng.choice((1, 2.0, 3))
    return [], kwargs, [TensorType(stretched(rng, sizes), dtype(rng)) for _ in range(3)]


def two(rng: Random) -> list[TensorType]:
    """Two tensors that stretch to each other."""
    sizes = shape(rng)
    return [TensorType(stretched(rng, sizes), dtype(rng)) for _ in range(2)]


def cosine_similarity(rng: Random) -> Case:
    inputs = two(rng)
    rank = max(inputs[0].rank, 1)
    return [rng.randint(-rank, rank - 1)], {}, inputs


def pairwise_distance(rng: Random) -> Case:
    kwargs: dict[str, Any] = {"keepdim": True} if rng.random() < 0.3 else {}
    return [rng.choice((1, 2.0, 3, 0.5))], kwargs, two(rng)


def ctc(rng: Random) -> Case:
    steps, batch, labels = rng.randint(1, 4), rng.randint(1, 3), rng.randint(1, 4)
    kwargs = reduction(rng, old=False)
    if rng.random() < 0.3:
        kwargs["blank"] = rng.randint(0, labels - 1)
    if rng.random() < 0.3:
        kwargs["zero_infinity"] = True
    is_batched = rng.random() < 0.8
    batch = batch if is_batched else 1
    log_probs = TensorType((steps, batch, labels) if is_batched else (steps, labels), rng.choice(("f32", "f32", "f64")))
    each = rng.randint(0, 3)
    targets = TensorType((batch, each) if rng.random() < 0.6 else (batch * each,), rng.choice(("i64", "i32", "u8")))
    if rng.random() < 0.3:
        return [], kwargs, [log_probs, targets, (steps,) * batch, (each,) * batch]
    return (
        [],
        kwargs,
        [log_probs, targets, *(TensorType((batch,), "i64", Range(size, size + 1)) for size in (steps, each))],
    )


def adaptive(rng: Random) -> Case:
    width, labels = rng.randint(1, 6), rng.randint(2, 8)
    cutoffs = sorted(rng.sample(range(1, labels), rng.randint(1, min(3, labels - 1))))
    kwargs: dict[str, Any] = {"head_bias": True} if rng.random() < 0.3 else {}
    if rng.random() < 0.3:
        kwargs["div_value"] = rng.choice((2, 2.0, 1.5))
    batch = (rng.randint(0, 4),) if rng.random() < 0.8 else ()
    ids = TensorType(
        batch, "i64", Range(0, rng.choice((1, labels, labels, labels + 1))) if rng.random() < 0.6 else None
    )
    return [width, labels, cutoffs], kwargs, [TensorType((*batch, width), "f32"), ids]


def lengths_unknown(call: Any) -> bool:
    """Whether nothing is said of the lengths of the targets."""
    given = {**call.named_inputs, **call.kwargs}
    lengths = given.get("target_lengths") or (call.inputs or call.args)[3]
    return isinstance(lengths, TensorType) and lengths.range is None


CASES = {
    "CTCLoss": ctc,
    "AdaptiveLogSoftmaxWithLoss": adaptive,
    "KLDivLoss": lambda rng: pair(rng, "batchmean", old=False),
    "PoissonNLLLoss": poisson,
    "GaussianNLLLoss": gaussian,
    "HingeEmbeddingLoss": pair,
    "SoftMarginLoss": pair,
    "MultiLabelSoftMarginLoss": lambda rng: binary(rng, "weight"),
    "MarginRankingLoss": margin_ranking,
    "MultiMarginLoss": class_ids,
    "MultiLabelMarginLoss": class_lists,
    "CosineEmbeddingLoss": cosine_embedding,
    "TripletMarginLoss": triplet,
    "TripletMarginWithDistanceLoss": lambda rng: triplet(rng, old=False),
    "CosineSimilarity": cosine_similarity,
    "PairwiseDistance": pairwise_distance,
    "CrossEntropyLoss": cross_entropy,
    "NLLLoss": classes,
    "NLLLoss2d": classes,
    "MSELoss": pair,
    "L1Loss": pair,
    "SmoothL1Loss": pair,
    "HuberLoss": lambda rng: pair(rng, old=False),
    "BCELoss": lambda rng: binary(rng, "weight"),
    "BCEWithLogitsLoss": lambda rng: binary(rng, "weight", "pos_weight"),
}


def as_function(case: Any, *weights: str) -> Any:
    """Calls of the function that does what a layer does; lists of numbers become tensors."""

    def drawn(rng: Random) -> Case:
        args, kwargs, inputs = case(rng)
        for name in ("weight", "pos_weight"):
            if name in kwargs:
                kwargs[name] = type_of_list(kwargs[name])
        if "weight" in weights and rng.random() < 0.4:
            kwargs["weight"] = TensorType(inputs[0].shape, dtype(rng))
        return [*inputs, *args], kwargs, []

    return drawn


def type_of_list(numbers: Any) -> TensorType:
    return TensorType(sizes_of_list(numbers) or (), "f32")


NAMES_OF_FUNCTIONS = {
    "cosine_similarity": "CosineSimilarity",
    "pairwise_distance": "PairwiseDistance",
    "binary_cross_entropy": "BCELoss",
    "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
    "cross_entropy": "CrossEntropyLoss",
    "nll_loss": "NLLLoss",
    "ctc_loss": "CTCLoss",
    "kl_div": "KLDivLoss",
    "poisson_nll_loss": "PoissonNLLLoss",
    "gaussian_nll_loss": "GaussianNLLLoss",
    "smooth_l1_loss": "SmoothL1Loss",
    "hinge_embedding_loss": "HingeEmbeddingLoss",
    "soft_margin_loss": "SoftMarginLoss",
    "margin_ranking_loss": "MarginRankingLoss",
    "multi_margin_loss": "MultiMarginLoss",
    "multilabel_margin_loss": "MultiLabelMarginLoss",
    "multilabel_soft_margin_loss": "MultiLabelSoftMarginLoss",
    "cosine_embedding_loss": "CosineEmbeddingLoss",
    "triplet_margin_loss": "TripletMarginLoss",
    "triplet_margin_with_distance_loss": "TripletMarginWithDistanceLoss",
}
CASES |= {function: as_function(CASES[layer]) for function, layer in NAMES_OF_FUNCTIONS.items()}
CASES |= {
    "mse_loss": as_function(pair, "weight"),
    "l1_loss": as_function(pair, "weight"),
    "huber_loss": as_function(CASES["HuberLoss"], "weight"),
}

STRICTER = {
    "*. loss-broadcast": "torch stretches output and target to each other and only warns: all outputs meet all targets",
    "*.label_smoothing argument-domain": "below 0 torch reads it as 0",
    "*.reduction argument-domain": "torch looks at no reduction where size_average or reduce is given",
    "CrossEntropyLoss.weight target-shape": "for maps of classes torch looks only at how many numbers the weight holds",
    "cross_entropy.weight target-shape": "for maps of classes torch looks only at how many numbers the weight holds",
    "nll_loss.weight target-shape": "for maps of classes torch looks only at how many numbers the weight holds",
    "NLLLoss*.weight target-shape": "for maps of classes torch looks only at how many numbers the weight holds",
    "*_loss. dtype-mismatch": Stricter("torch does not look at the dtype of an empty tensor", is_empty),
    "cross_entropy. dtype-mismatch": Stricter("torch does not look at the dtype of an empty tensor", is_empty),
    "*_loss. class-count-mismatch": Stricter("without classes torch takes only ids that are all ignored", is_empty),
    "cross_entropy. class-count-mismatch": Stricter("without classes torch takes only ignored ids", is_empty),
    "*Loss. dtype-mismatch": Stricter("torch does not look at the dtype of an empty tensor", is_empty),
    "*Loss. class-count-mismatch": Stricter("without classes torch takes only ids that are all ignored", is_empty),
    "AdaptiveLogSoftmaxWithLoss. class-target-dtype": "torch takes i32 ids where all of them are frequent classes",
    "ctc_loss. class-count-mismatch": Stricter("torch does not look at the labels and reads other memory", unsafe=True),
    "CTCLoss. class-count-mismatch": Stricter("torch does not look at the labels and reads other memory", unsafe=True),
}

OPEN = {
    "ctc_loss: Expected tensor to have size 0 at dimension 0": Open(
        "whether targets in a row fit their lengths depends on values that are not known", lengths_unknown
    ),
    "AdaptiveLogSoftmaxWithLoss: can't allocate memory": "a tiny div_value makes clusters wider than any memory",
    "CTCLoss: Expected tensor to have size 0 at dimension 0": Open(
        "whether targets in a row fit their lengths depends on values that are not known", lengths_unknown
    ),
}
