"""The arithmetic of the benchmarks is right, and their bars can fail."""

from __future__ import annotations

import importlib.util
import json
import math
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2] / "benchmarks" / "measure.py"


@pytest.fixture(scope="module")
def measure():
    spec = importlib.util.spec_from_file_location("benchmark_measure", HERE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_arms_run_once_a_round_and_warm_rounds_do_not_count(measure):
    """Each arm runs once per round, and warm-up rounds are not counted."""
    calls = []
    arms = {name: lambda name=name: calls.append(name) or len(calls) for name in "abc"}
    found = measure.interleaved(arms, 5, warm=2)
    assert [len(found[name]) for name in "abc"] == [5, 5, 5]
    assert sorted(value for values in found.values() for value in values) == list(range(7, 22))
    assert all(sorted(calls[start : start + 3]) == ["a", "b", "c"] for start in range(0, 21, 3))


def test_the_order_of_arms_changes_between_rounds(measure):
    calls = []
    measure.interleaved({name: lambda name=name: calls.append(name) for name in "ab"}, 200, warm=0)
    first = calls[::2]
    assert 50 < first.count("a") < 150


def test_medians_quartiles_and_ratios(measure):
    stock = measure.Series.of_seconds("stock", [0.9, 1.0, 1.1, 9.0])
    ours = measure.Series.of_seconds("ours", [0.1, 0.1, 0.2])
    assert stock.median == pytest.approx(1050)
    assert stock.quartiles == (pytest.approx(975), pytest.approx(3075))
    assert ours.median == pytest.approx(100)
    assert stock.times(ours) == pytest.approx(10.5)
    assert measure.Series("one", [3.0]).quartiles == (3.0, 3.0)


def test_laps_add_up(measure):
    laps = measure.Laps()
    with laps("one"):
        pass
    with laps("two"):
        pass
    assert list(laps.seconds) == ["one", "two"]
    assert laps.total == sum(laps.seconds.values()) > 0


@pytest.mark.parametrize(
    ("value", "least", "most", "met"),
    [
        (7.0, 7.0, None, True),
        (6.99, 7.0, None, False),
        (0.4, None, 0.4, True),
        (0.41, None, 0.4, False),
        (0, 0, 0, True),
        (-1, 0, 0, False),
        (math.nan, 1.0, None, False),
        (math.nan, None, 1.0, False),
    ],
)
def test_bars(measure, value, least, most, met):
    assert measure.Bar("it", value, least, most).met is met


def test_a_comparison_has_the_ratios_and_the_floor(measure):
    report = measure.Report("some")
    series = [
        measure.Series(name, [value]) for name, value in (("stock", 800.0), ("ours", 100.0), ("fork", 2.0))
    ]
    ratios = report.compare("start", series, "ours", floor="fork")
    assert ratios == {"stock": 8.0, "ours": 1.0, "fork": 0.02}
    text = "\n".join(report.lines)
    assert "8.00x" in text
    assert "fork (floor)" in text
    assert [row["times_ours"] for row in report.as_dict()["series"]] == [8.0, 1.0, 0.02]


def short(report):
    report.hold("speed", 3.0 if report.quick else 5.0, least=4.0, unit="x")
    report.hold("growth", 0, most=0)


def test_check_fails_when_a_bar_is_missed_and_says_so_last(measure, capsys):
    assert measure.main("some", {"short": short}, ["--check", "--quick"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "missed: speed: 3.0x (at least 4.0x)"
    assert measure.main("some", {"short": short}, ["--quick"]) == 0
    assert "MISSED  speed" in capsys.readouterr().out
    assert measure.main("some", {"short": short}, ["--check"]) == 0


def test_json_stays_json_when_a_bar_is_missed(measure, capsys):
    assert measure.main("some", {"short": short}, ["--check", "--quick", "--json"]) == 1
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert [bar["met"] for bar in found["bars"]] == [False, True]
    assert found["quick"]
    assert err.splitlines()[-1] == "missed: speed: 3.0x (at least 4.0x)"


def test_only_the_parts_asked_for_are_run(measure, capsys):
    ran = []
    parts = {name: lambda _report, name=name: ran.append(name) for name in ("one", "two")}
    assert measure.main("some", parts, ["two"]) == 0
    assert ran == ["two"]
    with pytest.raises(SystemExit):
        measure.main("some", parts, ["three"])
    assert "no such part: three" in capsys.readouterr().err
