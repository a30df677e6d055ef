"""Execution of a template with papermill: the notebook is run, cleaned, and written atomically."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread, current_thread
from typing import TYPE_CHECKING, Any

from toolkit._internal.atomic_io import atomic_write, disk_errors
from toolkit._internal.resources import resource_folder
from toolkit.errors import ExecutionError, InputError, NotFoundError, UnreadableError
from toolkit.i18n import _, format_number
from toolkit.kernels.format_size import format_bytes
from toolkit.reports.run.template_errors import first_line, kept_files_hint, template_error
from toolkit.reports.run.template_placeholders import fill_placeholders, keep_cells_for, placeholder_values

if TYPE_CHECKING:
    # For annotations only: commands that run no notebook must not wait for this import.
    from nbformat import NotebookNode

__all__ = ["find_template", "read_notebook", "run_template"]

_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_INJECTED = "injected-parameters"


def find_template(name: str, own: Path | None = None) -> Path:
    """Return the path of a template: the practice's, or else the toolkit's.

    Parameters
    ----------
    name : str
        Path relative to the folder `templates` ("reports/progress.ipynb").
    own : Path, optional
        The folder `templates` of the practice; its files take precedence over the toolkit's.

    Raises
    ------
    NotFoundError
        If neither folder contains it.
    """
    ours = resource_folder("templates")
    for folder in (own, ours):
        if folder is not None and (folder / name).is_file():
            return folder / name
    known = (str(path.relative_to(ours)) for path in sorted(ours.rglob("*.ipynb")))
    raise NotFoundError(_("There is no template '{name}'.").format(name=name), name, known)


def read_notebook(path: Path) -> NotebookNode:
    """Return the notebook at ``path``, normalised and validated.

    Raises
    ------
    UnreadableError
        If it is not a notebook of format 4.
    StorageError
        If the file cannot be read.
    """
    from nbformat import ValidationError, v4, validate
    from nbformat.validator import normalize
    from nbformat.warnings import DuplicateCellId, MissingIDFieldWarning

    with disk_errors(path):
        data = path.read_bytes()
    try:
        nb: NotebookNode = v4.reads(data.decode("utf-8"))  # type: ignore[no-untyped-call]
        if nb.nbformat != 4:
            raise _unreadable(path)
        with warnings.catch_warnings():
            # Cells of older programs or manual edits have no id, or a duplicate one; they get one here.
            warnings.simplefilter("ignore", MissingIDFieldWarning)
            warnings.simplefilter("ignore", DuplicateCellId)
            _changes, nb = normalize(nb)
        validate(nb)
    # nbformat raises any of these on malformed data.
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ValidationError) as error:
        raise _unreadable(path) from error
    return nb


def _unreadable(path: Path) -> UnreadableError:
    return UnreadableError(
        _("{file} is not a notebook of format 4.").format(file=path), _("Save it again from JupyterLab.")
    )


def run_template(
    template: Path,
    parameters: Mapping[str, Any],
    output: Path,
    *,
    language: str,
    cwd: Path | None = None,
    meanwhile: Callable[[], None] | None = None,
    finish: Callable[[NotebookNode], None] | None = None,
    timeout: float = 120.0,
    within: Path | None = None,
) -> Path:
    """Run ``template`` with ``parameters`` and write the notebook to ``output``; return ``output``.

    Cells for other languages are left out, and cells with a tag ``needs-<parameter>`` if that parameter is
    empty; ``{{name}}`` in markdown is replaced by the parameter of that name. The parts of a parameter that
    is a mapping count as parameters here. If any step fails, an existing file at ``output`` stays.

    Parameters
    ----------
    template : Path
        The template notebook.
    parameters : mapping
        Parameters as plain JSON values.
    output : Path
        The notebook to write.
    language : {"en", "fr"}
        Language of the cells that are kept.
    cwd : Path, optional
        The kernel works in a copy of this folder; in an empty folder by default.
    meanwhile : callable, optional
        Called in a separate thread while the kernel works, to prepare the work of ``finish``. Its exceptions
        are ignored.
    finish : callable, optional
        Called with the executed notebook before it is written.
    timeout : float
        Time limit for one cell, seconds.
    within : Path, optional
        The student's workspace if ``output`` lies in one: no link below it is followed.

    Raises
    ------
    ExecutionError
        If a cell or the kernel fails; the message names the cell and the reason.
    InputError
        If a parameter is not plain JSON; the message names it.
    NotFoundError
        If the template uses an unknown parameter.
    UnreadableError
        If the template is not a notebook.
    StorageError
        If the disk refuses.
    """
    import nbformat

    _check_parameters(template, parameters)
    nb = read_notebook(template)
    words = placeholder_values(parameters)
    keep_cells_for(nb, language, words)
    fill_placeholders(nb, words)
    executed = _execute(nb, template, dict(parameters), cwd, timeout, meanwhile)
    _remove_run_traces(executed)
    if finish is not None:
        finish(executed)
    content: str = nbformat.writes(executed)  # type: ignore[no-untyped-call]
    atomic_write(output, (content + "\n").encode(), within)
    return output


def _check_parameters(template: Path, parameters: Mapping[str, Any]) -> None:
    """Refuse values that papermill would insert as text: tuples, dates, mappings with number keys."""
    waiting: list[tuple[str, Any]] = list(parameters.items())
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            waiting += [(f"{name}.{key}", inner) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{name}[{place}]", inner) for place, inner in enumerate(value)]
        elif value is not None and not isinstance(value, str | int | float):
            raise InputError(
                _(
                    "{template}: the parameter '{name}' is of the type {kind}, which JSON does not have."
                ).format(template=template, name=name, kind=type(value).__name__),
                _("Give it as text, a number, true or false, a list, or a mapping whose keys are text."),
            )


def _execute(
    nb: NotebookNode,
    template: Path,
    parameters: dict[str, Any],
    cwd: Path | None,
    timeout: float,
    meanwhile: Callable[[], None] | None,
) -> NotebookNode:
    # Imported here because papermill and its dependencies take 1 s to import.
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillException, PapermillExecutionError

    from toolkit.reports.run import papermill_engine

    # Papermill's own argument cwd would change the working directory of the whole process.
    where = {} if cwd is None else {"resources": {"metadata": {"path": str(cwd)}}}
    try:
        # The thread starts after the imports: two threads that import the same modules block each other.
        with _muted_log(), _in_background(meanwhile):
            return _by_papermill(nb, parameters, execution_timeout=timeout, **where)
    except PapermillExecutionError as error:
        raise template_error(
            template, error.source, error.ename, error.evalue, placeholder_values(parameters)
        ) from error
    except CellTimeoutError as error:
        raise ExecutionError(
            _("{template}: a cell took longer than {seconds} s.").format(
                template=template, seconds=format_number(timeout)
            ),
            kept_files_hint(),
        ) from error
    except papermill_engine.OutputLimitError as error:
        raise ExecutionError(
            _("{template}: the cell that begins with `{cell}` shows more than {size}.").format(
                template=template,
                cell=first_line(error.source),
                size=format_bytes(papermill_engine.MAX_OUTPUT_BYTES),
            ),
            kept_files_hint(),
        ) from error
    except DeadKernelError as error:
        raise ExecutionError(
            _("{template}: the kernel died. {why}").format(template=template, why=error), kept_files_hint()
        ) from error
    except NoSuchKernel as error:
        raise ExecutionError(
            _("{template} asks for the kernel '{name}', which is not installed.").format(
                template=template, name=error.name
            ),
            _("`mentor doctor` says which kernels there are."),
        ) from error
    except (PapermillException, RuntimeError, TimeoutError) as error:
        raise ExecutionError(
            _("{template} could not be run: {reason}").format(template=template, reason=error),
            kept_files_hint(),
        ) from error


def _by_papermill(nb: NotebookNode, parameters: dict[str, Any], **options: Any) -> NotebookNode:  # noqa: ANN401
    """Run a notebook in memory in the same way as papermill's `execute_notebook` does.

    That function writes and reads the notebook before the run, and writes it again after it: one third of
    this process's time for a report.
    """
    from papermill.engines import papermill_engines
    from papermill.execute import raise_for_execution_errors, remove_error_markers
    from papermill.parameterize import parameterize_notebook

    from toolkit.reports.run import papermill_engine

    # If the toolkit is not installed as a distribution, papermill does not find its engine by itself.
    papermill_engines.register(papermill_engine.ENGINE_NAME, papermill_engine.MentoringEngine)
    nb.metadata.setdefault(
        "kernelspec", {"name": "python3", "display_name": "Python 3", "language": "python"}
    )
    nb.metadata["papermill"] = {}
    for cell in nb.cells:
        cell.metadata.setdefault("tags", [])
    if parameters:
        nb = parameterize_notebook(nb, parameters, engine_name=papermill_engine.ENGINE_NAME)
    nb = remove_error_markers(nb)
    executed: NotebookNode = papermill_engines.execute_notebook_with_engine(
        papermill_engine.ENGINE_NAME,
        nb,
        kernel_name=papermill_engines.nb_kernel_name(papermill_engine.ENGINE_NAME, nb),
        progress_bar=False,
        # Otherwise a stock kernel would log its start and end to the terminal.
        extra_arguments=["--IPKernelApp.log_level=50"],
        **options,
    )
    raise_for_execution_errors(executed, None)
    return executed


@contextmanager
def _in_background(work: Callable[[], None] | None) -> Iterator[None]:
    with ThreadPoolExecutor(1, thread_name_prefix="meanwhile") as pool:
        if work is not None:
            pool.submit(work)
        yield


@contextmanager
def _muted_log() -> Iterator[None]:
    """Suppress papermill's log messages in the terminal; failures are raised as errors."""
    log = logging.getLogger("papermill")
    mute = _Mute(current_thread())
    # The filter applies to this thread only, since another one may be running a template too.
    log.addFilter(mute)
    try:
        yield
    finally:
        log.removeFilter(mute)


@dataclass(frozen=True)
class _Mute:
    thread: Thread

    def filter(self, _record: logging.LogRecord) -> bool:
        return current_thread() is not self.thread


def _remove_run_traces(nb: NotebookNode) -> None:
    """Remove the traces of the run: timings, execution counts, saved widget states."""
    nb.metadata.pop("papermill", None)
    # A widget drawn from saved state has no kernel, so changes in it would be lost. Its static form is shown
    # until the cell is run.
    nb.metadata.pop("widgets", None)
    _keep_one_set_of_parameters(nb)
    for cell in nb.cells:
        tags = cell.metadata.pop("tags", [])
        kept = [tag for tag in tags if not tag.startswith(("needs-", "lang-"))]
        cell.metadata.update({"tags": kept} if kept else {})
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        cell.execution_count = None
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = None
            data = output.get("data", {})
            if len(data) > 1:
                data.pop(_WIDGET_VIEW, None)


def _keep_one_set_of_parameters(nb: NotebookNode) -> None:
    """Replace the template's parameter cell by the injected one, with its source hidden."""
    injected = next((cell for cell in nb.cells if _INJECTED in cell.metadata.get("tags", [])), None)
    if injected is None:
        return
    declared = next((cell for cell in nb.cells if "parameters" in cell.metadata.get("tags", [])), None)
    if declared is not None:
        nb.cells.remove(declared)
    injected["id"] = declared["id"] if declared is not None else "parameters"
    injected.metadata.update(tags=["parameters"], jupyter={"source_hidden": True})
