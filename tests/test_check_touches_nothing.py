"""`specc check` under an audit hook, over every spec there is: it reads, and does nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
WATCHED = """
import os, sys
from specc.cli.main import main

allowed = (sys.argv[1] + os.sep, *(os.path.realpath(path) + os.sep for path in (os.path.dirname(os.__file__),)))
writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
forbidden = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.remove", "os.rename",
             "os.mkdir", "os.rmdir", "os.chmod", "os.link", "os.symlink", "os.truncate", "os.utime", "shutil.",
             "ctypes.", "pickle.find_class", "marshal.dumps", "urllib.", "tempfile.")


def watch(event, args):
    if event.startswith(forbidden):
        raise RuntimeError(f"check did {event} {args}")
    if event == "open":
        path, mode, flags = args
        if flags & writing or mode and set(str(mode)) & set("wax+"):
            raise RuntimeError(f"check wrote {path}")
        if isinstance(path, (str, bytes)) and not os.path.realpath(os.fsdecode(path)).startswith(allowed):
            raise RuntimeError(f"check read {path}")
    if event == "import" and args[0].split(".")[0] not in {*sys.stdlib_module_names, "specc"}:
        raise RuntimeError(f"check imported {args[0]}")


sys.dont_write_bytecode = True
sys.addaudithook(watch)
raise SystemExit(main(["check", *sys.argv[2:]]))
"""


def checked(*paths: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{WATCHED}", str(ROOT)]
    return subprocess.run([*command, *paths], cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_check_of_every_spec_only_reads() -> None:
    done = checked("specs")
    assert done.returncode == 0 and "checked" in done.stderr + done.stdout, done.stdout[-2000:] + done.stderr[-2000:]
    assert "S901" not in done.stdout


def test_the_hook_sees_what_it_watches_for(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.spec").write_text("let a = 1\n")
    done = checked(str(tmp_path / "elsewhere.spec"))
    assert done.returncode != 0 and f"check read {tmp_path}" in done.stdout + done.stderr
