"""The signatures of AsyncMemory and of the handles of one user, for editors and type checkers.

Both are read from the verbs of Memory: aio.pyi awaits them, user.pyi leaves out `user_id`.
"""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from combray.memory import AsyncTaskMemory, AsyncUserMemory, Memory, TaskMemory, UserMemory
from combray.memory import user as handles

Verb = Callable[..., Any]
CLASSES = [kind for kind in Memory.__mro__ if kind is not object]
MADE = "Made by docs/make.py."
AT_ONCE = ("user", "tasks")
"""Verbs that open something, and wait for nothing."""
NAMED = """
    @property
    def name(self) -> str: ...
"""
ENTERED = """
    async def __aenter__(self) -> AsyncMemory: ...
    async def __aexit__(self, *_: object) -> None: ...
"""
OWNER = """
    @property
    def user_id(self) -> str: ...
    @property
    def agent_id(self) -> str | None: ...
    @property
    def session_id(self) -> str | None: ...
"""


def stubs(folder: Path) -> dict[Path, str]:
    """The text of each stub file of the folder `memory`."""
    everything = {
        name: verb
        for kind in CLASSES
        for name, verb in vars(kind).items()
        if not name.startswith("_") and name not in AT_ONCE and inspect.isfunction(verb)
    }
    mine = {name: vars(UserMemory)[name] for name in handles.verbs()}
    waited = {name: verb for name, verb in mine.items() if name not in AT_ONCE}
    task = {
        name: verb
        for kind in TaskMemory.__mro__
        for name, verb in vars(kind).items()
        if not name.startswith("_") and inspect.isfunction(verb)
    }
    opened, awaits = "TaskMemory", "AsyncTaskMemory"
    awaited = "".join(
        (
            f'class AsyncTaskMemory:\n    """{AsyncTaskMemory.__doc__}"""\n',
            NAMED,
            *(_signature(verb, waits=True) for verb in task.values()),
            "class AsyncUserMemory:\n",
            f'    """{AsyncUserMemory.__doc__}"""\n',
            OWNER,
            _signature(mine["tasks"], walled=True).replace(opened, awaits),
            *(_signature(verb, waits=True, walled=True) for verb in waited.values()),
            f"class AsyncMemory:\n{_indented(_bare(Memory.__init__))}",
            _indented(_bare(Memory.user)).replace("UserMemory", "AsyncUserMemory"),
            _signature(Memory.tasks).replace(opened, awaits),
            *(_signature(verb, waits=True) for verb in everything.values()),
            ENTERED,
        )
    )
    plain = "".join(
        (
            f'class UserMemory:\n    """{UserMemory.__doc__}"""\n',
            _indented(_bare(UserMemory.__init__)),
            OWNER,
            *(_signature(verb, walled=True) for verb in mine.values()),
        )
    )
    return {
        folder / "aio.pyi": _file("The verbs of Memory, awaited.", awaited, folder / "aio.pyi"),
        folder / "user.pyi": _file("The verbs of one user.", plain, folder / "user.pyi"),
    }


def _file(title: str, body: str, path: Path) -> str:
    kinds = [*reversed(CLASSES), *(k for k in TaskMemory.__mro__ if k is not object)]
    modules = [inspect.getmodule(kind) for kind in kinds]
    imports = "\n".join(_imports([m for m in (*modules, handles) if m is not None], body))
    return _formatted(f'"""{title} {MADE}"""\n{imports}\n{body}', path)


def _signature(verb: Verb, *, waits: bool = False, walled: bool = False) -> str:
    """A verb without its body: awaited, or without `user_id`, or both."""
    given = _function(verb)
    told = inspect.getdoc(verb) or ""
    given.body = [ast.Expr(ast.Constant(told + "\n" * ("\n" in told)))]
    if walled:
        _wall(given)
    if waits:
        fields = {field: getattr(given, field) for field in given._fields}
        return _indented(ast.AsyncFunctionDef(**fields))
    return _indented(given)


def _wall(given: ast.FunctionDef) -> None:
    """Take `user_id` out of a signature, and out of the options that it takes."""
    arguments = given.args
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    kept = [(argument, default) for argument, default in pairs if argument.arg != "user_id"]
    arguments.kwonlyargs = [argument for argument, _ in kept]
    arguments.kw_defaults = [default for _, default in kept]
    if arguments.kwarg is not None and arguments.kwarg.annotation is not None:
        named = ast.unparse(arguments.kwarg.annotation)
        walled = re.sub(r"(?=(?:Read|Search)Options)", "User", named)
        arguments.kwarg.annotation = ast.parse(walled, mode="eval").body


def _bare(function: Verb) -> ast.FunctionDef:
    """The signature of a function alone."""
    made = _function(function)
    made.body = [ast.Expr(ast.Constant(...))]
    return made


def _function(value: Verb) -> ast.FunctionDef:
    (node,) = ast.parse(inspect.cleandoc("\n" + inspect.getsource(value))).body
    assert isinstance(node, ast.FunctionDef)
    node.decorator_list = []
    return node


def _indented(node: ast.stmt) -> str:
    text = ast.unparse(ast.fix_missing_locations(node))
    return "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())


def _imports(modules: list[ModuleType], body: str) -> Iterator[str]:
    """What the signatures need of what the modules import or define, each name once."""
    wanted = set(re.findall(r"\w+", body)) - set(re.findall(r"^class (\w+)", body, re.M))
    if options := wanted & {"UserReadOptions", "UserSearchOptions"}:
        yield f"from combray.memory.options import {', '.join(sorted(options))}"
        wanted -= options
    for module in dict.fromkeys(modules):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in wanted:
                name = ast.unparse(node.targets[0])
                node = ast.ImportFrom(module.__name__, [ast.alias(name)], 0)
            if isinstance(node, ast.ClassDef) and node.name in wanted:
                yield f"from {module.__name__} import {node.name}"
                wanted.discard(node.name)
            if isinstance(node, ast.Import | ast.ImportFrom):
                node.names = [a for a in node.names if (a.asname or a.name) in wanted]
                wanted -= {a.asname or a.name for a in node.names}
                if node.names:
                    yield ast.unparse(node)


def _formatted(text: str, path: Path) -> str:
    for command in (["check", "--fix", "--quiet", "--exit-zero"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(path), "-"]
        text = subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout
    return text
