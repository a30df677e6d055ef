"""The practice course is consistent: read and run unchanged by nbformat, nbgrader and plain Python."""

import ast
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions

COURSE = Path(__file__).parents[3] / "exercises"
IDS = sorted(path.name for path in (COURSE / "source").iterdir())
CARDS = {i: yaml.safe_load((COURSE / "cards" / f"{i}.yaml").read_text(encoding="utf-8")) for i in IDS}
WRONG = [
    pytest.param(i, wrong, id=f"{i}-{wrong['name']}") for i in IDS for wrong in CARDS[i]["wrong_answers"]
]
PATH = yaml.safe_load((COURSE / "paths" / "python-foundations.yaml").read_text(encoding="utf-8"))
SKILLS = {skill["id"]: skill for milestone in PATH["milestones"] for skill in milestone["skills"]}

each_exercise = pytest.mark.parametrize("exercise", IDS)
each_wrong_answer = pytest.mark.parametrize(("exercise", "wrong"), WRONG)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exercises may write files; figures drawn without a screen."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")


def notebook_file(exercise: str) -> Path:
    return COURSE / "source" / exercise / f"{exercise}.ipynb"


@cache
def _read(exercise: str) -> NotebookNode:
    nb: NotebookNode = nbformat.read(notebook_file(exercise), nbformat.NO_CONVERT)  # type: ignore[no-untyped-call]
    return nb


def source(exercise: str) -> NotebookNode:
    return deepcopy(_read(exercise))


def without_hidden_tests(exercise: str) -> NotebookNode:
    nb: NotebookNode = ClearHiddenTests().preprocess(source(exercise), {})[0]
    return nb


def released(exercise: str) -> NotebookNode:
    nb: NotebookNode = ClearSolutions().preprocess(without_hidden_tests(exercise), {})[0]
    return nb


def graded(nb: NotebookNode, *, grade: bool, solution: bool) -> list[NotebookNode]:
    roles = [(cell, cell.metadata.get("nbgrader")) for cell in nb.cells]
    return [cell for cell, role in roles if role and role.grade is grade and role.solution is solution]


def autograded(nb: NotebookNode) -> list[NotebookNode]:
    return graded(nb, grade=True, solution=False)


def grade_ids(cells: list[NotebookNode]) -> list[str]:
    return [cell.metadata.nbgrader.grade_id for cell in cells]


def answer(nb: NotebookNode, cells: dict[str, str]) -> NotebookNode:
    """Insert a student's cells; answer cells not named keep the worked solution."""
    for cell in graded(nb, grade=False, solution=True):
        cell.source = cells.get(cell.metadata.nbgrader.grade_id, cell.source)
    return nb


def silenced(source: str) -> str:
    """Return the same source, but no function or method returns a value; objects are still constructed."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name != "__init__":
            node.body = [ast.Pass()]
    return ast.unparse(tree)


def failures(nb: NotebookNode, *, tolerate: type[Exception] = AssertionError) -> dict[str, str]:
    """Run every code cell in one namespace; a test cell may fail by assertion, other errors are raised."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    failed = {}
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        code = compile(cell.source, cell.id, "exec")
        if cell.metadata.nbgrader.solution:
            exec(code, namespace)
            continue
        try:
            exec(code, namespace)
        except (AssertionError, tolerate) as error:
            failed[cell.metadata.nbgrader.grade_id] = str(error)
    return failed


def region(nb: NotebookNode, name: str) -> list[str]:
    """The lines between the marks of `name`, over all cells."""
    return [
        line.strip()
        for cell in nb.cells
        for block in re.findall(rf"### BEGIN {name}\n(.*?)\n\s*### END {name}", cell.source, re.DOTALL)
        for line in block.split("\n")
        if line.strip()
    ]


def texts(value: object) -> Iterator[dict[str, str]]:
    """Every {en, fr} of a card or a path."""
    if isinstance(value, dict) and ("en" in value or "fr" in value):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


def prose(text: str) -> str:
    return re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)


def taught_by(exercise: str) -> set[str]:
    """The skills of an exercise and of all exercises before it."""
    before = [taught_by(earlier) for earlier in CARDS[exercise]["prerequisites"]]
    return set(CARDS[exercise]["skills"]).union(*before)


# -- the notebooks


@each_exercise
def test_notebook_is_valid_and_written_as_nbformat_writes(exercise: str) -> None:
    nb = source(exercise)
    nbformat.validate(nb)
    MetadataValidator().validate_nb(nb)
    assert (nb.nbformat, nb.nbformat_minor) == (4, 5)
    written = nbformat.writes(nb) + "\n"  # type: ignore[no-untyped-call]
    assert notebook_file(exercise).read_text(encoding="utf-8") == written
    assert set(nb.metadata) == {"kernelspec", "language_info", "mentoring"}
    assert nb.metadata.mentoring == {"exercise": exercise}
    assert all(set(cell.metadata) in ({"tags"}, {"nbgrader"}) for cell in nb.cells)
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in nb.cells)


@each_exercise
def test_cells_have_the_roles_the_readme_gives_them(exercise: str) -> None:
    nb = source(exercise)
    tests = autograded(nb)
    assert 2 <= len(tests) <= 4
    assert all(cell.cell_type == "code" and cell.metadata.nbgrader.locked for cell in tests)
    assert all(isinstance(cell.metadata.nbgrader.points, int) for cell in tests)
    assert graded(nb, grade=False, solution=True)
    assert all(cell.id == cell.metadata.nbgrader.grade_id for cell in nb.cells if "nbgrader" in cell.metadata)
    assert region(nb, "HIDDEN TESTS")


@each_exercise
def test_statement_is_there_in_both_languages_side_by_side(exercise: str) -> None:
    tagged = [cell for cell in source(exercise).cells if "tags" in cell.metadata]
    assert all(cell.cell_type == "markdown" for cell in tagged)
    tags = [cell.metadata.tags for cell in tagged]
    assert tags == [["lang-en"], ["lang-fr"]] * (len(tags) // 2)
    for english, french in zip(tagged[::2], tagged[1::2], strict=True):
        assert english.id.removesuffix("-en") == french.id.removesuffix("-fr")
    titles = {cell.metadata.tags[0][5:]: cell.source.split("\n")[0].removeprefix("# ") for cell in tagged[:2]}
    assert titles == CARDS[exercise]["title"]


def test_exactly_one_exercise_has_a_part_for_a_human_reader() -> None:
    manual = {i: graded(source(i), grade=True, solution=True) for i in IDS}
    [[cell]] = [cells for cells in manual.values() if cells]
    assert cell.cell_type == "markdown"
    assert cell.metadata.nbgrader.points == 2


@each_exercise
def test_each_assertion_says_what_it_checks_and_nothing_else(exercise: str) -> None:
    for cell in autograded(source(exercise)):
        body = ast.parse(cell.source).body
        checks = [i for i, node in enumerate(body) if isinstance(node, ast.Assert)]
        assert checks
        for i in checks:
            got, check = body[i - 1], body[i]
            assert ast.unparse(got).startswith("got = "), "each assertion comes right after its `got = ...`"
            called, expected = ast.unparse(got.value), ast.literal_eval(check.test.comparators[0])
            sign = "is" if expected is None else "=="
            assert ast.unparse(check.test) == f"got {sign} {expected!r}"
            first, actual, last = check.msg.values
            assert (ast.unparse(actual.value), actual.conversion, last.value) == ("got", ord("r"), "`")
            label = re.escape(f"`{called}`")
            if not isinstance(got.value, ast.Call):
                label += ", after / après " + re.escape(f"`{ast.unparse(body[i - 2])}`")
            wanted = rf"{label} → expected / attendu {re.escape(f'`{expected!r}`')}, got / obtenu `"
            assert re.fullmatch(wanted, first.value)


# -- the answers


@each_exercise
def test_worked_solution_passes_visible_and_hidden_tests(exercise: str) -> None:
    assert failures(source(exercise)) == {}
    assert failures(without_hidden_tests(exercise)) == {}


@each_wrong_answer
def test_wrong_answer_fails_a_hidden_test_with_its_message(exercise: str, wrong: dict[str, Any]) -> None:
    """A wrong answer passes the visible tests and fails a hidden test with its message."""
    assert set(wrong["cells"]) <= set(grade_ids(graded(source(exercise), grade=False, solution=True)))
    assert failures(answer(without_hidden_tests(exercise), wrong["cells"])) == {}
    failed = failures(answer(source(exercise), wrong["cells"]))
    assert next(iter(failed)) == wrong["fails"], "the first test that fails is the one the card names"
    assert failed[wrong["fails"]] == wrong["message"]


@each_exercise
def test_messages_tell_the_wrong_answers_apart(exercise: str) -> None:
    wrong_answers = CARDS[exercise]["wrong_answers"]
    assert len({wrong["message"] for wrong in wrong_answers}) == len(wrong_answers) == 3
    assert len({wrong["name"] for wrong in wrong_answers}) == 3


@each_exercise
def test_answers_without_return_get_a_sensible_message(exercise: str) -> None:
    nb = source(exercise)
    silent = {
        cell.metadata.nbgrader.grade_id: silenced(cell.source)
        for cell in graded(nb, grade=False, solution=True)
    }
    messages = failures(answer(nb, silent), tolerate=AttributeError).values()
    assert messages
    said = ("got / obtenu `None`", "'NoneType' object has no attribute")
    assert all(message.endswith(said[0]) or message.startswith(said[1]) for message in messages)


@each_exercise
def test_release_has_no_solution_and_no_hidden_tests(exercise: str) -> None:
    """A release contains no part of the solution or of the hidden tests."""
    nb = released(exercise)
    everything = "\n".join(cell.source for cell in nb.cells)
    shown = {line.strip() for cell in autograded(nb) for line in cell.source.split("\n")}
    secret = set(region(source(exercise), "SOLUTION")) | set(region(source(exercise), "HIDDEN TESTS")) - shown
    assert secret
    assert [line for line in sorted(secret) if line in everything] == []
    assert not re.search("### (BEGIN|END)", everything)
    assert all(cell.source.strip() for cell in autograded(nb)), "every test cell shows something"
    for cell in graded(nb, grade=False, solution=True):
        assert cell.source.endswith("# YOUR CODE HERE\n    raise NotImplementedError()") or (
            cell.source == "# YOUR CODE HERE\nraise NotImplementedError()"
        )
    assert all(cell.source == "YOUR ANSWER HERE" for cell in graded(nb, grade=True, solution=True))


def test_a_real_kernel_says_the_same() -> None:
    wrong = CARDS["bakery-till"]["wrong_answers"][1]
    nb = answer(source("bakery-till"), wrong["cells"])
    NotebookClient(nb, kernel_name="python3", allow_errors=True, timeout=60).execute()
    errors = {
        cell.metadata.nbgrader.grade_id: (output.ename, output.evalue)
        for cell in nb.cells
        for output in cell.get("outputs", [])
    }
    assert errors == {wrong["fails"]: ("AssertionError", wrong["message"])}


# -- the cards and the path


def test_every_exercise_has_a_card_and_every_card_an_exercise() -> None:
    assert sorted(path.stem for path in (COURSE / "cards").iterdir()) == IDS


@each_exercise
def test_card_has_the_agreed_keys_and_three_hints(exercise: str) -> None:
    card = CARDS[exercise]
    assert list(card) == [
        "id",
        "title",
        "skills",
        "minutes",
        "prerequisites",
        "hints",
        "wrong_answers",
        "variants",
    ]
    assert card["id"] == exercise
    assert 8 <= card["minutes"] <= 20
    assert len(card["hints"]) == 3
    assert all("?" in hint for hint in card["hints"][0].values()), "the first hint is a question"
    for wrong in card["wrong_answers"]:
        assert list(wrong) == ["name", "why", "cells", "fails", "message"]
        assert wrong["fails"] in grade_ids(autograded(source(exercise)))


@each_exercise
def test_variants_name_what_stands_in_the_notebook(exercise: str) -> None:
    variants = CARDS[exercise]["variants"]
    everything = "\n".join(cell.source for cell in source(exercise).cells)
    assert 2 <= len(variants) <= 5
    for key, others in variants.items():
        assert re.search(rf"(?<![\w.]){re.escape(key)}(?!\w|\.\w)", everything), key
        assert len(set(others)) == len(others) >= 3
        assert key not in others


def test_exercises_build_on_one_another_without_a_cycle() -> None:
    order = list(TopologicalSorter({i: CARDS[i]["prerequisites"] for i in IDS}).static_order())
    assert sorted(order) == IDS
    for exercise in IDS:
        needed = {before for skill in CARDS[exercise]["skills"] for before in SKILLS[skill]["prerequisites"]}
        assert needed <= taught_by(exercise)


def test_path_orders_skills_and_has_an_exercise_for_each() -> None:
    """The path lists each skill after its prerequisites and has an exercise for each."""
    seen: list[str] = []
    assert list(PATH) == ["id", "version", "title", "milestones"]
    for milestone in PATH["milestones"]:
        assert list(milestone) == ["id", "title", "skills"]
        for skill in milestone["skills"]:
            assert list(skill) == ["id", "title", "prerequisites"]
            assert set(skill["prerequisites"]) <= set(seen)
            seen.append(skill["id"])
    assert len(seen) == len(set(seen))
    assert {skill for card in CARDS.values() for skill in card["skills"]} == set(seen)


# -- the words


@pytest.mark.parametrize("document", [PATH, *CARDS.values()], ids=lambda document: document["id"])
def test_every_text_is_there_in_both_languages(document: dict[str, Any]) -> None:
    found = list(texts(document))
    assert found
    assert all(list(text) == ["en", "fr"] and all(text.values()) for text in found)


def test_french_is_set_with_its_own_signs() -> None:
    cells = [c.source for i in IDS for c in source(i).cells if c.metadata.get("tags") == ["lang-fr"]]
    french = cells + [text["fr"] for document in (PATH, *CARDS.values()) for text in texts(document)]
    for text in french:
        assert not re.search(r"(?<!\u00a0)[;?!»]|«(?!\u00a0)|[^\u00a0]:(?=\s)|'|\.\.\.", prose(text)), text
