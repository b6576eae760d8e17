"""The checks of one submission, in a process in which no line of the student's ever runs.

The source of a check is executed here. The names in it are looked up in the student's kernel: data comes over as data,
functions stay there and are called from here. So whatever a submission does in its kernel, it can only give answers.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import importlib
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from checks.grading import NotFilledIn, NotRight, calls
from tools.grading import exchange, exchange_models, sandbox

ASK = "import agent as _agent; _agent.converse()"


@dataclass
class Verdict:
    """Whether a check passed, what it printed, and the sentence that it stopped with.

    ``human`` is a sentence on why a person has to look.
    """

    passed: bool
    sentence: str
    kind: str = "NotRight"
    human: str = ""
    printed: str = ""


class Judge:
    """Runs the checks of one lesson; ``cells`` is its source, which this course wrote."""

    def __init__(self, number: str, cells: list[str]) -> None:
        self._names: dict[str, Any] = {"check": importlib.import_module(f"checks.lesson{number}")}
        self._trees = [tree for cell in cells if (tree := _tree(cell))]
        for tree in self._trees:
            for line in tree.body:
                if isinstance(line, ast.ImportFrom) and (line.module or "").split(".")[0] == "checks":
                    exec(compile(ast.Module([line], []), "lesson", "exec"), self._names)

    def names(self, source: str) -> list[str]:
        """The names that a check takes from the student's kernel."""
        tree = ast.parse(source)
        loaded = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
        made = {alias.asname or alias.name for node in ast.walk(tree) if hasattr(node, "names") for alias in node.names}
        known = made | set(self._names) | set(vars(builtins))
        return [name for name in dict.fromkeys(loaded) if name not in known]

    def given(self, name: str) -> tuple[Any] | None:
        """What a cell of ours reads with helpers only, such as a stored study: read here, instead of asked for."""
        lines = [line for tree in self._trees for line in tree.body]
        imported = [line for line in lines if isinstance(line, (ast.Import, ast.ImportFrom))]
        known = {alias.asname or alias.name: line for line in imported for alias in line.names}
        for line in lines:
            if not isinstance(line, ast.Assign) or [getattr(each, "id", "") for each in line.targets] != [name]:
                continue
            used = {node.id for node in ast.walk(line.value) if isinstance(node, ast.Name)}
            if used and used <= set(known) and all(_ours(known[each]) for each in used):
                names: dict[str, Any] = {}
                body = [*(known[each] for each in used), line]
                exec(compile(ast.Module(body, []), "lesson", "exec"), names)
                return (names[name],)
        return None

    def run(self, source: str, kernel: sandbox.Kernel, say: Callable[[dict], None], kept: dict[str, Any]) -> Verdict:
        """The verdict of one check. ``kept`` has what cells of ours have computed before: name -> encoded value.

        Raises sandbox.Gone where the kernel ends before anything could be asked.
        """
        wanted = self.names(source)
        talk = Dialogue(kernel, say)
        said, names = io.StringIO(), dict(self._names)
        verdict = Verdict(False, "")
        try:
            talk.begin()
            asked = []
            for name in wanted:
                if own := self.given(name):
                    names[name] = own[0]
                elif name in kept:
                    names[name] = exchange.decode(kept[name], talk.thing)
                else:
                    asked.append(name)
                    names[name] = talk.value(name)
            if asked:
                talk.passed(asked, False)
            with contextlib.redirect_stdout(said), _patient():
                exec(compile(source, "check", "exec"), names)
            if not talk.lost:
                verdict = Verdict(True, "")
                talk.passed(asked, True)
        except NotRight as error:
            verdict = Verdict(False, str(error), type(error).__name__)
        except exchange.Strange as error:
            talk.lost = talk.lost or f"what the kernel answers is {error}"
        except (sandbox.Gone, Lost) as error:
            talk.lost = talk.lost or str(error)
        except Exception as error:  # a name that is not there
            verdict = Verdict(False, str(error), type(error).__name__)
        talk.end()
        if talk.lost and not verdict.passed:
            verdict = Verdict(False, f"This could not be checked: {talk.lost}.", human=talk.lost)
        verdict.printed = said.getvalue()
        verdict.human = verdict.human or talk.human
        return verdict

    def remind(self, source: str, kernel: sandbox.Kernel) -> None:
        """Tell a kernel that was started again which functions have passed this check."""
        talk = Dialogue(kernel, lambda message: None)
        with contextlib.suppress(exchange.Strange, Lost):
            talk.begin()
            talk.passed(self.names(source), True)
            talk.end()

    def look_up(self, names: list[str], kernel: sandbox.Kernel) -> dict[str, Any]:
        """What these names hold in the kernel now, still encoded; without those that it does not tell."""
        talk, found = Dialogue(kernel, lambda message: None), {}
        with contextlib.suppress(exchange.Strange, Lost):
            talk.begin()
            for name in names:
                told = talk.tell({"do": "value", "name": name})
                if "value" in told:
                    found[name] = told["value"]
            talk.end()
        return found


class Lost(Exception):
    """The kernel answers no more; a sentence says why."""


class Dialogue:
    """One conversation with the agent in a kernel. ``lost``, ``human``: sentences on what went wrong."""

    def __init__(self, kernel: sandbox.Kernel, say: Callable[[dict], None]) -> None:
        self._kernel, self._say = kernel, say
        self._functions: list[Callable] = []
        self._models: dict[int, Any] = {}
        self.lost = self.human = ""
        self._open = False

    def begin(self) -> None:
        """Start the agent; raises Lost where it does not start."""
        self._deadline = time.monotonic() + self._kernel.limits.cell_seconds
        self._request = self._kernel.request(ASK, answering=True)
        self._open = True
        self._next()

    def end(self) -> None:
        """Let the agent go."""
        if not self._open or not self._kernel.alive:
            return
        self._open = False
        self._kernel.client.input(exchange.text({"do": "end"}))
        with contextlib.suppress(sandbox.Gone):
            for message in self._kernel.messages(self._request, time.monotonic() + sandbox.GRACE_SECONDS):
                if message["msg_type"] == "execute_reply":
                    return
        self._kernel.end("it did not come back from a check")

    def value(self, name: str) -> Any:
        """What a name holds. Raises NameError where the kernel has no such name."""
        told = self.tell({"do": "value", "name": name})
        if told.get("missing"):
            raise NameError(f"name {name!r} is not defined")
        return exchange.decode(told.get("value", {}), lambda made: self.thing(made, name))

    def passed(self, names: list[str], passed: bool) -> None:
        """Tell the kernel that functions have passed their check, or have yet to."""
        self.tell({"do": "passed", "names": names, "passed": passed})

    def call(self, number: int, *arguments: Any, **options: Any) -> Any:
        """Call a function of the kernel. Raises NotRight with the sentence on what went wrong in it."""
        told = self.tell(
            {
                "do": "call",
                "function": number,
                "arguments": exchange.encode(list(arguments), self._handle),
                "options": exchange.encode(options, self._handle),
            }
        )
        for key, kind in (("unfilled", NotFilledIn), ("wrong", NotRight)):
            if isinstance(told.get(key), str):
                raise kind(told[key][:2000])
        if "value" not in told:
            raise self._loses("what the kernel answers is no answer")
        try:
            return exchange.decode(told["value"], self.thing)
        except exchange.Strange as error:
            raise self._loses(f"what the kernel answers is {error}") from None

    def tell(self, task: dict) -> dict:
        """Give the agent a task and wait for what comes of it; calls of our own functions are answered meanwhile."""
        if self.lost:
            raise Lost(self.lost)
        while True:
            self._kernel.client.input(exchange.text(task))
            told = self._next()
            if "failed" in told:
                raise self._loses(f"the answer cannot be read ({str(told['failed'])[:200]})")
            if "callback" not in told:
                return told
            task = self._called(told)

    def _called(self, told: dict) -> dict:
        try:
            function = self._functions[told["callback"]]
            arguments = exchange.decode(told["arguments"], self.thing)
            options = exchange.decode(told["options"], self.thing)
        except (exchange.Strange, KeyError, TypeError, IndexError):
            return {"raised": ["TypeError", "the arguments are no data"]}
        try:
            return {"value": exchange.encode(function(*arguments, **options), self._handle)}
        except Exception as error:  # what the student passes in may not be what a function takes
            name = type(error).__name__
            known = isinstance(error, NotRight) or isinstance(getattr(builtins, name, None), type)
            return {"raised": [name if known else "ValueError", str(error)]}

    def _next(self) -> dict:
        try:
            for message in self._kernel.messages(self._request, self._deadline):
                if message["msg_type"] == "input_request":
                    return exchange.read(message["content"].get("prompt"))
                if message["msg_type"] == "execute_reply":
                    self._open = False
                    raise self._loses("the kernel stopped answering")
                if message["msg_type"] == "stream":
                    self._say(message)
        except sandbox.Gone as error:
            raise self._loses(str(error)) from None
        except exchange.Strange as error:
            self._kernel.end(f"what it answers is {error}")
            raise self._loses(f"what the kernel answers is {error}") from None
        self._kernel.end(f"its check took more than {self._kernel.limits.cell_seconds:g} s")
        raise self._loses(self._kernel.why)

    def _loses(self, why: str) -> Lost:
        self.lost = self.lost or why
        return Lost(self.lost)

    def _handle(self, thing: Any) -> dict:
        """Of ours into the kernel: a function, or a model."""
        if exchange.keras_of(thing) == "model":
            return exchange_models.made_of(thing, lambda held: exchange.encode(held, self._handle), lambda weight: 0)
        if not callable(thing):
            raise TypeError(f"a check cannot pass a {type(thing).__name__} into a function")
        self._functions.append(thing)
        return {"kind": "callback", "callback": len(self._functions) - 1, "name": thing.__name__}

    def thing(self, made: dict, name: str = "") -> Any:
        """Of the student's into a check: what stands for it here. Raises exchange.Strange."""
        kind = made.get("kind")
        if kind == "function":
            return self._function(made, name)
        if kind in ("model", "layer", "tensor"):
            return self._of_keras(made)
        if kind == "class" and isinstance(made.get("function"), int):
            make = functools.partial(self.call, made["function"])
            made_anew = {"__new__": lambda kind, *arguments, **options: make(*arguments, **options)}
            return type(exchange.stranger(made).__name__, (), made_anew)
        if kind == "unknown":
            self._stays(str(made.get("type"))[:200])
        return exchange.stranger(made)

    def _function(self, made: dict, name: str) -> Callable:
        if not isinstance(made.get("function"), int):
            raise exchange.Strange("no function")
        module = str(made.get("module"))[:80]
        if name and module.split(".")[0] in ("helpers", "checks"):
            self.human = f"`{name}` is the course's own function {module}.{made.get('name')}"
        return exchange.far(functools.partial(self.call, made["function"]), made)

    def _of_keras(self, made: dict) -> Any:
        from helpers import start

        start.set_up_keras()
        import keras

        if made["kind"] == "tensor":
            return keras.KerasTensor((1,))
        if made["kind"] == "layer":
            return type(str(made.get("type"))[:80], (keras.layers.Layer,), {})()
        try:
            tokens = {int(token) for token in made["tokens"]}
            for seen, model in self._models.items():
                if seen in tokens:
                    return model  # the same weights a second time
            model = exchange_models.model(made, lambda held: exchange.decode(held, self.thing), trusted=False)
            self._models.update(dict.fromkeys(tokens, model))
            return model
        except exchange_models.Unknown as error:
            self._stays(str(error))
        except Exception as error:  # what Keras says to a config that makes no sense
            self._stays(f"a part that Keras cannot make again ({type(error).__name__})")

    def _stays(self, what: str) -> None:
        self.human = f"its model holds {what}, which stays in the student's kernel"
        raise NotRight(f"a person looks at this one: {self.human}.")


@contextlib.contextmanager
def _patient() -> Iterator[None]:
    """What a call may take is measured in the kernel, where an interruption ends it; here nothing is interrupted."""
    before, calls.SECONDS = calls.SECONDS, 10**6
    try:
        yield
    finally:
        calls.SECONDS = before


def _tree(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except SyntaxError:  # a line for IPython
        return None


def _ours(line: ast.Import | ast.ImportFrom) -> bool:
    return isinstance(line, ast.ImportFrom) and (line.module or "").split(".")[0] == "helpers"
