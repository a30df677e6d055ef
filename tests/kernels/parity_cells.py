# ruff: noqa: E501, ISC004 - the code in strings keeps its own lines
"""Small cells whose outputs must be the same in every kernel."""

from __future__ import annotations

# One notebook: the cells run one after the other in one kernel.
CELLS = [
    "1 + 1",
    "print('a')\nprint('b', end='')\nprint('c')\n'value'",
    "import sys\nprint('to stderr', file=sys.stderr)",
    "import sys\nprint('out', flush=True)\nprint('err', file=sys.stderr, flush=True)\nprint('out again')",
    "print('\\r'.join(f'{n} %' for n in range(3)))\nprint('x\\by')",
    "for n in range(2000):\n    print(n)",
    "None",
    "'silent';",
    "_ , __, Out[1]",
    "1 / 0",
    "def outer(n):\n    return inner(n)\n\ndef inner(n):\n    raise ValueError(f'no {n}')\n\nouter(3)",
    "try:\n    {}['k']\nexcept KeyError as error:\n    raise RuntimeError('chained') from error",
    "if True print('x')",
    "import json\njson.loads('{')",
    "error = ValueError('noted')\nerror.add_note('first note')\nraise error",
    "raise ExceptionGroup('several', [ValueError(1), TypeError(2)])",
    "def deep(n):\n    return deep(n + 1)\n\ndeep(0)",
    "raise SystemExit(3)",
    "raise KeyboardInterrupt",
    "class Bad:\n    def __repr__(self):\n        raise ValueError('no repr')\n\nBad()",
    "'é ü 漢字 🙂 \u200f'",
    "print('naïve — « 漢字 » 🙂', '\\x00\\x1b[31mred\\x1b[0m')",
    "'\\ud83d'",
    "été = 'variable'\nété",
    "list(range(2000))",
    "{'b': [1, 2, {'c': None}], 'a': (1.5, 1e300, float('nan'))}",
    "'x' * 3000",
    "from IPython.display import HTML, JSON, SVG, Image, Latex, Markdown, display\nHTML('<b>bold</b>')",
    "display(Markdown('*text*'), Latex('$x$'))\ndisplay(JSON({'a': [1, {'b': None}]}))",
    "display({'text/plain': 'raw', 'application/x-mine+json': {'k': 1}}, raw=True, metadata={'m': 1})",
    'SVG(\'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="4"/></svg>\')',
    "import base64\n"
    "Image(base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5"
    "ErkJggg=='), width=3)",
    "class Rich:\n"
    "    def _repr_mimebundle_(self, include=None, exclude=None):\n"
    "        return {'text/plain': 'rich', 'text/html': '<i>rich</i>'}, {'text/html': {'isolated': True}}\n\n"
    "Rich()",
    "class Html:\n    def _repr_html_(self):\n        return '<u>h</u>'\n\n[Html()], display(Html())",
    "handle = display('first', display_id='one')\nhandle.update('second')",
    "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('stays')",
    "print('until there is more')\nclear_output(wait=True)\nprint('instead')",
    "print('only this was')\nclear_output(wait=True)",
    "input('Name? ')",
    "import getpass\ngetpass.getpass()",
    "%%capture caught\nprint('caught')\ndisplay('shown')",
    "caught.stdout, len(caught.outputs)",
    "caught.show()",
    "%timeit -n1 -r1 sum(range(10))",
    "%%time\nsum(range(10))",
    "only_name = 1\n%who_ls int",
    "%pwd",
    "%env MENTORING_PARITY=1\n%env MENTORING_PARITY",
    "!echo from the shell",
    "files = !echo one; echo two\nfiles",
    "%%bash\necho from bash\necho to stderr >&2\nexit 3",
    "%%writefile written.txt\nsome text",
    "open('written.txt').read()",
    "%precision 3\n3.14159265",
    "%xmode Plain\n1 / 0",
    "%xmode Context",
    "%nonsense",
    "?len",
    "import warnings\nwarnings.warn('careful', UserWarning)",
    "import logging\nlogging.getLogger('parity').warning('logged')",
    "import subprocess, time\nsubprocess.run(['echo', 'from a child'])\ntime.sleep(0.3)",
    "import ctypes\nlibc = ctypes.CDLL(None)\nlibc.puts(b'from C')\nlibc.fflush(None)\ntime.sleep(0.3)",
    "import threading\nthread = threading.Thread(target=lambda: print('from a thread'))\nthread.start()\nthread.join()",
    "thread = threading.Thread(target=lambda: 1 / 0, name='worker')\nthread.start()\nthread.join()",
    "import asyncio\nawait asyncio.sleep(0.01)\n'awaited'",
    "async def later():\n    return 'gathered'\n\nawait asyncio.gather(later(), later())",
    "await asyncio.wait_for(asyncio.sleep(9), 0.01)",
    "In[1], len(In) == len(get_ipython().user_ns['In'])",
    "import ipywidgets\nslider = ipywidgets.IntSlider(3)\nslider",
    "area = ipywidgets.Output()\nwith area:\n    print('into the widget')\nprint('beside it')",
    "get_ipython().set_next_input('suggested')",
    "print(*sorted(name for name in dir() if not name.startswith('_') and name not in ('In', 'Out'))[:3])",
]

# Figures, in a kernel of their own: the first one imports matplotlib.
FIGURES = [
    "import matplotlib.pyplot as plt\nplt.plot([1, 2, 4])",
    "plt.figure(figsize=(2, 2))\nplt.bar([1, 2], [3, 4])\nplt.figure(figsize=(2, 1))\nplt.title('second');",
    "fig, ax = plt.subplots(figsize=(2, 2))\nax.imshow([[0, 1], [2, 3]])\nplt.show()\nprint('after it')\nfig",
    "plt.rcParams['figure.figsize'], plt.rcParams['figure.dpi'], plt.get_backend()",
    "%config InlineBackend.figure_format\nplt.figure(figsize=(1, 1)).text(0.1, 0.5, 'é')",
    "%config InlineBackend.figure_formats = {'png', 'svg'}\nplt.figure(figsize=(1, 1)).gca().plot([2, 1]);",
    "%config InlineBackend.figure_format = 'retina'\nplt.figure(figsize=(1, 1)).gca().plot([2, 1]);",
    "%config InlineBackend.close_figures = False\nkept = plt.figure(figsize=(1, 1))\nplt.get_fignums() != []",
    "plt.close('all')\n%matplotlib inline\nplt.figure(figsize=(1, 1));",
    "from IPython.display import display\ndisplay(plt.figure(figsize=(1, 1)))",
    "plt.plot([1], [2], 'no such format')",
]

# The second cell changes an output of the first, the third one too.
ACROSS = [
    "from IPython.display import display, update_display\nhandle = display('draft', display_id='shared')",
    "handle.update('better')\nprint('updated')",
    "update_display('best', display_id='shared')\ndisplay('a second one', display_id='shared')",
    "'end'",
]
