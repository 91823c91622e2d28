"""forward: the lines of a program that compute, as Python."""

from __future__ import annotations

from typing import Any

from specc.backends.definitions.boxes import Box, Nest, entries, is_number
from specc.backends.definitions.conditions import negated
from specc.backends.definitions.notes import WORD, Note, note_text
from specc.backends.definitions.printer import Printer
from specc.backends.definitions.program import Check, Choice, Do, Local, Loop, Member, Part, Path, Test, places_in
from specc.backends.definitions.slices import Slice, changing, inside, names_at, names_of_test, read_by_line
from specc.backends.definitions.turns import run_over
from specc.backends.definitions.values import Static, Unprintable
from specc.backends.definitions.writing import layout_of, local_lines, names_of, word_text, written
from specc.backends.formula import python_formula
from specc.backends.layout import Bracket, Doc, Ternary, choice_lines, flat, leaves, lines
from specc.backends.python_text import identifier, literal
from specc.backends.script_members import fits_attribute
from specc.program.placing import MODULE_ATTRIBUTES


def member_text(path: Path, root: Box, names: dict[str, str]) -> str:
    """A module or container as forward reaches it."""
    first, rest = path[0], path[1:]
    if all(part.fixed for part in path):
        if len(path) > 2 or not fits_attribute(first.label):
            return f"self.get_submodule({literal('.'.join(part.label for part in path))})"
        text, box = f"self.{first.label}", _inner(root, first.label)
        for part in rest:
            numbered = box is not None and box.numbered
            text += f"[{part.label if numbered else literal(part.label)}]"
            box = _inner(box, part.label)
        return text
    if not rest:
        return f'getattr(self, f"{word_text(first.label, names)}")'
    if len(path) == 2 and first.fixed and is_number(path[1].label):
        return f"self.{first.label}[{python_formula(path[1].label.node, names)}]"
    if len(path) == 2 and first.fixed:
        return f'self.{first.label}[f"{word_text(path[1].label, names)}"]'
    words = ".".join(word_text(part.label, names) for part in path)
    return f'self.get_submodule(f"{words}")'


def _inner(box: Box | None, label: str) -> Box | None:
    if box is None:
        return None
    found = [e for e in entries(box.items) if e.label == label and e.box is not None]
    return found[0].box if found else None


class ForwardText:
    """Writes the lines of forward; notes in `stored` what the constructor has to keep for it.

    `own` are names that forward has as variables: sizes read off its inputs, and what they lead to. `hidden` are those
    that a comment cannot use.
    """

    def __init__(self, printer: Printer, root: Box, own: set[str]) -> None:
        self.printer, self.root, self.own = printer, root, own
        self.hidden: dict[str, str] = {}
        self.globals = set(printer.columns) | {s.name for s in printer.program if isinstance(s, Local)}
        self.stored: list[str] = []
        self.conditions: dict[str, str] = {}  # what the constructor keeps of conditions, by name
        self.conditional: set[str] = set()  # the names that these read
        self.inner: list[str] = []  # names of the loops around
        self.unread: set[str] = set()  # names of the loops around that forward goes without
        self.changing = changing(printer.program) | own
        self.carried = Slice(printer.program, read_by_line, set())
        inputs = printer.uses[0].inputs if printer.uses else ()
        self.typed = {identifier(given.name): "" for given in inputs}  # variables with the type their first line says
        self.layer: dict[int, str] = {}  # by id of a path: the variable a loop has for that module

    def lines(self, indent: int) -> list[str]:
        """The whole of forward below its signature."""
        first = [name for name in self.printer.columns if name in self.carried.start & self.changing - self.own]
        for name in first:
            self._store(name)
        text = [" " * indent + f"{name} = self.{name}" for name in first]
        return [*text, *self.body(self.printer.program, indent)]

    def body(self, program: list[Any], indent: int) -> list[str]:
        text: list[str] = []
        for place, statement in enumerate(program):
            if isinstance(statement, Do):
                if not self._returned(program, place):
                    text += self._do(statement, indent)
            elif isinstance(statement, Check):
                text += self._check(statement, indent)
            elif not self._writes(statement):
                continue
            elif isinstance(statement, Loop):
                text += self._loop(statement, indent)
            elif isinstance(statement, Choice):
                text += self._choice(statement, indent)
            elif isinstance(statement, Local):
                text += local_lines(statement, indent, self._names(statement.static))
        return text

    def _writes(self, statement: Any) -> bool:
        """Whether forward has a line for a statement, or for one inside it: what computes, and values that change."""
        if isinstance(statement, Local):
            return id(statement) in self.carried.lines and statement.name in self.changing
        return isinstance(statement, (Do, Check)) or any(map(self._writes, inside(statement)))

    def _do(self, statement: Do, indent: int) -> list[str]:
        doc = written(statement.doc, self._leaf)
        if statement.target != "return":
            before = f"{self._target(statement.target)}{self._kind(statement)} = " if statement.target else ""
            if isinstance(doc, Ternary) and not self.typed.get(statement.target):
                return choice_lines(doc, indent, before, self._note(statement.note))
            return lines(doc, indent, before, "", self._note(statement.note))
        last = self._last_value(statement)
        if last is not None:
            doc = written(last.doc, self._leaf)
        if isinstance(doc, Bracket) and doc.open == "":
            return lines(", ".join(flat(item) for item in doc.items), indent, "return ")
        note = self._note(last.note if last is not None else statement.note)
        if isinstance(doc, Ternary):
            return choice_lines(doc, indent, "return ", note)
        return lines(doc, indent, "return ", "", note)

    def _note(self, note: Note) -> str:
        return note_text(note, self.hidden | dict.fromkeys(self.unread, ""))

    def _kind(self, statement: Do) -> str:
        """The type of a variable, where it has to be said: at its first line."""
        target, kind = statement.target, statement.kind
        if target not in self.typed:
            self.typed[target] = kind
            return f": {kind}" if kind else ""
        if kind and self.typed[target] != kind:
            raise Unprintable("a tensor that becomes a number")
        return ""

    def _target(self, target: str) -> str:
        """The left side, with `_` for what nothing reads."""
        if "," not in target:
            return target
        texts = [flat(written(doc, lambda leaf: "")) for doc in self._docs(self.printer.program)]
        read = {word for text in texts for word in WORD.findall(text)}
        return WORD.sub(lambda found: found[0] if found[0] in read else "_", target)

    def _returned(self, program: list[Any], place: int) -> bool:
        """Whether a line only names what the next one returns."""
        following = program[place + 1] if place + 1 < len(program) else None
        return isinstance(following, Do) and following.target == "return" and following.doc == program[place].target

    def _last_value(self, statement: Do) -> Do | None:
        program = self.printer.program
        place = next((n for n, other in enumerate(program) if other is statement), 0)
        return (
            program[place - 1]
            if place and isinstance(program[place - 1], Do) and self._returned(program, place - 1)
            else None
        )

    def _check(self, statement: Check, indent: int) -> list[str]:
        message = "".join(letter if letter not in '"\\' else "'" for letter in statement.text)
        return [
            *lines(written(statement.wrong, self._leaf), indent, "if ", ":"),
            *lines(f'raise ValueError("the input does not satisfy {ascii(message)[1:-1]}")', indent + 4),
        ]

    def _choice(self, choice: Choice, indent: int) -> list[str]:
        condition = "self.training" if choice.condition is None else self._test(choice)
        then, other = self.body(choice.then, indent + 4), self.body(choice.other, indent + 4)
        if not then:
            return [" " * indent + f"if {self._test(choice, turned=True)}:", *other]
        text = [" " * indent + f"if {condition}:", *then]
        return [*text, " " * indent + "else:", *other] if other else text

    # ------------------------------------------------------------ loops

    def _loop(self, loop: Loop, indent: int) -> list[str]:
        direct = self._over_modules(loop)
        if direct is not None:
            head, variable, members = direct
            self.layer |= {id(member.path): variable for member in members}
            return [" " * indent + head, *self.body(loop.body, indent + 4)]
        target, items = run_over(loop, self._used(loop.body))
        names = tuple(name for name in loop.names if name in WORD.findall(target))
        unread = set(loop.names) - set(names)
        self.inner += names
        self.unread |= unread
        over = layout_of(items, self._names(items))
        body = self.body(loop.body, indent + 4)
        self.unread -= unread
        del self.inner[len(self.inner) - len(names) :]
        return [*lines(over, indent, f"for {target} in ", ":"), *body]

    def _over_modules(self, loop: Loop) -> tuple[str, str, list[Member]] | None:
        """`for block in self.blocks:` where the loop does nothing with its number but find the module."""
        members = [m for m in self._members(loop.body) if not all(part.fixed for part in m.path)]
        if not members or len(loop.names) != 1 or any(m.path != members[0].path for m in members):
            return None
        *owner, last = members[0].path
        index = is_number(last.label) and getattr(last.label, "node", None)
        by_number = getattr(index, "id", None) == loop.names[0] and owner and all(part.fixed for part in owner)
        others = self._used(loop.body, members=False)
        if not by_number or loop.names[0] in others or not _from_zero(loop) or not self._is_whole(owner, loop):
            return None
        container = member_text(tuple(owner), self.root, {})
        variable = self._variable(loop, members[0].path)
        deep = "" if len(owner) == 1 else ".children()"
        return f"for {variable} in {container}{deep}:", variable, members

    def _is_whole(self, owner: list[Part], loop: Loop) -> bool:
        """Whether a container holds what a loop makes and nothing else."""
        box: Box | None = self.root
        for part in owner:
            box = _inner(box, part.label)
        first = box.items[0] if box is not None and len(box.items) == 1 else None
        return isinstance(first, Nest) and first.statement is loop

    def _variable(self, loop: Loop, path: Path) -> str:
        """What one module of a loop is called: its block's name, else `layer`."""
        made = [flat_head(place.doc) for place in places_in(loop.body) if place.path == path]
        name = made[0].lower() if made and "." not in made[0] else "layer"
        taken = self.globals | self.printer.taken | set(self.inner)
        return next(word for word in (name, "layer", "module") if word not in taken)

    def _members(self, program: list[Any]) -> list[Member]:
        found: list[Member] = []
        for doc in self._docs(program):
            found += [leaf.value for leaf in leaves(doc) if isinstance(leaf.value, Member)]
        return found

    def _docs(self, program: list[Any]) -> list[Doc]:
        docs: list[Doc] = []
        for statement in program:
            if isinstance(statement, Do):
                docs.append(statement.doc)
            elif isinstance(statement, Check):
                docs.append(statement.wrong)
            elif isinstance(statement, Loop):
                docs += self._docs(statement.body)
            elif isinstance(statement, Choice):
                docs += self._docs(statement.then) + self._docs(statement.other)
        return docs

    def _used(self, program: list[Any], members: bool = True) -> set[str]:
        """The compile-time names that the lines of a program read, those of local values included."""
        found: set[str] = set()
        for doc in self._docs(program):
            for leaf in leaves(doc):
                found |= names_at(leaf.value, members)
        for statement in filter(self._writes, program):
            if isinstance(statement, Local):
                found |= set(names_of(statement.static))
            elif isinstance(statement, Loop):
                found |= set(names_of(statement.items)) | self._used(statement.body, members)
            elif isinstance(statement, Choice):
                found |= names_of_test(statement) | self._used([*statement.then, *statement.other], members)
        return found

    # ------------------------------------------------------------ leaves

    def _leaf(self, value: Any) -> Doc:
        if isinstance(value, Static):
            return layout_of(value, self._names(value))
        if isinstance(value, Test):
            return self._test(value.choice, word=value.word)
        if id(value.path) in self.layer:
            return self.layer[id(value.path)]
        names: dict[str, str] = {}
        for part in value.path:
            names |= self._names(part.label) if isinstance(part.label, Static) else {}
        return member_text(value.path, self.root, names)

    def _names(self, static: Static) -> dict[str, str]:
        """The constructor's names of an expression as attributes, noted as wanted."""
        found = {}
        for name in names_of(static):
            if name in self.globals and name not in self.inner and name not in self.changing:
                found[name] = f"self.{name}"
                self._store(name)
        return found

    def _store(self, name: str) -> None:
        if name in MODULE_ATTRIBUTES:
            raise Unprintable("a value whose name every module needs for itself")
        if name not in self.stored:
            self.stored.append(name)

    def _test(self, choice: Choice, turned: bool = False, word: str = "") -> str:
        """The condition of a choice: whether the module it decides on is there, or what it says."""
        present = _presence(choice)
        if present is not None and not self.inner:
            name, there = present
            return f"self.{name} is {'not ' if there != turned else ''}None"
        assert choice.condition is not None
        known = set(names_of(choice.condition))
        if word and self._has_room_for(word) and len(known) > 1 and known <= set(self.printer.columns) - self.own:
            self.conditions[word] = python_formula(choice.condition.node)
            self.conditional |= known
            return f"self.{word}"
        names = self._names(choice.condition)
        return negated(choice.condition.node, names) if turned else python_formula(choice.condition.node, names)

    def _has_room_for(self, word: str) -> bool:
        """Whether the constructor can keep a condition under a name that nothing else has."""
        own = {str(getattr(item, "label", "")) for item in self.root.items}
        own |= self.globals | self.printer.taken | self.conditions.keys() | MODULE_ATTRIBUTES
        return not self.inner and word not in own


def _presence(choice: Choice) -> tuple[str, bool] | None:
    """The one module that only one side of a choice has, and whether it is there where the condition holds."""
    sides = [
        {place.path[0].label for place in places_in(body) if place.path[0].fixed}
        for body in (choice.then, choice.other)
    ]
    every = [{str(place.path[0].label) for place in places_in(body)} for body in (choice.then, choice.other)]
    depths = [place.path[0].depth for body in (choice.then, choice.other) for place in places_in(body)]
    if sides != every or bool(sides[0]) == bool(sides[1]) or len(sides[0] | sides[1]) != 1 or min(depths) < 1:
        return None
    (name,) = sides[0] | sides[1]
    return name, bool(sides[0])


def _from_zero(loop: Loop) -> bool:
    text = python_formula(loop.items.node)
    return text.startswith("range(") and "," not in text


def flat_head(doc: Any) -> str:
    """The name of what a doc calls."""
    head = getattr(doc, "head", doc)
    return head if isinstance(head, str) else ""
