"""What one compilation shares, and what is known while one body is elaborated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable

from specc.diagnostics.model import Diagnostic, finding
from specc.program.model import FunctionStep, Graph, Member, ModuleStep, Ref, Step, TrainingStep
from specc.program.values import Env, TensorValue
from specc.source import Source, Span
from specc.types.facts import Facts
from specc.types.tensor import Type

STEP_LIMIT = 20_000  # module uses and operations in one compilation; a check has to end, and soon
PROBLEM_LIMIT = 1000  # findings of one file
SUGGESTION_LIMIT = 40  # unknown names of one file for which the nearest known ones are looked for
DEPTH_LIMIT = 64  # blocks and functions inside each other


class StopElaboration(Exception):
    """A limit was reached: the finding is already among the problems."""


class Compilation:
    """Problems, limits and caches of one spec."""

    def __init__(self, source: Source, load: Callable[[Source, str], Any], problems: list[Diagnostic]) -> None:
        self.source, self.load, self.problems = source, load, problems
        self.facts = Facts()
        self.graphs: dict[Any, Graph | None] = {}  # None: a use that had errors
        self.steps_left = STEP_LIMIT
        self.suggestions_left = SUGGESTION_LIMIT
        self.depth = 0
        self.top = Env()
        self.overrides: dict[str, Any] = {}
        self.settings: dict[str, Any] = {}
        self.inits: list[Any] = []
        self.layers: dict[Any, Any] = {}
        self.sizes: dict[int, int] = {}  # modules of every graph, by its id; kept alive by graphs and built
        self.built: list[Any] = []  # for one use alone
        self.externs: dict[int, Any] = {}
        self.matched: set[int] = set()
        self.elaborated: set[str] = set()
        self.files: dict[str, Env | None] = {}
        self.imported: list[Any] = []  # the trees of imported files
        self.loading: list[str] = [source.name]

    def report(self, name: str, span: Span, headline: str, **more: Any) -> None:
        """Add a finding; beyond a number that anyone would read, elaboration stops."""
        self.problems.append(finding(name, span, headline, **more))
        if len(self.problems) >= PROBLEM_LIMIT:
            raise StopElaboration

    def suggests(self) -> bool:
        """Whether to look for what an unknown name may have meant: not for one after the other."""
        self.suggestions_left -= 1
        return self.suggestions_left >= 0

    def spend(self, count: int, span: Span) -> None:
        """Count work against the limit; beyond it elaboration stops with one finding."""
        self.steps_left -= count
        if self.steps_left < 0:
            self.steps_left = STEP_LIMIT
            self.report(
                "unroll-limit",
                span,
                f"this spec unfolds to more than {STEP_LIMIT:,} steps",
                helps=("make the loops or lists shorter",),
            )
            raise StopElaboration

    def enter(self, span: Span, what: str) -> None:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            self.depth = 0
            self.report(
                "recursion-limit",
                span,
                f"{what} is more than {DEPTH_LIMIT} levels deep",
                helps=("let it call itself on a shorter list, and stop at the empty one",),
            )
            raise StopElaboration

    def leave(self) -> None:
        self.depth -= 1

    @contextmanager
    def supposing(self) -> Iterator[None]:
        """Facts that are taken up inside end with it, and so does what has been built on them.

        What is built inside is kept for the next use only if there were no such facts.
        """
        known, caches = self.facts.count, [(cache, len(cache)) for cache in (self.graphs, self.layers)]
        with self.facts.supposing():
            yield
            if self.facts.count > known:
                for cache, before in caches:
                    for use in list(cache)[before:]:
                        self.built.append(cache.pop(use))


class GraphBuilder:
    """A graph in the making: members by path, steps, and where each value came from."""

    def __init__(self) -> None:
        self.members: dict[str, Member | None] = {}  # None: a place taken by a module that is not made yet
        self.containers: dict[str, Span] = {}
        self.modules = 0  # below the blocks that are used
        self.steps: list[Step] = []
        self.makers: dict[int, ModuleStep | FunctionStep | TrainingStep] = {}
        self.inputs: list[Any] = []
        self.ties: list[tuple[str, str, Span]] = []
        self.ties_to_make: list[Any] = []
        self.order: dict[str, Span] = {}
        self.names: dict[int, str] = {}
        self.result: Any = None
        self.output_span: Span | None = None
        self._next = 0

    def ref(self) -> Ref:
        self._next += 1
        return Ref(self._next - 1)

    def add(self, step: Any, type: Type) -> TensorValue:
        """Append a step and give its result as a value."""
        self.steps.append(step)
        self.makers[step.result.id] = step
        return TensorValue(step.result, type)


class Slots:
    """Where the modules of a chain go: under their labels, or numbered below a container.

    `labels` is the prefix of labelled steps ("" is the block itself), `container` the prefix of numbered ones, None
    where
    a chain stands in the middle of an expression and numbers would have no name. `refused` says that this has been
    reported for a module of the chain.
    """

    __slots__ = ("labels", "container", "next", "labelled", "numbered", "refused")

    def __init__(self, labels: str, container: str | None) -> None:
        self.labels, self.container = labels, container
        self.next = 0
        self.labelled: Span | None = None
        self.numbered: Span | None = None
        self.refused = False


class Frame:
    """One body being elaborated: its names, its graph, and what `_` means at the moment.

    Outside bodies (settings, defaults, the top of a file) the graph is None. The few places where an expression
    reaches for it ask first; everything behind them may count on it, which is why it is declared without the None.
    """

    __slots__ = ("compilation", "graph", "env", "hole", "prefix", "loose")
    graph: GraphBuilder

    def __init__(
        self,
        compilation: Compilation,
        graph: GraphBuilder | None,
        env: Env,
        hole: Any = None,
        prefix: str = "",
        loose: "Slots | None" = None,
    ) -> None:
        self.compilation, self.env, self.hole, self.prefix = compilation, env, hole, prefix
        self.graph = graph  # type: ignore[assignment]
        self.loose = loose  # where unlabelled modules in the middle of an expression go (a loss); None: nowhere

    def within(self, env: Env) -> "Frame":
        """The same graph with other names, as in the body of a function."""
        return Frame(self.compilation, self.graph, env, None, self.prefix, self.loose)

    def with_hole(self, hole: Any) -> "Frame":
        return Frame(self.compilation, self.graph, self.env, hole, self.prefix, self.loose)

    @property
    def facts(self) -> Facts:
        return self.compilation.facts

    def report(self, name: str, span: Span, headline: str, **more: Any) -> None:
        self.compilation.report(name, span, headline, **more)
