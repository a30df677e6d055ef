"""Kernels: stock ones against those of the fork server, each in its sandbox.

Stock and ours run alternately, in one process and through the same calls. Each is compared with the floor:
the same source, compiled and run in a fork of a warm interpreter, with no kernel and no sandbox.
"""

from __future__ import annotations

import copy
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from interpreter_floor import floor
from jupyter_client.manager import KernelManager
from measure import Laps, Report, Series, interleaved, main
from nbclient import NotebookClient
from nbformat import NotebookNode, from_dict
from traitlets.config import Config

from toolkit.kernels import SandboxedShell, execute
from toolkit.kernels.fork_servers import PRELOADED_MODULES, ForkServer, running_fork_servers, runtime_folder

STOCK = "python3"
OURS = "mentoring"
# Every stock kernel warns about its TCP ports.
QUIET = {"stderr": DEVNULL}
LIBRARIES = "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt\n"

# The content of a beginner's notebook: names, functions, loops, a class, a caught error, a file.
CELLS = (
    "import csv\nimport math\nfrom collections import Counter\nfrom pathlib import Path",
    "names = ['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara']\nlen(names)",
    "for name in names:\n    print(f'Hello, {name}')",
    "def area(radius):\n    '''Area of a circle.'''\n    return math.pi * radius**2",
    "area(2)",
    "[round(area(r), 2) for r in range(5)]",
    "squares = {n: n * n for n in range(1, 11)}\nsquares",
    "text = 'the quick brown fox jumps over the lazy dog'\nCounter(text.replace(' ', '')).most_common(3)",
    "def is_prime(n):\n    return n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))",
    "print([n for n in range(100) if is_prime(n)])",
    """class Account:
    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance

    def pay_in(self, amount):
        self.balance += amount

    def __repr__(self):
        return f'Account({self.owner!r}, {self.balance})'""",
    "account = Account('Ada')\naccount.pay_in(20)\naccount",
    "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    print('Caught:', error)",
    "with open('marks.csv', newline='') as file:\n    rows = list(csv.DictReader(file))\nrows[0]",
    "mean = sum(float(row['mark']) for row in rows) / len(rows)\nprint('mean', mean)",
    "def fibonacci(n):\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a",
    "[fibonacci(n) for n in range(20)]",
    "import sys\nprint('a warning of our own', file=sys.stderr)",
    "Path('out.txt').write_text('\\n'.join(names))",
    "assert fibonacci(10) == 55\nassert is_prime(97)\nsorted(names, key=len)",
)


def start_and_stop(report: Report) -> None:
    """Start, ready, first cell, shutdown: without libraries, then with the libraries imported."""
    rounds = 5 if report.quick else 30
    _lives(report, "bare", "1", (), "", rounds, least=7.0)
    _lives(
        report, "numpy, pandas, matplotlib", LIBRARIES + "1", PRELOADED_MODULES, LIBRARIES, rounds, least=14.0
    )


def _lives(
    report: Report, what: str, source: str, preload: Sequence[str], warm: str, rounds: int, *, least: float
) -> None:
    with _folder() as folder, floor(warm) as run_plainly:
        began = time.perf_counter()
        _live(OURS, source, folder, preload)
        report.say(
            f"\n  (the first kernel, with the start of its server: {time.perf_counter() - began:.1f} s)"
        )
        found = interleaved(
            {
                "stock": partial(_live, STOCK, source, folder, ()),
                "ours, sandboxed": partial(_live, OURS, source, folder, preload),
                "fork and exec": partial(_timed, partial(run_plainly, [source], folder)),
            },
            rounds,
        )
    title = f"Start, ready, first cell, shutdown: {what}"
    series = [Series.of_seconds(name, [laps.total for laps in found[name]]) for name in found]
    ratios = report.compare(title, series, "ours, sandboxed", floor="fork and exec")
    report.hold(f"start to shutdown, {what}: stock against ours", ratios["stock"], least=least, unit="x")
    steps = list(found["stock"][0].seconds)
    rows: list[list[object]] = []
    for name in ("stock", "ours, sandboxed"):
        each = [Series.of_seconds(step, [laps.seconds[step] for laps in found[name]]) for step in steps]
        rows.append([name, *(one.median for one in each)])
        report.series += [{"table": f"{title}: {name}", **one.as_dict()} for one in each]
    report.table("  of which, median ms", ["", *steps], rows)


def _live(name: str, source: str, folder: Path, preload: Sequence[str]) -> Laps:
    laps = Laps()
    config = Config(MentoringProvisioner=Config(preload=list(preload)))
    with laps("start"):
        manager = KernelManager(kernel_name=name, config=config)
        manager.start_kernel(cwd=str(folder), **QUIET)
    with laps("ready"):
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
    with laps("cell"):
        reply = client.execute_interactive(source, timeout=60, output_hook=_nothing)
    with laps("shutdown"):
        client.stop_channels()
        manager.shutdown_kernel()
    _expect(reply["content"]["status"] == "ok", f"{name}: {reply['content']}")
    return laps


def notebook(report: Report) -> None:
    """Execute a notebook of small cells: nbclient on a stock kernel against the direct executor."""
    rounds = 8 if report.quick else 30
    nb = _notebook()
    theirs: list[Any] = []
    ours: list[Any] = []
    # The floor is warm too: it has already imported the modules of the first cell.
    with _folder() as folder, floor(CELLS[0]) as run_plainly:
        (folder / "marks.csv").write_text(
            "name,mark\n" + "".join(f"student{n},{n % 11}\n" for n in range(40))
        )

        def stock() -> float:
            # A copy for each run, because nbclient changes the notebook that it is given.
            mine = _notebook()
            client = NotebookClient(mine, kernel_name=STOCK, resources={"metadata": {"path": str(folder)}})
            began = time.perf_counter()
            client.execute(**QUIET)
            seconds = time.perf_counter() - began
            theirs.append(_outputs(mine))
            return seconds

        def direct() -> float:
            began = time.perf_counter()
            done = execute(nb, cwd=folder)
            seconds = time.perf_counter() - began
            ours.append(_outputs(done.notebook))
            return seconds

        def plain() -> float:
            return _timed(partial(run_plainly, CELLS, folder)).total

        found = interleaved(
            {
                "nbclient, stock": stock,
                "execute, sandboxed": direct,
                "fork and exec": plain,
            },
            rounds,
        )
    unequal = [f"{left} != {right}" for left, right in zip(theirs, ours, strict=True) if left != right]
    title = f"Execute a notebook of {len(CELLS)} small cells"
    series = [Series.of_seconds(name, seconds) for name, seconds in found.items()]
    ratios = report.compare(title, series, "execute, sandboxed", floor="fork and exec")
    report.hold("notebook: nbclient on stock against ours", ratios["nbclient, stock"], least=20.0, unit="x")
    if unequal:
        report.say(f"  {unequal[0]}")
    report.hold("notebook: rounds whose outputs differ", len(unequal), most=0)


def _notebook() -> NotebookNode:
    empty: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**empty, "id": f"cell-{number}", "source": source} for number, source in enumerate(CELLS)]
    kernelspec = {"name": STOCK, "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernelspec}
    plain = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    notebook: NotebookNode = from_dict(copy.deepcopy(plain))  # type: ignore[no-untyped-call]
    return notebook


def _outputs(nb: NotebookNode) -> list[Any]:
    """Return numbers and outputs of all cells; chunks of a stream are joined, as their sizes are random."""
    found: list[Any] = []
    for cell in nb.cells:
        merged: list[dict[str, Any]] = []
        for output in cell.outputs:
            last = merged[-1] if merged else {}
            if output.output_type == "stream" and last.get("name") == output.name:
                last["text"] += output.text
            else:
                merged.append(dict(output))
        found.append((cell.execution_count, merged))
    return found


def memory(report: Report) -> None:
    """Proportional memory of many kernels at a time, libraries imported."""
    count = 12 if report.quick else 20
    source = LIBRARIES + "1"
    with _folder() as folder:
        # Other processes that map the same libraries would make the proportional size smaller.
        stop_servers()
        with ExitStack() as stack:
            kernels = [_started(stack, STOCK, folder) for _ in range(count)]
            for kernel in kernels:
                _run(kernel, source)
            # This process starts them, so each is its child.
            pids = [pid for pid in _children(os.getpid()) if "ipykernel_launcher" in _command(pid)]
            _expect(len(pids) == count, f"{len(pids)} stock kernels of {count}")
            stock = [sum(map(_proportional, [pid, *_below(pid)])) for pid in pids]
        with ExitStack() as stack:
            kernels = [_started(stack, OURS, folder) for _ in range(count)]
            for kernel in kernels:
                _run(kernel, source)
            (server,) = running_fork_servers()
            trees = [[keeper, *_below(keeper)] for keeper in _children(server.pid)]
            _expect(len(trees) == count, f"{len(trees)} trees of {count}")
            ours = [sum(map(_proportional, tree)) + _private_files(tree[-1]) for tree in trees]
            # bubblewrap remains as the parent of the server.
            alone = _proportional(server.pid) + _proportional(_parent(server.pid))
        stop_servers()
    title = f"Proportional memory of {count} kernels with numpy, pandas, matplotlib"
    total = (sum(ours) + alone) / sum(stock)
    each = [Series("stock", stock, "MB"), Series("ours, each", ours, "MB")]
    for one in each:
        report.series.append({"table": title, **one.as_dict()})
    report.series.append({"table": title, **Series("ours, the server", [alone], "MB").as_dict()})
    rows: list[list[object]] = [
        ["stock", str(count), each[0].median, 0.0, sum(stock), f"{1 / total:.2f}x"],
        ["ours, sandboxed", str(count), each[1].median, alone, sum(ours) + alone, "1.00x"],
    ]
    report.table(title, ["", "n", "median MB", "server MB", "all MB", "against ours"], rows)
    report.hold(f"memory of {count} kernels: ours against stock", total, most=0.4, unit="x")


def _started(stack: ExitStack, name: str, folder: Path) -> tuple[KernelManager, Any]:
    manager = KernelManager(kernel_name=name)
    manager.start_kernel(cwd=str(folder), **QUIET)
    stack.callback(manager.shutdown_kernel, now=True)
    client = manager.client()
    client.start_channels()
    stack.callback(client.stop_channels)
    return manager, client


def _run(kernel: tuple[KernelManager, Any], source: str) -> None:
    _manager, client = kernel
    client.wait_for_ready(timeout=120)
    reply = client.execute_interactive(source, timeout=120, output_hook=_nothing)
    _expect(reply["content"]["status"] == "ok", str(reply["content"]))


def endurance(report: Report) -> None:
    """Check that many kernels, one after another, leave nothing behind."""
    direct, protocol = (100, 20) if report.quick else (1000, 100)
    with _folder() as folder:
        stop_servers()
        _one_after_another(
            report, f"{direct} kernels one after another, direct", direct, partial(_use_shell, folder)
        )
        once = partial(_live, OURS, "1", folder, PRELOADED_MODULES)
        _one_after_another(report, f"{protocol} kernels one after another, protocol", protocol, once)


def _use_shell(folder: Path) -> None:
    with SandboxedShell.open(folder) as shell:
        reply = shell.run("1 + 1")
    _expect(reply.status == "ok", str(reply))


def _one_after_another(report: Report, title: str, count: int, once: Callable[[], object]) -> None:
    # Before the first of these, caches fill and the heap settles; from then to the last nothing may grow.
    marks = (count // 10, count // 2, count)
    found = []
    began = time.perf_counter()
    for number in range(1, count + 1):
        once()
        if number in marks:
            found.append(_state())
    each = 1000 * (time.perf_counter() - began) / count
    rows = [[name, *(state[name] for state in found)] for name in found[0]]
    report.table(title, ["", *(f"after {mark}" for mark in marks)], rows)
    report.say(f"  ({each:.1f} ms each)")
    for name in found[0]:
        growth = found[-1][name] - found[0][name]
        # The heap of an idle Python varies by some pages; a leak of 1 kB per kernel would exceed this.
        most = 1.0 if name.endswith("MB") else 0
        report.hold(f"{title}: growth of {name}", round(growth, 3), most=most)


def _state() -> dict[str, float]:
    """Return the resources of the server, and those left on the machine by it and this process, once idle."""
    (server,) = running_fork_servers()
    deadline = time.monotonic() + 5
    while _children(server.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(
        0.2
    )  # until the server closes its end of the last connections, also of that by `running_fork_servers`
    here = Path("/proc/self")
    there = Path(f"/proc/{server.pid}")
    return {
        "server, anonymous MB": _proportional(server.pid, "Anonymous"),
        "server, resident MB": _resident(server.pid),
        "server, descriptors": len(list((there / "fd").iterdir())),
        "server, mounts": len((there / "mountinfo").read_text().splitlines()),
        "server, processes below it": len(_below(server.pid)),
        "client, descriptors": len(list((here / "fd").iterdir())),
        "machine, mounts": len((here / "mountinfo").read_text().splitlines()),
        "machine, files of the runtime folder": len(list(runtime_folder().rglob("*"))),
    }


def _proportional(pid: int, kind: str = "Pss") -> float:
    """Return the proportional set size, MB, or another figure from the same file."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{kind}:"):
            return int(line.split()[1]) / 1024
    return math.nan


def _resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return math.nan


def _private_files(pid: int) -> float:
    """Return the size of a kernel's private files, MB: they use memory that no process accounts for."""
    found = os.statvfs(f"/proc/{pid}/root/tmp")
    return (found.f_blocks - found.f_bfree) * found.f_frsize / 2**20


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def _below(pid: int) -> list[int]:
    return [found for child in _children(pid) for found in (child, *_below(child))]


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def _timed(once: Callable[[], object]) -> Laps:
    laps = Laps()
    with laps("all"):
        once()
    return laps


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mentoring-bench-") as folder:
        yield Path(folder)


def _nothing(_message: dict[str, Any]) -> None:
    """Discard the outputs of a cell."""


def _expect(what: bool, otherwise: str) -> None:  # noqa: FBT001
    if not what:
        raise RuntimeError(otherwise)


def stop_servers() -> None:
    for server in running_fork_servers():
        server.stop()
        _await_end(server)


def _await_end(server: ForkServer) -> None:
    deadline = time.monotonic() + 10
    while Path(f"/proc/{server.pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)


@contextmanager
def own_servers() -> Iterator[None]:
    """Use separate fork servers and a separate history of typed code."""
    with tempfile.TemporaryDirectory(prefix="mentoring-bench-") as folder:
        os.environ.pop("MENTORING_KERNELS", None)
        os.environ["MENTORING_RUNTIME_DIR"] = f"{folder}/run"
        os.environ["IPYTHONDIR"] = f"{folder}/ipython"
        try:
            yield
        finally:
            stop_servers()


if __name__ == "__main__":
    parts = {"start": start_and_stop, "notebook": notebook, "memory": memory, "endurance": endurance}
    with own_servers():
        code = main("kernels", parts)
    sys.exit(code)
