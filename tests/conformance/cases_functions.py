"""Random calls of functions, and where torch and specc may differ on them."""

from __future__ import annotations

from random import Random
from typing import Any, Callable

from specc.ops.base import Operation
from specc.ops.functions.pooling import Twin
from specc.ops.registry import all_operations
from specc.types.tensor import TensorType
from tests.conformance import calls_maps, calls_shapes, cases_layers
from tests.conformance.drawing import MAKERS, Draw, any_call
from tests.conformance.tables import Open, Stricter

assert calls_maps and calls_shapes  # importing them fills MAKERS


def of_layer(operation: Twin, rng: Random) -> tuple[Any, Any, Any]:
    """The function's twin of a call of the layer."""
    args, kwargs, inputs = cases_layers.CASES[operation.layer.name](rng)
    if isinstance(inputs, dict):
        rest = {name: value for name, value in inputs.items() if not isinstance(value, TensorType)}
        return [*(x for x in inputs.values() if isinstance(x, TensorType)), *args], {**kwargs, **rest}, ()
    return [*inputs, *args], kwargs, ()


def case_of(operation: Operation) -> Callable[[Random], tuple[Any, Any, Any]]:
    """The case of a function for the harness."""

    def case(rng: Random) -> tuple[Any, Any, Any]:
        if isinstance(operation, Twin):
            return of_layer(operation, rng)
        made = MAKERS.get(operation.name)
        args, kwargs = made(Draw(rng)) if made else any_call(operation, rng)
        return args, kwargs, ()

    return case


CASES = {
    operation.name: case_of(operation)
    for operation in all_operations()
    if operation.kind == "function" and ".functions." in type(operation).__module__
}

def is_empty(call: Any) -> bool:
    """Whether a tensor of the call holds no value, or is made with a size of 0."""
    values = [*call.args, *call.kwargs.values()]
    parts = [part for value in values for part in (value if type(value) in (tuple, list) else (value,))]
    return any(0 in part.shape if isinstance(part, TensorType) else part == 0 for part in parts)


def has_no_tensor(call: Any) -> bool:
    return not any(isinstance(value, TensorType) for value in (*call.args, *call.kwargs.values()))


BOXES = "documented as [N, 4] of floats"
DTYPE_LATE = "torch looks at the dtype only when there is a value to compute with"
STRICTER = {
    "lp_pool?d.input dtype-mismatch": Stricter("torch takes whole numbers for some powers only"),
    "fractional_max_pool?d.*": Stricter("torch gives a tensor without values, or takes a window that does not fit"),
    "batch_norm.weight argument-domain": Stricter("torch takes a vector without axes where there is one channel"),
    "batch_norm.bias argument-domain": Stricter("torch takes a vector without axes where there is one channel"),
    "instance_norm.* dtype-mismatch": Stricter("torch takes vectors of mixed precision on some paths only"),
    "instance_norm.* argument-domain": Stricter("torch takes a vector without axes where there is one channel"),
    "one_hot.num_classes argument-domain": Stricter("-1 is a number of classes that depends on the values"),
    "pdist.input dtype-mismatch": Stricter("torch takes other floats where there is no pair"),
    "kthvalue.input dtype-mismatch": Stricter("torch takes a bool without axes"),
    "conv_transpose?d.bias dtype-mismatch": Stricter("torch takes a bias of another dtype on some paths of its own"),
    "conv?d.bias dtype-mismatch": Stricter("torch takes a bias of another dtype on some paths of its own"),
    "linear.bias argument-domain": Stricter("torch stretches a bias along other axes too; documented are the outputs"),
    "multinomial.num_samples index-out-of-range": Stricter("torch draws nothing where there is no row", is_empty),
    "max_unpool?d.padding *": Stricter("torch gives a tensor without values, or takes a negative padding"),
    "adaptive_avg_pool?d. rank-mismatch": Stricter("documented for a batch or a single sample only"),
    "max_unpool?d.kernel_size *": Stricter("torch takes an empty window, which undoes no pool"),
    "max_unpool?d.stride *": Stricter("torch takes a backward step, which undoes no pool"),
    **{
        name: Stricter("torch looks no further at a tensor without values; a spec's sizes are at least 1", is_empty)
        for name in (
            "*pool?d.*",
            "pixel_*",
            "local_response_norm.*",
            "pad.*",
            "conv*",
            "fold.*",
            "unfold.*",
            "interpolate.*",
            "grid_sample.*",
            "affine_grid.*",
            "*_norm.*",
        )
    },
    "* dtype-mismatch": Stricter(DTYPE_LATE, is_empty),
    "* ids-into-float-layer": Stricter(DTYPE_LATE, is_empty),
    "* division-by-zero": Stricter("torch divides only when there is a value", is_empty),
    "m??.keepdim missing-argument": Stricter("torch takes a tensor without axes for a number"),
    "interpolate. ids-into-float-layer": Stricter("torch takes whole numbers where the result is empty"),
    "tensordot. matmul-mismatch": Stricter("torch stretches a size of 1 even where it sums"),
    "randint.dtype dtype-mismatch": Stricter("torch draws bool where high is 2 at most; bernoulli is meant for it"),
    "m??.dim argument-type": Stricter("torch takes a tensor without axes for a number"),
    "cum*.dtype dtype-mismatch": Stricter("torch computes nothing for a scalar, and takes bool there"),
    "index_fill.index index-out-of-range": Stricter("torch fills nothing in a tensor without values", is_empty),
    "index_add.index index-out-of-range": Stricter("torch adds nothing to a tensor without values", is_empty),
    "interpolate.scale_factor kernel-exceeds-input": Stricter("torch gives a tensor without values"),
    "expand.size argument-domain": Stricter("torch gives a tensor of negative size"),
    "broadcast_to.size argument-domain": Stricter("torch gives a tensor of negative size"),
    "lerp.input dtype-mismatch": Stricter("torch takes whole numbers with a scalar weight only"),
    "diff.dim dim-out-of-range": Stricter("torch looks at the axis only where there is something to do"),
    "c*t.dim dim-out-of-range": Stricter("torch takes any axis where only empty tensors are joined", is_empty),
    "logsumexp.dim argument-domain": Stricter("torch takes dim=() for some shapes only"),
    "repeat.repeats argument-domain": Stricter("torch takes a negative number of copies of nothing", is_empty),
    "tile.dims argument-domain": Stricter("torch takes a negative number of copies of nothing", is_empty),
    "index_add.dim dim-out-of-range": Stricter("a scalar has no axis to add along, though torch takes single slices"),
    "max_unpool?d. ids-into-float-layer": Stricter("torch takes whole numbers where the result is empty"),
    "einsum.* dtype-mismatch": Stricter("torch's own result for other dtypes depends on the order of its sums"),
    "matrix_power.input dtype-mismatch": Stricter(
        "torch multiplies no bool, but takes it where there is nothing to multiply"
    ),
    "T.input rank-mismatch": Stricter("deprecated in torch for more than 2 axes"),
    "pad.pad pad-too-large": Stricter("all there is along an axis is cut off"),
    "conv*.input dtype-mismatch": Stricter("torch convolves whole numbers on a CPU only, with some arguments"),
    "conv_transpose?d.padding kernel-exceeds-input": Stricter("torch gives a tensor without values"),
    "affine_grid.theta dtype-mismatch": Stricter("torch takes half precision for some sizes only"),
    "bilinear.bias argument-domain": Stricter("documented with one value for each output; torch stretches others"),
    "*box*.box* dtype-mismatch": Stricter(BOXES),
    "*box*.box* rank-mismatch": Stricter(BOXES),
    "drop_block?d.*": Stricter("documented for floats; torch passes anything on where nothing is dropped"),
    "stochastic_depth.input dtype-mismatch": Stricter("a branch has floats; torch takes others where all is dropped"),
    "*box_iou_loss.boxes2 loss-broadcast": Stricter("torch pairs every box with one box, as no loss should"),
    "*roi_*.*": Stricter("torchvision comes down where regions and maps do not fit together", unsafe=True),
    "*. argument-type": Stricter("a function of numbers alone is computed when the spec is checked", has_no_tensor),
}

OPEN = {
    "*: invalid size, possible overflow|not enough memory|allocate memory": Open("more values than a machine holds"),
    "pad: refer to a single memory location": Open(
        "torch copies an axis of 1 onto itself where one end is padded and one cut"
    ),
    "*: to type (float|double|c10::Half|c10::BFloat16) without overflow": Open(
        "only some functions look at numbers beyond the dtype"
    ),
    "logspace: without overflow": Open("depends on the numbers it comes to"),
    "*: singular|not positive-definite": Open("depends on the values of a matrix"),
    "*: unbound method TensorBase|takes no keyword": Open("a method's value is always written first"),
    "*: ZeroDivisionError": Open("depends on the values of an integer tensor"),
}
