"""What submissions do to get marks, or to stop the others: the marks that each gets, and whether a person is asked."""

import pytest
from tiny_lesson import ALL, RIGHT, handed_in, payload

from tools.grading import attempt, sandbox
from tools.lessons import files

pytestmark = pytest.mark.skipif(not sandbox.available(), reason=sandbox.ALONE)
WRONG = {
    "ex1_1": "def positions_along(size, kernel_size, stride, padding):\n    return 1",
    "ex1_3": "def max_pool(image, size):\n    return image",
    "ex1_4": "diagonal = np.eye(3)",
}
POOL = "def max_pool(image, size):\n    "
# In place of the answer to 1.3, which has 2 points: (code, points of all that is graded, whether a person is asked).
IN_PLACE = {
    "a loop": ("while True: pass", 3, True),
    "a loop that catches all": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        3,
        True,
    ),
    "deaf to signals": ("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass", 3, True),
    "stopped": ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", 3, True),
    "sys.exit": ("import sys\nsys.exit()", 3, False),
    "killed": ("import os\nos._exit(0)", 3, True),
    "killed when it is called": (POOL + "import os; os._exit(0)", 3, True),
    "a loop when it is called": (POOL + "while True: pass", 3, False),
    "no Python": ("def max_pool(image, size)\n    return", 3, False),
    "200 MB of output": (RIGHT["ex1_3"] + "\nfor line in range(200): print('x' * 1_000_000)", 5, False),
    "a message of 30 MB in each call": (
        RIGHT["ex1_3"].replace("    return", "    print('x' * 30_000_000)\n    return"),
        5,
        False,
    ),
    "a hundred processes": (
        "import subprocess, time\nall = [subprocess.Popen(['sleep', '100']) for _ in range(100)]\ntime.sleep(30)",
        3,
        True,
    ),
    "a fork bomb": ("import os\nwhile True: os.fork()", 3, True),
    "8 GB": ("held = [bytearray(b'x' * 100_000_000) for _ in range(80)]", 3, True),
    "8 GB in shared memory": (
        "file = open('/dev/shm/x', 'wb')\nfor _ in range(80): file.write(b'x' * 100_000_000)",
        3,
        False,
    ),
    "a question": (POOL + "return input('{\"value\": 1}')", 3, False),
    "the course's own": ("from helpers.teaching.convolution import pool as max_pool", 5, True),
}
# Beside wrong answers: (code at the top, code in place of 1.4).
FOR_MARKS = {
    "patched checks": (
        "import checks.lesson01 as c, checks.grading as g\n"
        "c.exercise_1_1 = c.exercise_1_3 = c.exercise_1_4 = print\ng.call = g.calls.call = lambda *a: 1",
        None,
    ),
    "folders of its own": (
        "import os\nos.makedirs('checks')\nos.makedirs('helpers')\nopen('checks/__init__.py', 'w').write('')\n"
        "open('checks/lesson01.py', 'w').write('exercise_1_1 = exercise_1_3 = exercise_1_4 = print')\n"
        "open('exchange.py', 'w').write('')\nopen('agent.py', 'w').write('def converse(): pass')",
        None,
    ),
    "equal to everything": (
        "class E:\n    shape, dtype = (3, 3), float\n    def __eq__(self, other): return True\n"
        "    def __array_ufunc__(self, *a, **k): return True\n    def __call__(self, *a): return self\n"
        "    def __bool__(self): return True",
        "diagonal = positions_along = max_pool = E()",
    ),
    "an array of its own": (
        "import numpy\nclass A(numpy.ndarray):\n    def __eq__(self, other): return numpy.ones(self.shape, bool)\n"
        "    def __array_ufunc__(self, *a, **k): return numpy.ones((3, 3), bool)\n"
        "    def __array_function__(self, *a, **k): return True",
        "diagonal = np.zeros((3, 3)).view(A)",
    ),
    "an agent that says yes": (
        "import agent\nagent.TASKS['call'] = lambda task: {'value': True, 'passed': True}\n"
        "agent.TASKS['value'] = lambda task: {'value': {'array': ['<f8', [3, 3], '']}}",
        None,
    ),
    "an agent with code": (
        "import agent\nagent.TASKS['call'] = agent.TASKS['value'] = lambda task: {'value': {'kind': 'model', 'config': "
        "{'class_name': 'function', 'config': 'system', 'module': 'os', 'registered_name': 'system'}, "
        "'weights': None, 'trainable': [], 'tokens': [], 'compiled': None}}",
        None,
    ),
    "an agent with no JSON": (
        "import agent\nagent.converse = lambda: [get_ipython().kernel.raw_input(x) for x in ('[1', '{\"a\":' * 10000)]",
        None,
    ),
    "an agent with 200 MB": ("import agent\nagent.TASKS['value'] = lambda task: {'value': 'x' * 200_000_000}", None),
    "an agent without an end": ("import agent\nagent._ask = lambda said: {'do': 'value', 'name': 'x'}", None),
    "a list without an end": (
        "from collections.abc import Sequence\nclass S(Sequence):\n    def __len__(self): return 10**12\n"
        "    def __getitem__(self, index): return 1",
        "diagonal = S()",
    ),
    "values without an end": ("", "import itertools\ndiagonal = itertools.count()"),
    "a list in itself": ("", "diagonal = []\ndiagonal.append(diagonal)"),
    "forged messages and files": (
        "kernel = get_ipython().kernel\n"
        "for kind, content in (('stream', {'name': 'stdout', 'text': 'Exercise 1.1: right.'}), ('stream', 5), "
        "('error', {'ename': 5, 'evalue': [1], 'traceback': {}}), ('display_data', {'data': [1]})):\n"
        "    kernel.session.send(kernel.iopub_socket, kind, content, kernel.get_parent())\n"
        "for name in ('notebook.ipynb', 'record.json', 'ended.json'): open(name, 'w').write('{}')",
        None,
    ),
    "threads and exits": (
        "import atexit, threading, time\natexit.register(print, 'right')\n"
        "import checks.grading.yours as y\n"
        "def patch():\n    while True: y._passed.clear(); time.sleep(0.001)\n"
        "threading.Thread(target=patch, daemon=True).start()",
        None,
    ),
    "reads what is not its own": (
        "import os\nfrom checks import lesson01 as c\nROOT = os.path.dirname(os.path.dirname(c.__file__))\n"
        "for name in ('course', 'notebooks', 'tests', 'tools', '.git'): assert not os.path.exists(f'{ROOT}/{name}')\n"
        "for name in ('/etc/shadow', '/root/.ssh', '/proc/1/root/root/.ssh'): assert not os.path.exists(name)\n"
        "assert not [name for name in os.environ if 'TOKEN' in name or 'SECRET' in name]",
        None,
    ),
}


def graded(folder, notebook):
    record = attempt.grade(payload(notebook, cell_seconds=20, memory=1_500_000_000), folder)
    assert (folder / "notebook.ipynb").stat().st_size < 3_000_000
    return record, files.read(folder / "notebook.ipynb")


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_of_an_answer(name, tmp_path):
    code, points, human = IN_PLACE[name]
    record, _ = graded(tmp_path, handed_in(**RIGHT | {"ex1_3": code}))
    assert sum(record["points"].values()) == points, record
    assert record["needs_human"] == human, record
    assert bool(record["odd"]) or not human


@pytest.mark.parametrize("name", FOR_MARKS)
def test_no_marks_for_what_is_wrong(name, tmp_path):
    first, fourth = FOR_MARKS[name]
    record, notebook = graded(tmp_path, handed_in(**WRONG | {"first": first} | ({"ex1_4": fourth} if fourth else {})))
    assert sum(record["points"].values()) == 0, record
    if name == "reads what is not its own":
        assert notebook["cells"][0]["outputs"] == []


def test_links_in_its_folder_lead_nowhere(tmp_path):
    links = "import os\nos.symlink('/', 'b')\nfor name in ('checks', 'notebook.ipynb'): os.symlink('/etc/shadow', name)"
    record, _ = graded(tmp_path, handed_in(**RIGHT | {"last": links}))
    assert sum(record["points"].values()) == ALL
