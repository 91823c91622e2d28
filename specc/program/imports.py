"""`import BasicBlock, norm from "resnet.spec"`: any top-level name of another file."""

from __future__ import annotations

from typing import Any

from specc.program.context import DEPTH_LIMIT, Compilation, Frame
from specc.program.values import MISSING, BlockValue, Env
from specc.source import Source
from specc.syntax import tree
from specc.types.tensor import UNKNOWN


def import_names(frame: Frame, node: tree.Import) -> None:
    """Bind the names an import asks for; a file is read and defined once."""
    env = _file(frame, node)
    for name in node.names:
        value = UNKNOWN if env is None else env.names.get(name.id, MISSING)
        if value is MISSING:
            _report_missing(frame, node, name, env)
            value = UNKNOWN
        frame.env.bind(name.id, value)


def imported_models(compilation: Compilation, module: tree.Module) -> list[BlockValue]:
    """The models a file imports, for a file that has none of its own; their init sections come with them."""
    names = [name.id for item in module.items if isinstance(item, tree.Import) for name in item.names]
    values = [compilation.top.names.get(name) for name in dict.fromkeys(names)]
    found = [value for value in values if isinstance(value, BlockValue) and value.definition.kind == "model"]
    own = {block.definition.name for block in found}
    for section in (item for other in compilation.imported for item in other.items if isinstance(item, tree.Init)):
        if {name.id for name in section.models} <= own:
            compilation.inits.append(section)
    return found


def _report_missing(frame: Frame, node: tree.Import, name: tree.Name, env: Any) -> None:
    from specc.diagnostics.suggest import nearest

    near = nearest(name.id, list(env.names))
    frame.report(
        "import-missing",
        name.span,
        f"{node.path.span.text} has no top-level name {name.id}",
        helps=(f"did you mean {near[0]}?",) if near else ("it has " + ", ".join(env.names),) if env.names else (),
    )


def _file(frame: Frame, node: tree.Import) -> Env | None:
    """The names of the file an import is from, or None after reporting why it gives none."""
    if len(node.path.parts) > 1 or not all(isinstance(part, str) for part in node.path.parts):
        frame.report("import-missing", node.path.span, "the file of an import is a plain string")
        return None
    compilation = frame.compilation
    found = compilation.load(node.span.source, node.path.parts[0] if node.path.parts else "")
    if not isinstance(found, Source):
        frame.report("import-missing", node.path.span, found)
        return None
    if found.name in compilation.loading:
        frame.report(
            "import-cycle",
            node.path.span,
            f"{found.name} imports itself: {' -> '.join([*compilation.loading, found.name])}",
        )
        return None
    if len(compilation.loading) > DEPTH_LIMIT:
        frame.report("recursion-limit", node.path.span, f"imports are more than {DEPTH_LIMIT} files deep")
        return None
    if found.name not in compilation.files:
        compilation.files[found.name] = _define(frame, found)
    return compilation.files[found.name]


def _define(frame: Frame, source: Source) -> Env | None:
    from specc.program.elaborate import define
    from specc.syntax.parser import parse

    compilation = frame.compilation
    module, _, problems = parse(source)
    compilation.problems.extend(problems)
    env = Env()
    compilation.imported.append(module)
    compilation.loading.append(source.name)
    define(Frame(compilation, None, env), module)
    compilation.loading.pop()
    return env
