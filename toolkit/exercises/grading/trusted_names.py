"""Functions and constants that a test may use in the grader's process instead of the kernel.

They are those of Python and of libraries that compute from values alone; no file, no process, no network.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import math
import string
import unittest
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Any

__all__ = [
    "JUDGE_METHODS",
    "MODULE_ALIASES",
    "TRUSTED_METHODS",
    "TrustedNames",
    "is_assertion",
    "is_judge",
    "only_on_literals",
    "trusted_attribute",
]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_BUILTINS = _words(
    "abs all any ascii bin bool bytearray bytes chr complex dict divmod enumerate float format "
    "frozenset hex int isinstance len list max min oct ord pow range repr reversed round set slice "
    "sorted str sum tuple type zip"
)
_ERRORS = [
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
]
_NUMPY = _words(
    "abs absolute all allclose any arange argmax argmin argsort around array array_equal array_equiv "
    "asarray ceil column_stack concatenate cos count_nonzero cumsum diag diff dot empty exp eye floor "
    "full hstack identity isclose isfinite isinf isnan linspace log log10 log2 max maximum mean "
    "median min minimum ndim ones prod quantile ravel reshape round shape sin size sort sqrt stack "
    "std sum tan tile trace transpose unique var vstack where zeros pi e inf nan newaxis"
)
_PANDAS = _words(
    "DataFrame Index MultiIndex NA NaT RangeIndex Series Timedelta Timestamp date_range isna notna "
    "to_datetime"
)
#: Conventional names of modules, known even if the test itself does not import them.
MODULE_ALIASES = {
    "math": "math",
    "np": "numpy",
    "numpy": "numpy",
    "pandas": "pandas",
    "pd": "pandas",
    "unittest": "unittest",
    "decimal": "decimal",
    "fractions": "fractions",
    "collections": "collections",
    "datetime": "datetime",
    "string": "string",
}
_ALLOWED: dict[str, tuple[str, ...] | list[str]] = {
    "math": [name for name in vars(math) if not name.startswith("_")],
    "numpy": _NUMPY,
    "pandas": _PANDAS,
    "unittest": ["TestCase"],
    "decimal": ["Decimal"],
    "fractions": ["Fraction"],
    "collections": ["Counter", "OrderedDict", "UserDict", "UserList", "UserString", "deque"],
    "datetime": ["date", "datetime", "time", "timedelta"],
    "string": [name for name in string.__all__ if name.islower()],
}
# These decide: evaluated in the kernel, their result is what the test expects.
_JUDGES = (all, any, isinstance, math.isclose, math.isfinite, math.isinf, math.isnan)
_NUMPY_JUDGES = _words("all allclose any array_equal array_equiv isclose isfinite isinf isnan")
# Their results may be much larger than their arguments.
_LARGE = (
    bytearray, bytes, format, math.comb, math.factorial, math.perm, math.prod, pow, range,
)  # fmt: skip
_NUMPY_LARGE = _words("arange diag empty eye full identity linspace ones reshape tile where zeros")
#: Methods of plain values that may be called in the grader's process.
TRUSTED_METHODS = _words(
    "all any astype copy count date endswith equals get index isdigit isoformat item items join keys "
    "lower max mean min replace round sort_index sort_values split splitlines startswith std strip "
    "sum title to_dict to_list tolist union difference intersection issubset issuperset isdisjoint "
    "upper values tail head to_numpy reset_index"
)
#: Those that decide.
JUDGE_METHODS = _words("all any endswith equals isdigit isdisjoint issubset issuperset startswith")
_ATTRIBUTES = _words(
    "T columns day denominator dtype dtypes hour imag index minute month name names ndim numerator "
    "real second shape size values year days seconds"
)


@cache
def _module(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def is_judge(function: object) -> bool:
    """Return whether a function decides something, such as `isinstance` or ``numpy.allclose``."""
    return any(function is one for one in _JUDGES) or _is_of_numpy(function, _NUMPY_JUDGES)


def only_on_literals(function: object) -> bool:
    """Return whether a function's result may be so large that it gets no values of a student."""
    return (
        any(function is one for one in _LARGE)
        or _is_of_numpy(function, _NUMPY_LARGE)
        or getattr(function, "__name__", "") == "date_range"
    )


def _is_of_numpy(function: object, names: tuple[str, ...]) -> bool:
    module = getattr(function, "__module__", None) or type(function).__module__
    return module.partition(".")[0] == "numpy" and getattr(function, "__name__", "") in names


def is_assertion(function: object) -> bool:
    """Return whether a function fails by raising `AssertionError`, such as those of ``numpy.testing``."""
    name = getattr(function, "__name__", "")
    module = getattr(function, "__module__", "") or ""
    is_method = isinstance(getattr(function, "__self__", None), unittest.TestCase)
    return name.startswith(("assert", "fail")) and (is_method or "testing" in module)


def trusted_attribute(value: object, name: str) -> bool:
    """Return whether an attribute of a plain value may be read in the grader's process.

    Parameters
    ----------
    value : object
        The value; None if it is not known yet.
    name : str
        Name of the attribute.
    """
    if isinstance(value, unittest.TestCase):
        return name.startswith("assert") or name == "fail"
    return name in _ATTRIBUTES or name in TRUSTED_METHODS


class TrustedNames:
    """The trusted functions and constants by their names in one test.

    Parameters
    ----------
    tree : list of ast.stmt
        Statements of the test; its imports give names too.
    bound : collection of str
        Names that the test binds otherwise, which are not those of Python.
    """

    def __init__(self, tree: list[ast.stmt], bound: frozenset[str] = frozenset()) -> None:
        self._modules = {name: path for name, path in MODULE_ALIASES.items() if name not in bound}
        self._values: dict[str, Any] = {
            name: getattr(builtins, name) for name in [*_BUILTINS, *_ERRORS] if name not in bound
        }
        for statement in ast.walk(ast.Module(tree, [])):
            if isinstance(statement, ast.Import):
                for alias in statement.names:
                    self._bind_module(alias)
            elif isinstance(statement, ast.ImportFrom) and not statement.level:
                for alias in statement.names:
                    self._bind_member(statement.module or "", alias)

    def _bind_module(self, alias: ast.alias) -> None:
        if alias.asname:
            self._values.pop(alias.asname, None)
            self._modules[alias.asname] = alias.name
        else:
            root = alias.name.partition(".")[0]
            self._modules[root] = root

    def _bind_member(self, module: str, alias: ast.alias) -> None:
        name = alias.asname or alias.name
        self._values.pop(name, None)
        self._modules.pop(name, None)
        if f"{module}.{alias.name}" in _SUBMODULES:
            self._modules[name] = f"{module}.{alias.name}"
        found = dict(_members(module, (alias.name,)))
        if alias.name in found:
            self._values[name] = found[alias.name]

    def __contains__(self, node: ast.expr) -> bool:
        return self._found(node) is not _MISSING

    def __getitem__(self, node: ast.expr) -> Any:  # noqa: ANN401
        """Return the value of a name or a dotted name.

        Raises
        ------
        KeyError
            It is not trusted.
        """
        found = self._found(node)
        if found is _MISSING:
            raise KeyError(ast.unparse(node))
        return found

    def roots(self) -> Mapping[str, object]:
        """Return the names that stand for something of Python or of a library."""
        return {**self._modules, **self._values}

    def _found(self, node: ast.expr) -> Any:  # noqa: ANN401
        if isinstance(node, ast.Name):
            return self._values.get(node.id, _MISSING)
        path: list[str] = []
        while isinstance(node, ast.Attribute):
            path.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self._modules or not path:
            return _MISSING
        module = ".".join([self._modules[node.id], *path[:-1]])
        return dict(_members(module, (path[-1],))).get(path[-1], _MISSING)


class _Missing:
    pass


_MISSING = _Missing()
_SUBMODULES = {"numpy.testing", "pandas.testing"}


def _members(module: str, names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name in names:
        allowed = name in _ALLOWED.get(module, ())
        if not allowed and module in _SUBMODULES:
            allowed = name.startswith("assert_") and name not in {"assert_raises", "assert_warns"}
        if module == "nose.tools" and name.startswith("assert_"):
            # The library is gone; its functions were those of `unittest`.
            yield from _of_unittest(name)
            continue
        found = _module(module) if module in {*_ALLOWED, *_SUBMODULES} else None
        value = getattr(found, name, _MISSING)
        if not allowed and module == "numpy" and isinstance(value, type):
            allowed = True  # such as `numpy.float64`
        if allowed and value is not _MISSING:
            yield name, value


def _of_unittest(name: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    first, *others = name.split("_")
    method = getattr(unittest.TestCase(), first + "".join(part.capitalize() for part in others), None)
    if method is not None:
        yield name, method
