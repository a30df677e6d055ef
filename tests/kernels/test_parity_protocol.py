"""A client gets the same answers of the Jupyter protocol from both kernels."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path

import pytest
from jupyter_client.manager import AsyncKernelManager

from tests.kernels.kernel_conversation import OURS, STOCK, environment
from tests.patience import PATIENCE_S


def eventually(condition, seconds: float = PATIENCE_S) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


# Who is there


def test_the_two_introduce_themselves_alike(start):
    stock, ours = (start(name).ask("kernel_info_request") for name in (STOCK, OURS))
    for introduction in (stock, ours):
        introduction["banner"] = introduction["banner"].partition("Tip:")[0]
    assert ours == stock


def test_the_heart_beats(talk):
    assert eventually(talk.client.is_alive)
    talk.run("import time\ntime.sleep(1.2)")
    assert talk.client.hb_channel.is_beating()
    assert talk.client.is_alive()


def test_a_restart_forgets_and_stays_where_it_was(start, name):
    talk = start(name)
    before = talk.manager.get_connection_info()
    talk.run("kept = 1")
    talk.value("__import__('pathlib').Path('written.txt').write_text('x')")
    talk.manager.restart_kernel(now=False)
    talk.ready()
    assert talk.manager.get_connection_info() == before
    assert talk.run("kept").error == "NameError"
    assert talk.run("open('written.txt').read()").value == "'x'"
    assert talk.run("1").count == 3
    talk.restart()
    assert talk.run("2").count == 1


def test_a_shutdown_ends_it(start, name):
    talk = start(name)
    talk.run("import subprocess\nchild = subprocess.Popen(['sleep', '61.0625'])")
    pid = getattr(talk.manager.provisioner, "pid", None)
    connection = talk.manager.connection_file
    talk.manager.shutdown_kernel(now=False)
    assert not talk.manager.is_alive()
    assert not talk.manager.has_kernel
    assert not Path(connection).exists()
    if pid:
        assert eventually(lambda: not Path(f"/proc/{pid}").exists())
    if name != STOCK:
        assert eventually(lambda: "61.0625" not in commands()), "its children end with it"


def test_it_ends_by_itself_when_asked_to(start):
    """Without care, one kernel in ten waits for something it has closed itself, and has to be killed."""
    for _ in range(12):
        talk = start(OURS)
        talk.run("1")
        talk.client.shutdown()
        assert eventually(lambda: not talk.manager.is_alive(), 5)  # noqa: B023 - within the turn
        assert asyncio.run(talk.manager.provisioner.poll()) == 0


def commands() -> str:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            found.append((entry / "cmdline").read_text())
    return "\n".join(found)


@pytest.mark.parametrize(
    "ending", ["os._exit(3)", "os.kill(os.getpid(), 9)", "os.abort()", "__import__('ctypes').string_at(0)"]
)
def test_a_death_is_seen(start, name, ending):
    talk = start(name)
    talk.client.execute(f"import os\n{ending}")
    assert eventually(lambda: not talk.manager.is_alive(), 5)
    talk.restart()
    assert talk.run("1 + 1").value == "2"


def test_quitting_ends_it(start, name):
    talk = start(name)
    talk.client.execute("quit()")
    assert eventually(lambda: not talk.manager.is_alive(), 5)


# Asking


def test_execution_counts(start, name):
    talk = start(name)
    assert [talk.run(code).count for code in ("1", "1 / 0", "2")] == [1, 2, 3]
    assert talk.run("3", store_history=False).count == 3
    quiet = talk.run("print('silent')\n3", silent=True)
    assert quiet.stream() == "silent\n"
    assert quiet.value == ""
    assert talk.run("In[1], Out[3], _").value == "('1', 3, 3)"


def test_expressions_of_the_user(talk):
    reply = talk.run("x = 6", user_expressions={"good": "x * 7", "bad": "1 / 0"})
    assert reply.content["user_expressions"]["good"]["data"] == {"text/plain": "42"}
    assert reply.content["user_expressions"]["bad"]["ename"] == "ZeroDivisionError"


def test_completion(talk):
    talk.run("import math\nvariable_of_mine = 1\nfrom pathlib import Path\nPath('file_here.txt').touch()")
    assert talk.ask("complete_request", {"code": "math.sq", "cursor_pos": 7})["matches"] == ["sqrt"]
    assert "variable_of_mine" in talk.ask("complete_request", {"code": "vari", "cursor_pos": 4})["matches"]
    found = talk.ask("complete_request", {"code": "open('file_h", "cursor_pos": 12})["matches"]
    assert any("file_here.txt" in match for match in found)


def test_inspection(talk):
    talk.run("def documented(a, b=2):\n    '''What it does.'''")
    said = talk.ask("inspect_request", {"code": "documented", "cursor_pos": 4, "detail_level": 1})
    assert said["found"]
    assert "What it does." in said["data"]["text/plain"]
    assert "def" in said["data"]["text/plain"]
    assert not talk.ask("inspect_request", {"code": "nothing_here", "cursor_pos": 4})["found"]


def test_completeness(talk):
    samples = {"1 + 1": "complete", "def f():": "incomplete", "import = 7": "invalid", "(1,": "incomplete"}
    assert {code: talk.ask("is_complete_request", {"code": code})["status"] for code in samples} == samples


def test_history(talk):
    talk.run("'remember this one'")
    ask = {"output": True, "raw": True, "hist_access_type": "tail", "n": 1}
    assert talk.ask("history_request", ask)["history"][0][2] == ["'remember this one'", None]
    search = {"output": False, "raw": True, "hist_access_type": "search", "pattern": "*remember*", "n": 5}
    assert talk.ask("history_request", search)["history"][-1][2] == "'remember this one'"


def test_a_question_is_answered(talk):
    reply = talk.run("name = input('Name? ')\nprint(f'Hello {name}')", answers=["Zoë 🙂"])
    assert reply.stream() == "Hello Zoë 🙂\n"
    asked = [m["content"] for m in reply.messages if m["msg_type"] == "input_request"]
    assert asked == [{"prompt": "Name? ", "password": False}]
    secret = talk.run("import getpass\ngetpass.getpass('Word: ') + input()", answers=["one", "two"])
    assert secret.value == "'onetwo'"
    assert [m["content"]["password"] for m in secret.messages if m["msg_type"] == "input_request"] == [
        True,
        False,
    ]


def test_a_question_is_refused(talk):
    reply = talk.run("input('Name? ')", allow_stdin=False)
    assert reply.error == "StdinNotImplementedError"


def test_unicode_comes_and_goes(talk):
    text = "é ü 漢字 🙂 \u202e \u0000 \x1b[1m"
    assert talk.run(f"été = {text!r}\nprint(été, end='')").stream() == text
    lone = talk.run("print('\\udcff')")
    assert lone.status in {"ok", "error"}
    assert talk.run("'still ' + 'here'").value == "'still here'"


def test_much_output_arrives_whole(talk):
    reply = talk.run("for n in range(20_000):\n    print(n)\nprint('x' * 3_000_000)")
    assert reply.stream() == "\n".join(map(str, range(20_000))) + "\n" + "x" * 3_000_000 + "\n"


def test_a_pager_and_a_suggestion(talk):
    assert [p["source"] for p in talk.run("len?").content["payload"]] == ["page"]
    assert talk.run("get_ipython().set_next_input('x')").content["payload"][0]["source"] == "set_next_input"


def test_display_messages(talk):
    code = (
        "from IPython.display import clear_output, display\n"
        "handle = display('one', display_id='me')\nhandle.update('two')\nclear_output(wait=True)"
    )
    kinds = [(m["msg_type"], m["content"].get("transient")) for m in talk.run(code).messages]
    assert kinds[2:-1] == [
        ("display_data", {"display_id": "me"}),
        ("update_display_data", {"display_id": "me"}),
        ("clear_output", None),
    ]


# Comms and widgets


def test_a_comm_that_the_client_opens(talk):
    talk.run(
        "def opened(comm, message):\n"
        "    comm.on_msg(lambda m: comm.send({'back': m['content']['data']}, buffers=m['buffers']))\n"
        "    comm.send({'hello': message['content']['data']})\n"
        "get_ipython().kernel.comm_manager.register_target('parity', opened)"
    )
    talk.tell("comm_open", {"comm_id": "c1", "target_name": "parity", "data": {"n": 1}})
    said = talk.hear(lambda m: m["msg_type"] == "comm_msg")[-1]
    assert said["content"]["data"] == {"hello": {"n": 1}}
    message = talk.client.session.msg("comm_msg", {"comm_id": "c1", "data": {"n": 2}})
    talk.client.session.send(talk.client.shell_channel.socket, message, buffers=[b"\x00raw\xff"])
    said = talk.hear(lambda m: m["msg_type"] == "comm_msg")[-1]
    assert said["content"]["data"] == {"back": {"n": 2}}
    assert [bytes(b) for b in said["buffers"]] == [b"\x00raw\xff"]
    assert "c1" in talk.ask("comm_info_request", {"target_name": "parity"})["comms"]
    talk.tell("comm_close", {"comm_id": "c1", "data": {}})
    assert "c1" not in talk.ask("comm_info_request")["comms"]


def test_a_slider_moves(talk):
    reply = talk.run(
        "import ipywidgets\nslider = ipywidgets.IntSlider(value=3)\n"
        "slider.observe(lambda change: print('moved to', change.new), 'value')\nslider"
    )
    opened = [m["content"] for m in reply.messages if m["msg_type"] == "comm_open"]
    models = {o["data"]["state"]["_model_name"]: o["comm_id"] for o in opened}
    assert set(models) == {"LayoutModel", "SliderStyleModel", "IntSliderModel"}
    assert {o["target_name"] for o in opened} == {"jupyter.widget"}
    view = reply.outputs[-1].data["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == models["IntSliderModel"]
    move = {"method": "update", "state": {"value": 7}, "buffer_paths": []}
    sent = talk.tell("comm_msg", {"comm_id": models["IntSliderModel"], "data": move})
    heard = talk.hear(lambda m: m["msg_type"] == "stream")
    assert heard[-1]["content"]["text"] == "moved to 7\n"
    assert heard[-1]["parent_header"]["msg_id"] == sent
    assert talk.run("slider.value").value == "7"
    reply = talk.run("slider.value = 9")
    updates = [m["content"]["data"] for m in reply.messages if m["msg_type"] == "comm_msg"]
    assert [u["state"] for u in updates if u["method"] == "update"] == [{"value": 9}]


# The debugger, subshells, resources: what JupyterLab asks on the control channel


def debug(talk, sequence: int, command: str, **arguments):
    content = {"type": "request", "seq": sequence, "command": command, "arguments": arguments}
    reply = talk.ask("debug_request", content, channel="control")
    assert reply.get("success"), reply
    return reply.get("body", {})


def test_the_debugger_stops_at_a_breakpoint(start, name):
    talk = start(name)
    info = debug(talk, 1, "debugInfo")
    assert not info["isStarted"]
    assert info["hashMethod"] == "Murmur2"
    assert info["tmpFilePrefix"].startswith("/tmp/")
    # What JupyterLab says, in its order.
    debug(talk, 2, "initialize", clientID="t", adapterID="", pathFormat="path", linesStartAt1=True,
          columnsStartAt1=True, supportsVariableType=True, locale="en")  # fmt: skip
    debug(talk, 3, "attach")
    code = "def f(x):\n    y = x + 1\n    return y\nf(41)"
    path = debug(talk, 4, "dumpCell", code=code)["sourcePath"]
    marked = debug(talk, 5, "setBreakpoints", breakpoints=[{"line": 3}], source={"path": path})
    assert marked["breakpoints"][0]["verified"]
    debug(talk, 6, "configurationDone")
    talk.client.execute(code)
    stopped = talk.hear(lambda m: m["msg_type"] == "debug_event" and m["content"]["event"] == "stopped")[-1]
    thread = stopped["content"]["body"]["threadId"]
    frame = debug(talk, 7, "stackTrace", threadId=thread)["stackFrames"][0]
    assert (frame["name"], frame["line"]) == ("f", 3)
    scope = debug(talk, 8, "scopes", frameId=frame["id"])["scopes"][0]
    found = debug(talk, 9, "variables", variablesReference=scope["variablesReference"])["variables"]
    assert {v["name"]: v["value"] for v in found}.items() >= {"x": "41", "y": "42"}.items()
    debug(talk, 10, "continue", threadId=thread)
    assert talk.client.get_shell_msg(timeout=PATIENCE_S)["content"]["status"] == "ok"
    debug(talk, 11, "disconnect", restart=False, terminateDebuggee=False)
    assert talk.run("f(1)").value == "2"


def test_a_subshell_answers_while_a_cell_runs(start, name):
    talk = start(name)
    made = talk.ask("create_subshell_request", channel="control")
    talk.client.execute("import time\nprint('BEGUN', flush=True)\ntime.sleep(1)\nprint('end')")
    talk.hear(lambda m: m["msg_type"] == "stream")
    message = talk.client.session.msg("execute_request", {"code": "print('aside')", "silent": False})
    message["header"]["subshell_id"] = made["subshell_id"]
    talk.client.shell_channel.send(message)
    heard = talk.hear(lambda m: m["msg_type"] == "stream" and "end" in m["content"]["text"])
    assert "aside\n" in [m["content"].get("text") for m in heard]
    assert talk.ask("list_subshell_request", channel="control")["subshell_id"] == [made["subshell_id"]]
    talk.ask("delete_subshell_request", {"subshell_id": made["subshell_id"]}, channel="control")


def test_resources_are_told(talk):
    usage = talk.ask("usage_request", channel="control")
    assert usage["kernel_memory"] > 10_000_000
    assert usage["host_virtual_memory"]["total"] > 0


# Each its own


def test_chance_differs(start, name):
    drawn = [
        "random.random()",
        "numpy.random.random()",
        "numpy.random.default_rng().random()",
        "uuid.uuid4().hex",
        "uuid.uuid1().hex",
        "next(tempfile._get_candidate_names())",
        "secrets.token_hex()",
        "os.urandom(8).hex()",
        "random.SystemRandom().random()",
    ]
    both = []
    for _kernel in range(2):
        talk = start(name)
        talk.run("import os, random, secrets, tempfile, uuid, numpy")
        both.append(talk.value(f"[{', '.join(drawn)}]"))
    same = [what for what, one, two in zip(drawn, *both, strict=True) if one == two]
    assert same == []


def test_a_seed_gives_the_same_numbers(start):
    talks = [start(name) for name in (STOCK, OURS)]
    code = "import random, numpy; random.seed(1); numpy.random.seed(1)"
    for talk in talks:
        talk.run(code)
    one, two = (talk.value("random.random(), float(numpy.random.random())") for talk in talks)
    assert one == two


@pytest.mark.skipif(OURS == STOCK, reason="the stock kernel would fetch it")
@pytest.mark.parametrize("command", ["%pip install mentoring-nothing", "!pip install mentoring-nothing"])
def test_pip_is_explained(start, command):
    talk = start(OURS)
    reply = talk.run(command)
    said = reply.stream() + reply.stream("stderr") + reply.said
    assert "environment" in said if command.startswith("%") else "No matching distribution" in said, said


@pytest.mark.skipif(OURS == STOCK, reason="stock kernels are not made for it")
def test_a_hundred_at_once(tmp_path):
    async def one(number: int) -> str:
        manager = AsyncKernelManager(kernel_name=OURS)
        folder = tmp_path / str(number)
        folder.mkdir()
        await manager.start_kernel(cwd=str(folder), env=environment())
        client = manager.client()
        client.start_channels()
        try:
            await client.wait_for_ready(timeout=90)
            said = []
            await client.execute_interactive(
                f"print({number} * 2)",
                output_hook=lambda m: said.append(m["content"].get("text", "")),
                timeout=90,
            )
            await barrier.wait()
            return "".join(said)
        finally:
            client.stop_channels()
            await manager.shutdown_kernel(now=True)

    barrier = asyncio.Barrier(100)

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(one(number) for number in range(100)))

    before = len(list(Path("/proc/self/fd").iterdir()))
    assert asyncio.run(all_of_them()) == [f"{number * 2}\n" for number in range(100)]
    assert len(list(Path("/proc/self/fd").iterdir())) < before + 20
