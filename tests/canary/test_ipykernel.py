"""ipykernel: the kernel and its application, and the environment of code in a stock kernel."""

from __future__ import annotations

import inspect
import time

import pytest
from ipykernel.comm.manager import CommManager
from ipykernel.eventloops import enable_gui
from ipykernel.heartbeat import Heartbeat
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from tests.canary.signatures import mentions, takes

pytestmark = [pytest.mark.canary, pytest.mark.filterwarnings("ignore")]

CELLS = {
    "thread": "import asyncio, threading, time\n"
    "threading.Thread(target=lambda: (time.sleep(0.2), print('THREAD'))).start()",
    "after the thread": "time.sleep(0.5)",
    "task": "async def late():\n    await asyncio.sleep(0.2)\n    print('TASK')\n"
    "task = asyncio.create_task(late())",
    "after the task": "await asyncio.sleep(0.5)",
    "await": "await asyncio.sleep(2)",
    "exit": "exit()",
    "after the exit": "print('STILL HERE')",
    "slow": "time.sleep(1)",
    "last": "print('LAST')",
}


@pytest.fixture(scope="module")
def ran():
    """Cells that a stock kernel has run, by name, the seconds that the await took, and how it ended."""
    cells = {name: new_code_cell(source) for name, source in CELLS.items()}
    times: list[float] = []
    client = NotebookClient(
        new_notebook(cells=list(cells.values())),
        kernel_name="python3",
        allow_errors=True,
        interrupt_on_timeout=True,
        timeout_func=lambda cell: 0.5 if cell is cells["await"] else 20,
        on_cell_start=lambda **_cell: times.append(time.monotonic()),
    )
    end = None
    try:
        client.execute()
    except DeadKernelError as error:
        end = error
    place = list(cells).index("await")
    return cells, times[place + 1] - times[place], end


def shown(cell):
    return "".join(output.get("text", output.get("ename", "")) for output in cell.outputs)


def test_a_thread_prints_into_the_cell_that_runs(changed, ran):
    cells, _seconds, _end = ran
    found = [name for name, cell in cells.items() if "THREAD" in shown(cell)]
    assert found == ["after the thread"], changed("the cell in which a thread's text lands")


def test_a_task_prints_into_its_own_cell_which_is_over(changed, ran):
    cells, _seconds, _end = ran
    found = [name for name, cell in cells.items() if "TASK" in shown(cell)]
    assert found == [], changed("the loss of a task's text (nbclient drops what belongs to a cell before)")


def test_an_await_is_interrupted_when_it_is_over(changed, ran):
    cells, seconds, _end = ran
    assert "CancelledError" in shown(cells["await"]), changed("the error of an interrupted await")
    assert seconds > 1.5, changed("the moment at which an interrupt reaches an await")


def test_an_exit_takes_effect_one_cell_late(changed, ran):
    cells, _seconds, end = ran
    assert "STILL HERE" in shown(cells["after the exit"]), changed("the running of the cell after exit()")
    assert end is not None, changed("the end of the kernel after exit()")
    assert "LAST" not in shown(cells["last"]), changed("the cell that meets the dead kernel")


def test_a_kernel_runs_code_without_sockets(changed):
    assert takes(IPythonKernel.do_execute, "code", "silent", "store_history"), changed("do_execute")
    assert inspect.iscoroutinefunction(IPythonKernel.do_execute), changed("do_execute")
    assert takes(IPythonKernel.set_parent, "ident", "parent"), changed("set_parent")
    assert mentions(IPythonKernel, "self.shell_channel_thread.parent_thread"), changed(
        "the thread of the signals"
    )
    for name in ("comm_open", "comm_msg", "comm_close"):
        assert takes(getattr(CommManager, name), "stream", "ident", "msg"), changed(name)
    assert {"session", "shell_class"} <= set(IPythonKernel.class_trait_names()), changed(
        "the set of its traits"
    )
    assert mentions(IPythonKernel, "io_loop"), changed("io_loop")


def test_the_application_binds_by_these(changed):
    assert takes(IPKernelApp._try_bind_socket, "s", "port"), changed("_try_bind_socket")
    assert takes(Heartbeat._try_bind_socket, "self"), changed("the heartbeat's _try_bind_socket")
    assert takes(Heartbeat.__init__, "context", "addr"), changed("the heartbeat")
    for name in ("init_kernel", "init_connection_file", "write_connection_file", "init_heartbeat"):
        assert hasattr(IPKernelApp, name), changed(name)
    for name in (
        "transport",
        "ip",
        "shell_port",
        "hb_port",
        "parent_handle",
        "connection_file",
        "control_thread",
    ):
        assert name in IPKernelApp.class_trait_names(), changed(name)
    assert mentions(IPKernelApp.close, "self.control_thread.stop()"), changed("the end of the control thread")


def test_a_cell_is_transformed_twice(changed):
    assert mentions(IPythonKernel.do_execute, "shell.transform_cell(code)"), changed(
        "the first transformation"
    )


def test_event_loops_are_refused_with_a_value_error(changed):
    with pytest.raises(ValueError, match="Invalid GUI"):
        enable_gui("no such loop", kernel=object())
    assert takes(enable_gui, "gui", "kernel"), changed("enable_gui")
    for name in ("enable_gui", "init_magics", "init_environment", "_showtraceback"):
        assert hasattr(ZMQInteractiveShell, name), changed(name)
