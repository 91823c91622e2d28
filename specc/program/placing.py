"""Where a module goes: the naming rules that give torchvision's state-dict keys."""

from __future__ import annotations

from typing import Any

from specc.program.context import Frame, Slots
from specc.source import Span
from specc.syntax import tree
from specc.types.tensor import UNKNOWN

# what torch's modules and Sequential have already, so that no child may be called so (a test compares with torch)
MODULE_ATTRIBUTES = frozenset(
    (
        "T_destination add_module append apply bfloat16 buffers call_super_init children compile cpu cuda "
        "double dump_patches eval extend extra_repr float forward get_buffer get_extra_state "
        "get_parameter get_submodule half insert ipu load_state_dict modules mtia named_buffers "
        "named_children named_modules named_parameters parameters pop register_backward_hook "
        "register_buffer register_forward_hook register_forward_pre_hook register_full_backward_hook "
        "register_full_backward_pre_hook register_load_state_dict_post_hook "
        "register_load_state_dict_pre_hook register_module register_parameter "
        "register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state "
        "set_submodule share_memory state_dict to to_empty train training type xpu zero_grad "
        "_apply _backward_hooks _backward_pre_hooks _buffers _call_impl _compiled_call_impl "
        "_forward_hooks _forward_hooks_always_called _forward_hooks_with_kwargs _forward_pre_hooks "
        "_forward_pre_hooks_with_kwargs _get_backward_hooks _get_backward_pre_hooks _get_item_by_idx "
        "_get_name _is_full_backward_hook _load_from_state_dict _load_state_dict_post_hooks "
        "_load_state_dict_pre_hooks _maybe_warn_non_full_backward_hook _modules _named_members "
        "_non_persistent_buffers_set _parameters _register_load_state_dict_pre_hook "
        "_register_state_dict_hook _replicate_for_data_parallel _save_to_state_dict _slow_forward "
        "_state_dict_hooks _state_dict_pre_hooks _version _wrapped_call_impl "
    ).split()
)


def place(frame: Frame, slots: Slots, label: str | None, node: Any) -> str | None:
    """The path of the next module of a chain, or None after reporting that it has none."""
    if label is not None:
        return _labelled(frame, slots, label, node)
    if slots.container is None:
        if not slots.refused:
            frame.report(
                "unlabelled-module",
                node.span,
                "a module in the middle of an expression needs a label",
                helps=("write label: " + " ".join(node.span.text.split())[:50],),
            )
        slots.refused = True
        return None
    if slots.labelled is not None:
        _mixed(frame, node.span, slots.labelled)
        return None
    slots.numbered = slots.numbered or node.span
    slots.next += 1
    return _free(frame, join(slots.container, str(slots.next - 1)), node.span)


def _labelled(frame: Frame, slots: Slots, label: str, node: Any) -> str | None:
    if slots.numbered is not None:
        _mixed(frame, slots.numbered, node.span)
        return None
    slots.labelled = slots.labelled or node.span
    return _free(frame, join(slots.labels, label), node.span)


def _mixed(frame: Frame, unlabelled: Span, labelled: Span) -> None:
    from specc.diagnostics.model import Label

    frame.report(
        "mixed-labels",
        unlabelled,
        "this module has no label, others of the same chain have",
        labels=(Label(labelled, "labelled here"),),
        helps=("label every module of the chain, or none",),
    )


def _free(frame: Frame, path: str, span: Span) -> str | None:
    """The path, if nothing stands there yet."""
    members = frame.graph.members
    taken = members.get(path)
    attribute = next((word for word in path.split(".") if word in MODULE_ATTRIBUTES or word[:2] == "__"), None)
    if attribute is not None:
        frame.report(
            "duplicate-key",
            span,
            f"{attribute} is taken: torch's modules have an attribute of that name",
            helps=("give it another label",),
        )
        return None
    if path in members or path in frame.graph.containers:
        _duplicate(frame, path, span, taken)
        return None
    for end in _prefixes(path):
        if end in members:
            _duplicate(frame, end, span, members[end])
            return None
        frame.graph.containers.setdefault(end, span)
    members[path] = None  # keeps its place in the order of first appearance
    return path


def _duplicate(frame: Frame, path: str, span: Span, taken: Any) -> None:
    from specc.diagnostics.model import Label

    labels = (Label(taken.site.span, "the first one"),) if taken is not None else ()
    frame.report(
        "duplicate-key",
        span,
        f"two modules would have the path {path}",
        labels=labels,
        helps=("give one of them another label; in a loop, count: name[i]: Step",),
    )


def _prefixes(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def label_text(frame: Frame, label: tree.Label) -> Any:
    """A label with its parts worked out: `transformer.h[i]` → "transformer.h.3"; UNKNOWN after a mistake."""
    from specc.program.evaluate import evaluate

    words = []
    for part in label.parts:
        value = part if isinstance(part, str) else evaluate(frame, part)
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
            frame.report("argument-type", label.span, "a label is made of names and integers")
            return UNKNOWN
        if isinstance(part, tree.String) and "." in str(value):
            frame.report(
                "argument-type", label.span, f'the label "{value}" has a dot: write a.b without quotes for levels'
            )
            return UNKNOWN
        words.append(str(value))
    return ".".join(words)
