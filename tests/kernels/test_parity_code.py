# ruff: noqa: E501, ISC004 - the code in strings keeps its own lines
"""Code in a cell behaves the same in the stock kernel and in ours."""

from __future__ import annotations

import time

import pytest

from tests.kernels.kernel_conversation import OURS, STOCK
from tests.patience import PATIENCE_S

# name: (code, what it prints). Each ends by printing something that shows that it worked.
SNIPPETS = {
    "threads": (
        "import threading\n"
        "seen = []\n"
        "def work(n):\n    seen.append(n)\n    print('thread', n)\n"
        "for n in range(3):\n    t = threading.Thread(target=work, args=(n,)); t.start(); t.join()\n"
        "print(seen, threading.current_thread() is threading.main_thread())",
        "thread 0\nthread 1\nthread 2\n[0, 1, 2] True\n",
    ),
    "thread pool": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(8) as pool:\n    print(sum(pool.map(lambda n: n * n, range(100))))",
        "328350\n",
    ),
    "top-level await": (
        "import asyncio\n"
        "async def numbers():\n    for n in range(3):\n        await asyncio.sleep(0.001)\n        yield n\n"
        "print([n async for n in numbers()], await asyncio.gather(*[asyncio.sleep(0, n) for n in 'ab']))",
        "[0, 1, 2] ['a', 'b']\n",
    ),
    "asyncio in a thread": (
        "import asyncio, threading\n"
        "t = threading.Thread(target=lambda: print(asyncio.run(asyncio.sleep(0.01, 'run')))); t.start(); t.join()",
        "run\n",
    ),
    "asyncio subprocess": (
        "import asyncio\n"
        "p = await asyncio.create_subprocess_exec('echo', 'hi', stdout=asyncio.subprocess.PIPE)\n"
        "print((await p.communicate())[0], p.returncode)",
        "b'hi\\n' 0\n",
    ),
    "asyncio server": (
        "import asyncio\n"
        "async def serve(reader, writer):\n    writer.write(await reader.readline()); writer.close()\n"
        "server = await asyncio.start_server(serve, '127.0.0.1', 0)\n"
        "reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())\n"
        "writer.write(b'echo\\n')\nprint(await reader.read())\n"
        "writer.close(); server.close(); await server.wait_closed()",
        "b'echo\\n'\n",
    ),
    "executor": (
        "import asyncio\nprint(await asyncio.get_running_loop().run_in_executor(None, pow, 2, 5))",
        "32\n",
    ),
    "fork pool": (
        "import multiprocessing as mp\n"
        "def square(n):\n    return n * n\n"
        "with mp.get_context('fork').Pool(2) as pool:\n    print(pool.map(square, range(5)))",
        "[0, 1, 4, 9, 16]\n",
    ),
    "spawn pool": (
        "import multiprocessing as mp\n"
        "from pathlib import Path\n"
        "_ = Path('spawned.py').write_text('def cube(n):\\n    return n ** 3\\n')\n"
        "import spawned\n"
        "with mp.get_context('spawn').Pool(1) as pool:\n    print(pool.map(spawned.cube, range(4)))",
        "[0, 1, 8, 27]\n",
    ),
    "process pool": (
        "from concurrent.futures import ProcessPoolExecutor\nimport multiprocessing as mp\n"
        "def negate(n):\n    return -n\n"
        "with ProcessPoolExecutor(2, mp_context=mp.get_context('fork')) as pool:\n"
        "    print(list(pool.map(negate, range(4))))",
        "[0, -1, -2, -3]\n",
    ),
    "forkserver": (
        "import multiprocessing as mp\n"
        "with mp.get_context('forkserver').Pool(1) as pool:\n    print(pool.map(abs, [-1, -2]))",
        "[1, 2]\n",
    ),
    "shared by processes": (
        "import multiprocessing as mp\nfrom multiprocessing import shared_memory\n"
        "fork = mp.get_context('fork')\n"
        "queue, lock, number = fork.Queue(), fork.Lock(), fork.Value('i', 0)\n"
        "memory = shared_memory.SharedMemory(create=True, size=8)\n"
        "def child():\n    with lock:\n        number.value = 5\n    memory.buf[0] = 7\n    queue.put('put')\n"
        "p = fork.Process(target=child); p.start()\n"
        "print(queue.get(timeout=9)); p.join(); print(number.value, memory.buf[0], p.exitcode)\n"
        "memory.close(); memory.unlink()",
        "put\n5 7 0\n",
    ),
    "manager": (
        "import multiprocessing as mp\n"
        "with mp.get_context('fork').Manager() as manager:\n    print(manager.list([1, 2]))",
        "[1, 2]\n",
    ),
    "os.fork": (
        "import os\n"
        "pid = os.fork()\n"
        "if pid == 0:\n    os._exit(7)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))",
        "7\n",
    ),
    "os.fork that raises": (
        "import os\n"
        "pid = os.fork()\n"
        "if pid == 0:\n    try:\n        1 / 0\n    finally:\n        os._exit(8)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))",
        "8\n",
    ),
    "subprocess captured": (
        "import subprocess, sys\n"
        "print(subprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True, text=True).stdout)",
        "42\n\n",
    ),
    "subprocess that dies": (
        "import subprocess\n"
        "print(subprocess.run(['sh', '-c', 'kill -9 $$']).returncode, subprocess.call('exit 4', shell=True))",
        "-9 4\n",
    ),
    "subprocess that reads": (
        "import subprocess\nprint(repr(subprocess.run(['cat'], capture_output=True, text=True, timeout=9).stdout))",
        "''\n",
    ),
    "os.system": ("import os\nprint(os.system('exit 3') >> 8)", "3\n"),
    "!ls": (
        "import pathlib\npathlib.Path('only').mkdir(exist_ok=True)\npathlib.Path('only/a b').touch()\n"
        "found = !ls only\nprint(found)\n!false\nprint(_exit_code)",
        "['a b']\n1\n",
    ),
    "!cd and %cd": (
        "import os\nhere = os.getcwd()\nos.makedirs('sub', exist_ok=True)\n"
        "%cd -q sub\nprint(os.path.relpath(os.getcwd(), here))\n%cd -q ..\nprint(os.getcwd() == here)",
        "sub\nTrue\n",
    ),
    "zmq tcp": (
        "import zmq\n"
        "with zmq.Context() as context, context.socket(zmq.REP) as server, context.socket(zmq.REQ) as client:\n"
        "    client.connect(f'tcp://127.0.0.1:{server.bind_to_random_port(\"tcp://127.0.0.1\")}')\n"
        "    client.send(b'hello'); print(server.recv()); server.send(b'you'); print(client.recv())",
        "b'hello'\nb'you'\n",
    ),
    "zmq inproc": (
        "import zmq\ncontext = zmq.Context.instance()\n"
        "with context.socket(zmq.PAIR) as one, context.socket(zmq.PAIR) as two:\n"
        "    one.bind('inproc://parity'); two.connect('inproc://parity')\n"
        "    two.send(b'inside'); print(one.recv())",
        "b'inside'\n",
    ),
    "zmq asyncio": (
        "import zmq.asyncio\ncontext = zmq.asyncio.Context()\n"
        "push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)\n"
        "push.bind('ipc://parity.sock'); pull.connect('ipc://parity.sock')\n"
        "await push.send(b'x'); print(await pull.recv())\npush.close(); pull.close(); context.term()",
        "b'x'\n",
    ),
    "http on this machine": (
        "import http.server, threading, urllib.request\n"
        "class Handler(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n        self.send_response(200); self.end_headers(); self.wfile.write(b'page')\n"
        "    def log_message(self, *a):\n        pass\n"
        "with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler) as httpd:\n"
        "    threading.Thread(target=httpd.serve_forever, daemon=True).start()\n"
        "    with urllib.request.urlopen(f'http://127.0.0.1:{httpd.server_port}') as answer:\n"
        "        print(answer.read())\n"
        "    httpd.shutdown()",
        "b'page'\n",
    ),
    "unix sockets": (
        "import socket\none, two = socket.socketpair()\none.send(b'pair'); print(two.recv(9))\n"
        "one.close(); two.close()",
        "b'pair'\n",
    ),
    "signals": (
        "import os, signal, time\n"
        "signal.signal(signal.SIGALRM, lambda *a: print('alarm'))\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.05); time.sleep(0.2)\n"
        "signal.signal(signal.SIGUSR1, lambda *a: print('usr1'))\nos.kill(os.getpid(), signal.SIGUSR1)",
        "alarm\nusr1\n",
    ),
    "files": (
        "import os, shutil, sqlite3, tempfile\nfrom pathlib import Path\n"
        "_ = Path('a.txt').write_text('é'); os.symlink('a.txt', 'link'); os.rename('a.txt', 'b.txt')\n"
        "with sqlite3.connect('x.db') as db:\n    print(db.execute('select 1').fetchall())\n"
        "db.close()\n"
        "with tempfile.TemporaryDirectory() as d:\n    shutil.copy('b.txt', d); print(os.listdir(d))\n"
        "print(os.path.islink('link'), Path('b.txt').stat().st_uid == os.getuid(), os.access('.', os.W_OK))",
        "[(1,)]\n['b.txt']\nTrue True True\n",
    ),
    "home and names": (
        "import os, getpass, pathlib, pwd, socket\n"
        "print(bool(getpass.getuser()), pathlib.Path.home().is_dir(), bool(socket.gethostname()))\n"
        "_ = (pathlib.Path.home() / 'parity.txt').write_text('x'); (pathlib.Path.home() / 'parity.txt').unlink()\n"
        "print(pwd.getpwuid(os.getuid()).pw_name == getpass.getuser())\n"
        "print(socket.gethostbyname('localhost'))",
        "True True True\nTrue\n127.0.0.1\n",
    ),
    "imports beside the notebook": (
        "from pathlib import Path\n_ = Path('beside.py').write_text('value = 3')\nimport beside\nprint(beside.value)",
        "3\n",
    ),
    "pickle of what a cell defines": (
        "import pickle\nclass Kept:\n    pass\nprint(type(pickle.loads(pickle.dumps(Kept()))) is Kept, Kept.__module__)",
        "True __main__\n",
    ),
    "inspect of what a cell defines": (
        "import inspect\ndef f():\n    return 1\nprint(inspect.getsource(f))",
        "def f():\n    return 1\n\n",
    ),
    "sched, clocks, cpus": (
        "import os, time\nt = time.perf_counter(); time.sleep(0.01)\n"
        "print(time.perf_counter() > t, time.process_time() > 0, os.cpu_count() >= len(os.sched_getaffinity(0)))",
        "True True True\n",
    ),
    "numpy": (
        "import numpy as np\na = np.arange(90000.0).reshape(300, 300)\n"
        "print((a @ np.eye(300) == a).all(), np.linalg.matrix_rank(np.eye(4)))",
        "True 4\n",
    ),
    "a terminal for a child": (
        "import os, pty\npid, fd = pty.fork()\nif pid == 0:\n    os.execvp('echo', ['echo', 'tty'])\n"
        "print(os.read(fd, 99)); _ = os.waitpid(pid, 0); os.close(fd)",
        "b'tty\\r\\n'\n",
    ),
    "tracemalloc and gc": (
        "import gc, tracemalloc\ntracemalloc.start(); x = [0] * 1000\n"
        "print(tracemalloc.get_traced_memory()[0] > 0, gc.isenabled()); tracemalloc.stop(); _ = gc.collect()",
        "True True\n",
    ),
    "surrogates": ("print(ascii('\\udcff'), len('🙂'), '\\u00e9' == 'é')", "'\\udcff' 1 True\n"),
}


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_snippet(talk, snippet):
    code, printed = SNIPPETS[snippet]
    reply = talk.run(code)
    assert reply.status == "ok", reply.said
    assert reply.stream() == printed, reply.said


# What comes from outside of Python's own streams arrives a moment later, with the cell as its parent.
LATE = {
    "a forked child prints": "import multiprocessing as mp\n"
    "p = mp.get_context('fork').Process(target=print, args=('LATE',)); p.start(); p.join()",
    "os.fork prints": "import os, sys\npid = os.fork()\n"
    "if pid == 0:\n    print('LATE'); sys.stdout.flush(); os._exit(0)\n_ = os.waitpid(pid, 0)",
    "a pool prints": "import multiprocessing as mp\n"
    "with mp.get_context('fork').Pool(1) as pool:\n    pool.map(print, ['LATE'])\n    pool.close(); pool.join()",
    "a subprocess prints": "import subprocess\n_ = subprocess.run(['echo', 'LATE'])",
    "os.system prints": "import os\n_ = os.system('echo LATE')",
    "C prints": "import ctypes\nlibc = ctypes.CDLL(None)\nlibc.puts(b'LATE')\n_ = libc.fflush(None)",
    "os.write prints": "import os\n_ = os.write(1, b'LATE\\n')",
    "a thread prints after the cell": "import threading\nthreading.Timer(0.2, print, ['LATE']).start()",
    "a spawned child prints": "import multiprocessing as mp\n"
    "p = mp.get_context('spawn').Process(target=print, args=('LATE',)); p.start(); p.join()",
}


@pytest.mark.parametrize("snippet", LATE)
def test_output_from_elsewhere_arrives(talk, snippet):
    request = talk.client.execute(LATE[snippet])
    text = ""
    while not text.endswith("\n"):
        message = talk.hear(lambda m: m["msg_type"] == "stream")[-1]
        if "DeprecationWarning" in message["content"]["text"]:
            continue  # from Python 3.12 on, to fork a process that has threads is said to be dangerous
        assert message["parent_header"]["msg_id"] == request
        assert message["content"]["name"] == "stdout"
        text += message["content"]["text"]
    assert text == "LATE\n"
    assert talk.client.get_shell_msg(timeout=PATIENCE_S)["content"]["status"] == "ok"


def test_a_background_task_goes_on_between_cells(talk):
    begin = (
        "import asyncio\nticks = []\n"
        "async def tick():\n    while True:\n        ticks.append(1)\n        await asyncio.sleep(0.01)\n"
        "ticking = asyncio.create_task(tick())"
    )
    assert talk.run(begin).status == "ok"
    before = talk.value("len(ticks)")
    # Thirty ticks, where nothing else is to be done.
    time.sleep(0.3)
    after = talk.value("len(ticks)")
    assert after - before > 5
    assert talk.run("ticking.cancel()").status == "ok"


def test_a_fork_that_comes_back_leaves_one_kernel(start, name):
    talk = start(name)
    assert talk.run("import os\npid = os.fork()").status == "ok"
    assert talk.value("pid") > 0
    assert talk.run("40 + 2").value == "42"
    talk.run("import signal\nos.kill(pid, signal.SIGKILL)\n_ = os.waitpid(pid, 0)")
    assert talk.run("40 + 3").value == "43"
    talk.restart()
    assert talk.run("40 + 4").value == "44"


# What a library may ask about the process that it finds itself in.
FACTS = [
    "sys.executable",
    "sys.prefix",
    "sys.version",
    "sys.path",
    # Not `hash_randomization`: the order of sets is the same in every kernel of ours, on purpose. Nor
    # `dont_write_bytecode`: ours leaves no folder of it among a student's files.
    "sys.flags.utf8_mode, sys.flags.optimize, sys.flags.isolated",
    "sys.getrecursionlimit(), sys.getswitchinterval()",
    "sys.stdin.encoding, sys.stdout.encoding, sys.stdout.errors, sys.stdout.isatty()",
    "sys.__stdout__.encoding",
    "sys.getfilesystemencoding(), locale.getpreferredencoding()",
    "locale.getlocale()",
    "time.tzname",
    "__name__, __doc__, __package__, __spec__, '__file__' in globals()",
    "sys.modules['__main__'].__dict__ is globals()",
    "sorted(n for n in globals() if not re.fullmatch('_i?\\\\d*|_i+|_+|_dh|FACT|sys|locale|gc|re|time|signal|os"
    "|warnings|asyncio|multiprocessing|logging|builtins', n))",
    "sorted(vars(builtins))",
    "type(get_ipython()).__name__",
    "sorted(get_ipython().magics_manager.lsmagic()['line'])",
    "sorted(get_ipython().magics_manager.lsmagic()['cell'])",
    "sorted(f for f in get_ipython().display_formatter.formatters)",
    "get_ipython().colors, get_ipython().autocall, get_ipython().ast_node_interactivity",
    "type(asyncio.get_running_loop()).__name__",
    "multiprocessing.get_start_method(), multiprocessing.current_process().name",
    "[signal.getsignal(n) for n in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGTERM, signal.SIGALRM)]",
    "signal.getsignal(signal.SIGINT).__name__",
    "signal.pthread_sigmask(signal.SIG_BLOCK, [])",
    "gc.isenabled(), gc.get_threshold()",
    # numpy, where it is imported beforehand, has filters of its own.
    "[f[:1] + f[2:3] for f in warnings.filters if f[2] is not Warning and 'numpy' not in f[2].__module__]",
    "logging.getLogger().level, [type(h).__name__ for h in logging.getLogger().handlers]",
    "os.environ.get('MPLBACKEND'), os.environ.get('TERM'), os.environ.get('PAGER'), os.environ.get('GIT_PAGER')",
    "os.getcwd() == os.path.realpath('.')",
    "oct(os.umask(0o22))",
]


def test_the_process_looks_the_same(start):
    found = []
    for kernel in (STOCK, OURS):
        talk = start(kernel)
        talk.run(
            "import asyncio, builtins, gc, locale, logging, multiprocessing, os, re, signal, sys, time, warnings"
        )
        said = {}
        for fact in FACTS:
            reply = talk.run(fact)
            said[fact] = reply.value or reply.said
        found.append(said)
    stock, ours = found
    unlike = [f"{fact}\n  {stock[fact]}\n  {ours[fact]}" for fact in FACTS if stock[fact] != ours[fact]]
    assert not unlike, "\n".join(unlike)
