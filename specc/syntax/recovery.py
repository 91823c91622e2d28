"""Goes on reading after a mistake, so that one pass finds them all.

First each likely slip is tried: its edit is made to the tokens and the statement read again; if reading then gets
past the place, that was it. Otherwise the statement is told of and left out, and reading goes on behind it.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from specc.diagnostics.model import Diagnostic
from specc.syntax.automaton import tables
from specc.syntax.errors import unexpected
from specc.syntax.machine import Machine
from specc.syntax.slips import Slip, slips
from specc.syntax.trouble import Trouble, fits, in_list

MAX_MISTAKES = 30
MAX_ROUNDS = 100  # with those mistakes that follow from others and are not told
MAX_READ_AGAIN = 60_000  # tokens, in all


class _Here(NamedTuple):
    """The section in which reading stopped: its first token, its height on the stack, the sections before it."""

    first: int
    height: int
    sections: int


class Recovery:
    """One recovery over the tokens of one text. `told` are the problems of the lexer, which explain some errors."""

    def __init__(self, machine: Machine, told: list[Diagnostic]) -> None:
        self.machine = machine
        self.tokens = machine.tokens
        self.found: list[Diagnostic] = []
        self.budget = MAX_READ_AGAIN
        self.quiet_until = -1
        self.told = told
        self.odd = {problem.span.start for problem in told if problem.name == "stray-character"}
        position = machine.context.source.position
        self.open_strings = {position(p.span.start).line for p in told if p.name == "unterminated-string"}

    def finish(self, at: int) -> list[Diagnostic]:
        """Read to the end from the first mistake on; what was found on the way."""
        for _ in range(MAX_ROUNDS):
            done = at >= len(self.tokens.kinds) or len(self.found) >= MAX_MISTAKES or self.budget <= 0
            if done or self.machine.fatal:
                break
            at = self._mend(at)
            at = self.machine.run(at, len(self.tokens.kinds))
        return self.found + ([self.machine.fatal] if self.machine.fatal else [])

    def _mend(self, at: int) -> int:
        """Deal with the mistake at a token; the token from which to go on."""
        here = self._locate(at)
        if at - here.first > self.budget:
            self.found.append(unexpected(Trouble(self.machine, at)))
            return len(self.tokens.kinds)
        self._again(here, at)
        trouble = Trouble(self.machine, at)
        if not self._explained(trouble):
            for slip in slips(trouble):
                reached = self._attempt(slip, here, at) if slip.edits else 0
                if reached or not slip.edits:
                    self.found.append(slip.problem)
                    break
            else:
                reached = 0
                self.found.append(unexpected(trouble))
            if reached:
                return reached
        self._again(here, at)
        return self._leave_out(trouble)

    # ------------------------------------------------------------ reading again

    def _locate(self, at: int) -> _Here:
        """Where the section with the mistake begins. One that ends just before the mistake belongs to it."""
        machine = self.machine
        begun = len(machine.states) > 1 and isinstance(machine.values[1], list) and in_list(machine.states[1])
        height = 1 if begun else 0
        sections = machine.values[1] if height else []
        if len(machine.states) > height + 1:
            return _Here(machine.firsts[height + 1], height, len(sections))
        if sections and at and sections[-1].span.end == self.tokens.ends[at - 1]:
            start = sections.pop().span.start
            return _Here(bisect_right(self.tokens.starts, start, 0, at) - 1, height, len(sections))
        return _Here(at, height, len(sections))

    def _again(self, here: _Here, stop: int) -> int:
        """Read the section once more, up to a token."""
        machine = self.machine
        machine.cut(here.height)
        if here.height:
            del machine.values[1][here.sections :]
        start = self.tokens.starts[here.first]
        machine.context.problems[:] = [p for p in machine.context.problems if p.span.start < start]
        machine.fatal = None
        self.budget -= stop - here.first
        return machine.run(here.first, stop)

    def _attempt(self, slip: Slip, here: _Here, at: int) -> int:
        """Make the edits of a slip; the token reached if they help, else 0 and all is as before.

        They help if the token that did not fit is taken, or where another was put in its place, the one behind it.
        """
        if slip.edits[0].at < here.first:
            return 0
        kept = self.tokens.copy()
        for edit in reversed(slip.edits):
            self.tokens.replace(edit.at, edit.at + edit.taken, edit.kinds)
        goal = min(_goal(slip, at), len(self.tokens.kinds))
        reached = self._again(here, goal)
        if reached >= goal and not self.machine.fatal:
            return reached
        self.tokens.restore(kept)
        return 0

    # ------------------------------------------------------------ leaving a statement out

    def _explained(self, trouble: Trouble) -> bool:
        """Whether this mistake follows from one that is told already."""
        if trouble.at <= self.quiet_until or trouble.span().start in self.odd:
            return True
        line = self.tokens.source.position(trouble.span().start).line
        return not self.open_strings.isdisjoint((line, line - 1))

    def _leave_out(self, trouble: Trouble) -> int:
        height, first = trouble.statement()
        if not in_list(trouble.states[height]):
            return len(self.tokens.kinds)
        resume = self._resume(trouble, height, first)
        braces = sum(opened.sign == "{" and opened.height <= height for opened in trouble.opened())
        missing = 0 if fits(trouble.states[: height + 1], self.tokens.kinds[resume]) else braces
        lost = range(self.tokens.starts[first], self.tokens.starts[resume] + 1)
        self.found += [p for p in self.machine.context.problems if p.span.start in lost]
        if self.found and self.found[-1].name == "python-word":  # what else is Python about it need not be told
            self.told[:] = [p for p in self.told if p.span.start not in lost]
        self.tokens.replace(first, resume, ())
        self.tokens.replace(first, first, (tables().texts.index("}"),) * missing)
        self.machine.cut(height)
        self.machine.brackets = braces
        self.quiet_until = first + missing
        return first

    def _resume(self, trouble: Trouble, height: int, first: int) -> int:
        """The token at which to go on: the next statement by its line and indentation, or the end of the list."""
        states = trouble.states[: height + 1]
        sections = states[: 1 + (height > 0 and in_list(states[1]))]
        indent = trouble.indent(min(first, trouble.at))
        depth = sum(opened.height > height for opened in trouble.opened())
        at, end = trouble.at, len(self.tokens.kinds) - 1
        while at < end:
            word = trouble.word(at - trouble.at)
            if at > first and trouble.begins_line(at):
                left = trouble.indent(at)
                if left <= indent and word not in ("}", "->") and fits(states, self.tokens.kinds[at]):
                    return at
                if left == 0 and fits(sections, self.tokens.kinds[at]):
                    return at
            if word == "}" and not depth and height > 1 and at >= first:
                return at
            depth = max(depth + (word in ("(", "[", "{")) - (word in (")", "]", "}")), 0)
            at += 1
        return end


def _goal(slip: Slip, at: int) -> int:
    """How far reading must get, in the numbers of the edited tokens, for the edits to have helped."""
    goal = at + 1
    for edit in slip.edits:
        if edit.at < at or not edit.taken:
            goal += len(edit.kinds) - edit.taken
        elif edit.kinds:
            goal = max(goal, edit.at + 2)
    return goal
