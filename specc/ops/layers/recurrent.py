"""Recurrent layers over a sequence: RNN, LSTM, GRU."""

from __future__ import annotations

from specc.ops.base import FACTORY, Argument, Layer, State, Use
from specc.ops.kinds import BOOL, POSITIVE, PROBABILITY, TENSOR, Choice, Int, Items, Optional
from specc.ops.recurrence import features_problem, length_problem, state_problem
from specc.ops.shapes import rank_problem, weight_dtype_problem
from specc.types.tensor import Size, TensorType, Type, UnknownType, product

SIZES = (
    Argument("input_size", POSITIVE, doc="size of the last axis of the input"),
    Argument("hidden_size", POSITIVE, doc="size of the hidden state"),
    Argument("num_layers", POSITIVE, 1, "how many layers are stacked"),
)
BIAS = Argument("bias", BOOL, True, "whether to add learned biases")
REST = (
    Argument("batch_first", BOOL, False, "whether inputs and outputs are [N, L, ...] instead of [L, N, ...]"),
    Argument("dropout", PROBABILITY, 0.0, "dropout between the stacked layers, none after the last"),
    Argument(
        "bidirectional", BOOL, False, "whether a second pass reads the sequence backwards; doubles the output's width"
    ),
)
PROJECTION = Argument("proj_size", Int(0), 0, "size that the hidden state is projected to; 0 for no projection")
STATE = Argument(
    "hx", Optional(TENSOR), None, "initial hidden state [layers * directions, N, hidden_size], zeros if left out"
)
STATES = Argument("hx", Optional(Items(TENSOR, 2)), None, "initial hidden and cell state, zeros if left out")


class _Recurrent(Layer):
    """A stack of recurrent layers: gives the outputs of every time step and the last state of every layer."""

    feature_axis = -1
    gates = 1

    def infer(self, use: Use) -> Type:
        x = use.input
        problem = rank_problem(use, x, (2, 3), "[N, L, input_size]" if use.batch_first else "[L, N, input_size]")
        problem = problem or weight_dtype_problem(use, x) or features_problem(use, x, use.input_size)
        problem = problem or length_problem(use, x.shape[1 if use.batch_first and x.rank == 3 else 0])
        if problem or (problem := self._state_problem(use)):
            return problem
        width = self._width(use) * self._directions(use)
        return TensorType((*x.shape[:-1], width), x.dtype), self._last_state(use)

    def _last_state(self, use: Use) -> Type:
        return self._state_type(use, self._width(use))

    def _state_problem(self, use: Use) -> UnknownType | None:
        return state_problem(use, use.hx, self._state_type(use, self._width(use)))

    def _state_type(self, use: Use, width: int) -> TensorType:
        """The type of a state of this width: [layers * directions, N, width]."""
        x = use.input
        batch = () if x.rank == 2 else (x.shape[0 if use.batch_first else 1],)
        return TensorType((use.num_layers * self._directions(use), *batch, width), x.dtype)

    def _directions(self, use: Use) -> int:
        return 2 if use.bidirectional else 1

    def _width(self, use: Use) -> int:
        """The width of one direction's output."""
        return use.values.get("proj_size") or use.hidden_size

    def state(self, use: Use) -> tuple[State, ...]:
        dtype = use.dtype.name if use.dtype else "f32"
        rows = [
            State(f"{name}_l{layer}{suffix}", shape, dtype)
            for layer in range(use.num_layers)
            for suffix in ("", "_reverse")[: self._directions(use)]
            for name, shape in self._weights(use, layer)
        ]
        return tuple(rows)

    def _weights(self, use: Use, layer: int) -> list[tuple[str, tuple[int, ...]]]:
        """The parameters of one layer and direction."""
        gates, width = self.gates * use.hidden_size, self._width(use)
        entering = width * self._directions(use) if layer else use.input_size
        weights: list[tuple[str, tuple[int, ...]]] = [("weight_ih", (gates, entering)), ("weight_hh", (gates, width))]
        if use.bias:
            weights += [("bias_ih", (gates,)), ("bias_hh", (gates,))]
        if use.values.get("proj_size"):
            weights.append(("weight_hr", (use.proj_size, use.hidden_size)))
        return weights

    def multiply_adds(self, use: Use, output: Type) -> Size:
        matrices = sum(product(entry.shape) for entry in self.state(use) if len(entry.shape) == 2)
        return product(use.input.shape[:-1]) * matrices


class RNN(_Recurrent):
    """A plain recurrent layer: the next state is tanh, or ReLU, of an affine map of input and state.

    Gives the outputs `[L, N, directions * hidden_size]` and the last state `[layers * directions, N, hidden_size]`.
    """

    target = "torch.nn.RNN"
    arguments = (
        *SIZES,
        Argument("nonlinearity", Choice("tanh", "relu"), "tanh", "the activation of the state"),
        BIAS,
        *REST,
        *FACTORY,
    )
    inputs = (Argument("input", TENSOR), STATE)
    example = "y, h = x -> rnn: RNN(_, 64)"


class GRU(_Recurrent):
    """A gated recurrent layer: reset and update gates decide how much of the state is kept.

    Gives the outputs `[L, N, directions * hidden_size]` and the last state `[layers * directions, N, hidden_size]`.
    """

    target = "torch.nn.GRU"
    arguments = (*SIZES, BIAS, *REST, *FACTORY)
    inputs = (Argument("input", TENSOR), STATE)
    example = "y, h = x -> gru: GRU(_, 64, batch_first=true)"
    gates = 3


class LSTM(_Recurrent):
    """Long short-term memory: a hidden state and a cell state with input, forget and output gates.

    Gives the outputs `[L, N, directions * width]` and the last states, `([layers * directions, N, width],
    [layers * directions, N, hidden_size])`; width is proj_size where that is given, else hidden_size.
    """

    target = "torch.nn.LSTM"
    arguments = (*SIZES, BIAS, *REST, PROJECTION, *FACTORY)
    inputs = (Argument("input", TENSOR), STATES)
    example = "y, (h, c) = x -> lstm: LSTM(_, 64, bidirectional=true)"
    gates = 4

    def infer(self, use: Use) -> Type:
        if use.proj_size >= use.hidden_size:
            return use.problem(
                "argument-domain",
                f"proj_size of {use.title} is {use.proj_size}, it must be less than the hidden_size {use.hidden_size}",
                "proj_size",
            )
        return super().infer(use)

    def _last_state(self, use: Use) -> Type:
        return self._state_type(use, self._width(use)), self._state_type(use, use.hidden_size)

    def _state_problem(self, use: Use) -> UnknownType | None:
        if use.hx is None:
            return None
        hidden, cell = self._state_type(use, self._width(use)), self._state_type(use, use.hidden_size)
        return state_problem(use, use.hx[0], hidden) or state_problem(use, use.hx[1], cell)
