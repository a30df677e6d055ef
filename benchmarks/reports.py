"""Reports: stock papermill against ours, the same template and data, alternately.

Stock is papermill's own API in a long-lived process, one notebook after the other, or in two such processes;
for HTML it is nbconvert's exporter, made once, with the same nbconvert template. Ours is the work of `mentor
report` on each student. Stock is slow, so it makes fewer notebooks, and rates are compared. Further parts
measure a run after no or one change, and `mentor report ONE`, each time in a new process, on practices of up
to 10,000 students with 200 attempts each.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from kernels import own_servers
from measure import Report, Series, interleaved, main
from nbformat import NotebookNode
from reports_data import WHEN, as_said, name_of, parameters, practice_of, write_template
from sqlalchemy import insert

from toolkit._internal.resources import resource_folder
from toolkit.practice import Practice
from toolkit.reports.export.html_export import HtmlExporter
from toolkit.reports.run.template_runner import run_template
from toolkit.services.reports import progress_notebooks as service
from toolkit.store.attempts import AttemptRow

NOW = WHEN + timedelta(days=180)
OUT = "benchmark"


@cache
def exporter() -> Any:  # noqa: ANN401 - nbconvert has no types
    from nbconvert.exporters import HTMLExporter

    return HTMLExporter(
        template_name="mentoring", extra_template_basedirs=[str(resource_folder("templates") / "nbconvert")]
    )


def stock(html: bool, template: Path, folder: Path, number: int) -> None:  # noqa: FBT001
    """Make one notebook with papermill."""
    from papermill.execute import execute_notebook

    path = folder / f"stock-{number}.ipynb"
    quiet = ["--IPKernelApp.log_level=50"]
    made = execute_notebook(
        str(template), str(path), parameters(number), progress_bar=False, extra_arguments=quiet
    )
    if html:
        page, _resources = exporter().from_notebook_node(made)
        path.with_suffix(".html").write_text(page, encoding="utf-8")


def ours(press: HtmlExporter | None, template: Path, folder: Path, number: int) -> None:
    """Make one notebook as `mentor report` makes it."""
    path = folder / f"ours-{number}.ipynb"
    pages: list[str] = []

    def finish(nb: NotebookNode) -> None:
        if press is not None:
            pages.append(press.page(nb, "benchmark"))

    run_template(template, parameters(number), path, language="en", finish=finish)
    for page in pages:
        path.with_suffix(".html").write_text(page, encoding="utf-8")


def each(pool: Executor | None, one: Callable[[int], None], count: int) -> float:
    """Make a number of notebooks; return the time of each, s."""
    began = time.perf_counter()
    list(map(one, range(count)) if pool is None else pool.map(one, range(count)))
    return (time.perf_counter() - began) / count


def throughput(report: Report) -> None:
    """Measure notebooks alone, and with HTML."""
    few, many, rounds = (3, 24, 1) if report.quick else (10, 200, 3)
    for html, least in ((False, 14.0), (True, 8.0)):
        with tempfile.TemporaryDirectory(prefix="mentoring-bench-") as place, pools() as (two, threads):
            folder = Path(place)
            template = write_template(folder / "template.ipynb")
            old = partial(stock, html, template, folder)
            new = partial(ours, HtmlExporter() if html else None, template, folder)
            arms = {
                f"stock papermill, a loop of {few}": partial(each, None, old, few),
                f"stock papermill, 2 processes, {2 * few}": partial(each, two, old, 2 * few),
                f"ours, 2 workers, {many}": partial(each, threads, new, many),
            }
            found = interleaved(arms, rounds)
            same = [
                as_said(folder / f"stock-{n}.ipynb") == as_said(folder / f"ours-{n}.ipynb")
                for n in range(few)
            ]
        series = [Series.of_seconds(name, seconds) for name, seconds in found.items()]
        what = "notebooks and HTML" if html else "notebooks"
        ratios = list(report.compare(f"{what}, a notebook", series, series[-1].name).values())
        report.say(f"  the same outputs: {sum(same)} of {len(same)}")
        report.hold(f"{what}: against a loop of stock", ratios[0], least=least, unit="x")
        if not html:
            report.hold("notebooks: against 2 stock processes", ratios[1], least=7.0, unit="x")
            report.hold("notebooks with the same outputs", sum(same) / len(same), least=1.0)


@contextmanager
def pools() -> Iterator[tuple[Executor, Executor]]:
    # The stock processes inherit no memory of ours.
    with ProcessPoolExecutor(2, get_context("spawn")) as two, ThreadPoolExecutor(2) as threads:
        yield two, threads


def changed(report: Report) -> None:
    """Measure a second run: after no change, and after a change of one student."""
    students, rounds = (20, 3) if report.quick else (200, 9)
    with tempfile.TemporaryDirectory(prefix="mentoring-bench-") as place:
        practice = practice_of(Path(place), students, 20)
        began = time.perf_counter()
        first = service.write_progress_notebooks(practice, now=NOW, jobs=2)
        report.say(f"  {students} reports the first time: {time.perf_counter() - began:.1f} s")
        if any(one.problem or not one.is_new for one in first):
            raise RuntimeError(str(first[0].problem))
        nothing, one = [], []
        for number in range(rounds + 1):
            nothing.append(rewritten(practice, 0))
            add_attempts(practice, [number % students], 100 + number)
            one.append(rewritten(practice, 1))
    title = f"{students} students, the second time"
    series = [Series.of_seconds("nothing changed", nothing[1:]), Series.of_seconds("one changed", one[1:])]
    report.compare(title, series, "nothing changed")
    report.hold(f"nothing changed, {students} students", series[0].median / 1000, most=1.0, unit=" s")
    report.hold(f"one changed of {students} students", series[1].median / 1000, most=1.0, unit=" s")


def rewritten(practice: Practice, expected: int) -> float:
    began = time.perf_counter()
    written = service.write_progress_notebooks(Practice(practice.root), now=NOW, jobs=2)
    took = time.perf_counter() - began
    if sum(one.is_new for one in written) != expected:
        raise RuntimeError(f"{sum(one.is_new for one in written)} were written, not {expected}")
    return took


def add_attempts(practice: Practice, students: Sequence[int], number: int) -> None:
    rows = [
        {
            "student_id": name_of(student),
            "exercise_id": "bus-fare",
            "sha256": f"{student * 1_000_000 + 500_000 + number:064x}",
            "received_at": NOW - timedelta(minutes=1000 - number),
            "source": "bench",
            "hints_used": 0,
            "aided": False,
            "verdict": "graded",
            "results": [{"grade_id": "test", "points": 0.0, "max_points": 1.0, "message": "not yet"}],
            "reason": "",
            "environment": "",
            "made_with": "",
        }
        for student in students
    ]
    with practice.store.begin() as tx:
        tx.session.execute(insert(AttemptRow), rows)


def stored(report: Report) -> None:
    """Measure `mentor report ONE` and the cohort's page as the stored data grow."""
    sizes, rounds = ([100, 1000], 2) if report.quick else ([100, 1000, 10_000], 7)
    commands = {"mentor report ONE": 1.5, "mentor cohort": 1.5}
    times: dict[str, list[Series]] = {name: [] for name in commands}
    memory: dict[str, list[float]] = {name: [] for name in commands}
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="mentoring-bench-") as place:
            practice = practice_of(Path(place), size, 200)
            taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
            for number in range(rounds + 1):
                add_attempts(practice, [size // 2], number)
                taken["mentor report ONE"].append(asked(practice, "report", name_of(size // 2)))
                taken["mentor cohort"].append(asked(practice, "cohort"))
        for name, found in taken.items():
            times[name].append(Series.of_seconds(f"{size} students", [took for took, _peak in found[1:]]))
            memory[name].append(max(peak for _took, peak in found))
    for name, most in commands.items():
        series, peaks = times[name], memory[name]
        title = f"`{name}`, 200 attempts each, start of Python included"
        ratios = report.compare(title, series, series[0].name)
        peaks_of = zip(series, peaks, strict=True)
        report.table(f"memory of `{name}`, MB", ["", "most"], [[one.name, peak] for one, peak in peaks_of])
        largest = series[-1].name
        report.hold(f"`{name}`, {largest}", series[-1].median / 1000, most=most, unit=" s")
        report.hold(f"`{name}`, {largest}, memory", peaks[-1], most=500.0, unit=" MB")
        report.say(f"  {largest} take {ratios[largest]:.2f} times what {series[0].name} take")


def asked(practice: Practice, *words: str) -> tuple[float, float]:
    """Run a command of `mentor`; return its time, s, and its peak memory, MB."""
    program = str(Path(sys.executable).with_name("mentor"))
    peak = 0
    began = time.perf_counter()
    with subprocess.Popen(
        [program, "--practice", str(practice.root), *words], stdout=subprocess.DEVNULL
    ) as process:
        # The system's own figure at exit includes this process, as it was when it forked.
        while process.poll() is None:
            peak = max(peak, memory_of(process.pid))
            time.sleep(0.01)
    if process.returncode:
        raise RuntimeError(f"mentor {' '.join(words)}: {process.returncode}")
    return time.perf_counter() - began, peak / 1024


def memory_of(pid: int) -> int:
    """Return the peak memory of a process so far, kB; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


if __name__ == "__main__":
    with own_servers():
        code = main("reports", {"throughput": throughput, "changed": changed, "stored": stored})
    sys.exit(code)
