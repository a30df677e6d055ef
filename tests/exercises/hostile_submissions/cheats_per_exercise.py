"""Which deceits are tried on which exercise, and which of them win where a test cannot be split."""

from __future__ import annotations

__all__ = ["FOR_ONE", "WINS"]

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
#: Those that win in tests which decide in the student's own Python: `exercise check` warns of such tests.
WINS = {
    "add-up": set[str](),
    "spread": {
        "a child says that it is done",
        "a class that lies",
        "an array that lies",
        "any of a mock",
        "displayhook",
        "equal to everything",
        "numpy says yes",
        "says that it is done",
        "settrace",
        "text that lies",
    },
}
