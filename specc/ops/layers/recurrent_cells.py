"""Recurrent cells: one time step of a recurrent layer."""

from __future__ import annotations

from specc.ops.base import FACTORY, Argument, Layer, State, Use
from specc.ops.kinds import BOOL, SIZE, TENSOR, Choice, Items, Optional
from specc.ops.recurrence import features_problem, state_problem
from specc.ops.shapes import rank_problem, weight_dtype_problem
from specc.types.tensor import Size, TensorType, Type

ARGUMENTS = (
    Argument("input_size", SIZE, doc="size of the last axis of the input"),
    Argument("hidden_size", SIZE, doc="size of the hidden state"),
    Argument("bias", BOOL, True, "whether to add learned biases"),
)
HIDDEN = Argument("hx", Optional(TENSOR), None, "hidden state before the step, zeros if left out")
HIDDEN_AND_CELL = Argument("hx", Optional(Items(TENSOR, 2)), None, "states before the step, zeros if left out")


class _Cell(Layer):
    """One step: input `[N, input_size]` and state `[N, hidden_size]`, or both without N."""

    inputs = (Argument("input", TENSOR), HIDDEN)
    feature_axis = -1
    gates = 1

    def infer(self, use: Use) -> Type:
        x = use.input
        problem = rank_problem(use, x, (1, 2), "[N, input_size]") or features_problem(use, x, use.input_size)
        problem = problem or weight_dtype_problem(use, x)
        state = TensorType((*x.shape[:-1], use.hidden_size), x.dtype)
        for given in self.states(use):
            problem = problem or state_problem(use, given, state)
        return problem or self.result(state)

    def states(self, use: Use) -> tuple[TensorType | None, ...]:
        """The states given, one for each the cell keeps."""
        return (use.hx,)

    def result(self, state: TensorType) -> Type:
        return state

    def state(self, use: Use) -> tuple[State, ...]:
        dtype, rows = use.dtype.name if use.dtype else "f32", self.gates * use.hidden_size
        weights = (
            State("weight_ih", (rows, use.input_size), dtype),
            State("weight_hh", (rows, use.hidden_size), dtype),
        )
        return (*weights, State("bias_ih", (rows,), dtype), State("bias_hh", (rows,), dtype)) if use.bias else weights

    def multiply_adds(self, use: Use, output: Type) -> Size:
        batch = use.input.shape[0] if use.input.rank == 2 else 1
        return batch * self.gates * use.hidden_size * (use.input_size + use.hidden_size)


class RNNCell(_Cell):
    """One step of RNN: the next state."""

    target = "torch.nn.RNNCell"
    arguments = (
        *ARGUMENTS,
        Argument("nonlinearity", Choice("tanh", "relu"), "tanh", "the activation of the state"),
        *FACTORY,
    )
    example = "h = (x, h) -> cell: RNNCell(_, 64)"


class GRUCell(_Cell):
    """One step of GRU: the next state."""

    target = "torch.nn.GRUCell"
    arguments = (*ARGUMENTS, *FACTORY)
    example = "h = (x, h) -> cell: GRUCell(_, 64)"
    gates = 3


class LSTMCell(_Cell):
    """One step of LSTM: the next hidden and cell state."""

    target = "torch.nn.LSTMCell"
    arguments = (*ARGUMENTS, *FACTORY)
    inputs = (Argument("input", TENSOR), HIDDEN_AND_CELL)
    example = "h, c = (x, (h, c)) -> cell: LSTMCell(_, 64)"
    gates = 4

    def states(self, use: Use) -> tuple[TensorType | None, ...]:
        return tuple(use.hx or ())

    def result(self, state: TensorType) -> Type:
        return state, state
