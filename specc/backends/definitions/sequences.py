"""Blocks that are one row of modules: classes of nn.Sequential, without a forward of their own."""

from __future__ import annotations

from typing import Any

from specc.backends.definitions.purity import is_pure
from specc.backends.definitions.values import Scope
from specc.syntax import tree
from specc.syntax.walk import declared_inputs


def is_sequence(printer: Any, node: tree.Output, scope: Scope) -> bool:
    """Whether a definition does nothing but send its one input through modules that have numbers for names."""
    definition = printer.uses[0].definition if printer.uses else None
    chain = node.value
    if definition is None or not isinstance(chain, tree.Chain) or not isinstance(chain.head, tree.Name):
        return False
    inputs = declared_inputs(definition)
    if [given.name for given in inputs] != [chain.head.id] or not all(map(_is_quiet, definition.body.statements)):
        return False
    return all(is_pure(printer, step, scope) and not _has_label(step) for step in chain.steps)


def _is_quiet(statement: Any) -> bool:
    """Whether a statement neither computes nor makes anything."""
    return isinstance(statement, (tree.Input, tree.Let, tree.Fn, tree.Output))


def _has_label(node: Any) -> bool:
    """Whether a step puts a module under a name, outside of braces, which are a container of their own."""
    if isinstance(node, tree.Labelled):
        return True
    if isinstance(node, tree.Group) or not isinstance(node, tuple):
        return False
    return any(_has_label(part) for part in node if not hasattr(part, "source"))
