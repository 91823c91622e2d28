"""The law over all specs: is the emitted script the built model and the run, to the last bit?

    python bench/law.py

Keys and initial weights for every model of specs/; for whole jobs also every loss of two short epochs, and a checkpoint
of the run, stopped in the middle, resumed in the script and the other way round. The data are small and made up.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import torch  # noqa: E402

from jobs import environment, log_of, run_script, same_weights, trained, weights  # noqa: E402
from specc.backends.module import build_model  # noqa: E402
from specc.backends.script import emit  # noqa: E402
from specc.compiler import Unit  # noqa: E402
from specc.runtime.own_trainer import OwnTrainer  # noqa: E402
from specc.runtime.trainer import Trainer  # noqa: E402
from test_emitted_specs import COMPLETE, SPECS, data_flags, job_of, name, unit_of  # noqa: E402


def initial(unit: Unit) -> tuple[bool, bool, int]:
    """Whether keys and weights of all models agree under one seed, and how many numbers were compared."""
    scope: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(emit(unit, "model"), "emitted", "exec"), scope)
    keys, values, count = True, True, 0
    assert unit.program is not None
    for model in unit.program.models:
        torch.manual_seed(1)
        states = [build_model(model).state_dict()]
        torch.manual_seed(1)
        states.append(scope[model.name]().state_dict())
        keys &= list(states[0]) == list(states[1])
        values &= keys and same_weights(*states)
        count += sum(value.numel() for value in states[0].values())
    return keys, values, count


def trainings(path: Path, folder: Path) -> tuple[bool, bool]:
    """Whether run and script have equal logs and last weights, and whether each goes on from the other's checkpoint."""
    os.chdir(folder)
    whole = job_of(path, folder)
    flags = data_flags(whole, folder)
    trained(whole, folder / "run")
    run_script(whole, folder / "script", *flags)
    ends = [weights(folder / which / "last.pt") for which in ("run", "script")]
    same = log_of(folder / "run") == log_of(folder / "script") and same_weights(*ends)
    return same, resumes(whole, folder, flags, ends[0])


def resumes(whole: Unit, folder: Path, flags: list[str], end: Any) -> bool:
    """A training that ends after two steps by a signal, in each of the two, and goes on in the other."""
    with interrupted_run():
        trained(whole, folder / "begun_run")
    interrupted_script(whole, folder / "begun_script", flags)
    run_script(whole, folder / "rest_script", "--resume", str(folder / "begun_run" / "last.pt"), *flags)
    trained(whole, folder / "rest_run", resume=str(folder / "begun_script" / "last.pt"))
    return all(same_weights(end, weights(folder / f"rest_{which}" / "last.pt")) for which in ("run", "script"))


@contextmanager
def interrupted_run() -> Iterator[None]:
    """Runs inside get a SIGTERM after their second step."""
    usual = {kind: kind.step for kind in (Trainer, OwnTrainer)}

    def step(self: Trainer, group: Any) -> None:
        usual[type(self)](self, group)
        if self.place.step == 2:
            signal.raise_signal(signal.SIGTERM)

    for kind in usual:
        kind.step = step  # type: ignore[method-assign]
    try:
        yield
    finally:
        for kind, before in usual.items():
            kind.step = before  # type: ignore[method-assign]


def interrupted_script(unit: Unit, folder: Path, flags: list[str]) -> None:
    """The script with a SIGTERM after its second step."""
    counted = "            place.step += 1\n"
    killed = f"{counted}            signals.extend([15] if place.step == 2 else [])\n"
    folder.mkdir()
    text = emit(unit)
    assert counted in text
    (folder / "cut.py").write_text(text.replace(counted, killed))
    given = ["--device", "cpu", "--log-every", "1", "--out", str(folder), *flags]
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "cut.py"), *given], capture_output=True, env=environment()
    )
    assert done.returncode == 143


def main() -> None:
    print(f"{'spec':26}{'numbers':>14}  keys   weights  losses   resume")
    for path in SPECS:
        keys, values, count = initial(unit_of(path))
        line = f"{name(path):26}{count:14,}  {said(keys):7}{said(values):9}"
        if path in COMPLETE:
            with tempfile.TemporaryDirectory() as folder:
                line += "".join(f"{said(found):9}" for found in trainings(path, Path(folder)))
        print(line, flush=True)


def said(found: bool) -> str:
    return "equal" if found else "DIFFER"


if __name__ == "__main__":
    main()
