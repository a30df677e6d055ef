"""The deceits that are tried on each exercise."""

from __future__ import annotations

__all__ = ["FOR_ONE"]

#: Those that are about the tests of "add-up" alone.
FOR_ONE = {
    "calls the tests itself",
    "before each cell",
    "finds the constants",
    "reads In",
    "reads linecache",
    "at the end",
    "prints a result",
    "reads the exercise",
    "writes the gradebook",
    "leaves",
    "is interrupted",
    "ends the generator",
    "an error without a trace",
    "a namespace that lies",
}
