"""Shared parts of the benchmarks: interleaved arms, medians and ratios, and bars that can fail."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

__all__ = ["Bar", "Laps", "Report", "Series", "interleaved", "main"]

Result = TypeVar("Result")


def interleaved(
    arms: Mapping[str, Callable[[], Result]], rounds: int, *, warm: int = 1
) -> dict[str, list[Result]]:
    """Run every arm once per round, in a new random order each round, so that noise affects all alike.

    Parameters
    ----------
    arms : mapping of str to callable
        What each returns is kept, in the order of the rounds.
    warm : int
        Rounds before these that do not count: they compile .pyc files and start what is started once.
    """
    found: dict[str, list[Result]] = {name: [] for name in arms}
    order = list(arms)
    for number in range(warm + rounds):
        random.shuffle(order)
        for name in order:
            result = arms[name]()
            if number >= warm:
                found[name].append(result)
    return found


class Laps:
    """The time of each step of one run, s.

    >>> laps = Laps()
    >>> with laps("start"):
    ...     pass
    >>> list(laps.seconds), laps.total == sum(laps.seconds.values())
    (['start'], True)
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Time one step."""
        began = time.perf_counter()
        yield
        self.seconds[step] = time.perf_counter() - began

    @property
    def total(self) -> float:
        """All steps together, s."""
        return sum(self.seconds.values())


@dataclass(frozen=True)
class Series:
    """The values of one arm.

    Parameters
    ----------
    values : sequence of float
        In ``unit``; at least one.
    """

    name: str
    values: Sequence[float]
    unit: str = "ms"

    @classmethod
    def of_seconds(cls, name: str, seconds: Sequence[float]) -> Series:
        """Return times that were taken in seconds as milliseconds."""
        return cls(name, [1000 * value for value in seconds])

    @property
    def n(self) -> int:
        """The number of values."""
        return len(self.values)

    @property
    def median(self) -> float:
        """The median."""
        return statistics.median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The first and the third quartile."""
        if self.n < 2:
            return self.median, self.median
        low, _middle, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return low, high

    def times(self, other: Series) -> float:
        """Return this median divided by the median of ``other``."""
        return self.median / other.median

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain data."""
        low, high = self.quartiles
        figures = {"n": self.n, "median": self.median, "lower_quartile": low, "upper_quartile": high}
        return {"name": self.name, "unit": self.unit, **figures}


@dataclass(frozen=True)
class Bar:
    """The bar of one figure: the limits that it has to meet.

    Parameters
    ----------
    least, most : float, optional
        The bar itself, either or both.
    """

    name: str
    value: float
    least: float | None = None
    most: float | None = None
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether the figure meets the bar; NaN does not."""
        above = self.least is None or self.value >= self.least
        below = self.most is None or self.value <= self.most
        return above and below and not math.isnan(self.value)

    def __str__(self) -> str:
        wanted = []
        if self.least is not None:
            wanted.append(f"at least {figure(self.least)}{self.unit}")
        if self.most is not None:
            wanted.append(f"at most {figure(self.most)}{self.unit}")
        return f"{self.name}: {figure(self.value)}{self.unit} ({', '.join(wanted)})"


@dataclass
class Report:
    """The results of a benchmark: tables for readers, the same as data, and the bars."""

    name: str
    quick: bool = False
    lines: list[str] = field(default_factory=list)
    series: list[dict[str, Any]] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    progress: bool = False

    def say(self, line: str = "") -> None:
        """Add a line of text, and print it at once."""
        self.lines.append(line)
        if self.progress:
            print(line, flush=True)

    def table(self, title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Add a table; the first column is words, the others are figures."""
        cells = [
            list(heads),
            *([cell if isinstance(cell, str) else figure(cell) for cell in row] for row in rows),
        ]
        widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
        self.say()
        self.say(title)
        for row in cells:
            first, *others = (
                text.rjust(width) if number else text.ljust(width)
                for number, (text, width) in enumerate(zip(row, widths, strict=True))
            )
            self.say("  " + "  ".join([first, *others]).rstrip())

    def compare(
        self, title: str, series: Sequence[Series], ours: str, *, floor: str = ""
    ) -> dict[str, float]:
        """Add a table of arms, each compared with ``ours``; return the ratio of each arm to ours."""
        mine = next(one for one in series if one.name == ours)
        ratios = {one.name: one.times(mine) for one in series}
        rows: list[list[object]] = []
        for one in series:
            low, high = one.quartiles
            name = f"{one.name} (floor)" if one.name == floor else one.name
            rows.append(
                [name, str(one.n), one.median, f"{figure(low)} - {figure(high)}", f"{ratios[one.name]:.2f}x"]
            )
            self.series.append({"table": title, **one.as_dict(), "times_ours": ratios[one.name]})
        self.table(title, ["", "n", f"median {mine.unit}", "middle half", "against ours"], rows)
        return ratios

    def hold(
        self,
        name: str,
        value: float,
        *,
        least: float | None = None,
        most: float | None = None,
        unit: str = "",
    ) -> None:
        """Compare a figure with its bar."""
        self.bars.append(Bar(name, value, least, most, unit))

    @property
    def missed(self) -> list[Bar]:
        """The bars that were not met."""
        return [bar for bar in self.bars if not bar.met]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        bars = [{**asdict(bar), "met": bar.met} for bar in self.bars]
        return {"name": self.name, "quick": self.quick, **_machine(), "series": self.series, "bars": bars}


def figure(value: object) -> str:
    """Return a number rounded to about three significant digits."""
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, float):
        return str(value)
    if value != 0 and abs(value) < 1:
        return f"{value:.2f}"
    return f"{value:.1f}" if abs(value) < 100 else f"{value:.0f}"


def _machine() -> dict[str, Any]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else []
    return {"python": platform.python_version(), "system": platform.platform(), "cores": cores, "load": load}


def main(
    name: str, parts: Mapping[str, Callable[[Report], None]], arguments: Sequence[str] | None = None
) -> int:
    """Run a benchmark from the command line; return its exit code.

    Parameters
    ----------
    parts : mapping of str to callable
        Each measures one thing and adds it to the report.
    """
    parser = argparse.ArgumentParser(description=f"Benchmark: {name}.")
    parser.add_argument(
        "parts", nargs="*", help=f"what to measure: {', '.join(parts)}; all of it unless said"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: within a minute")
    chosen = parser.parse_args(arguments)
    unknown = [part for part in chosen.parts if part not in parts]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}")
    report = Report(name, quick=chosen.quick, progress=not chosen.json)
    machine = _machine()
    report.say(f"{name}: Python {machine['python']}, {machine['cores']} cores, load {machine['load'][:1]}")
    for part in chosen.parts or parts:
        parts[part](report)
    if chosen.json:
        print(json.dumps(report.as_dict(), indent=1))
    else:
        _say_bars(report)
    if chosen.check and report.missed:
        for bar in report.missed:
            # Standard output must stay valid JSON.
            print(f"missed: {bar}", file=sys.stderr if chosen.json else sys.stdout)
        return 1
    return 0


def _say_bars(report: Report) -> None:
    report.say()
    report.say("Bars")
    for bar in report.bars:
        report.say(f"  {'met   ' if bar.met else 'MISSED'}  {bar}")
