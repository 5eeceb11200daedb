"""The signatures of AsyncMemory for editors and type checkers, read from those of Memory."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from combray.memory import Memory

HEAD = '"""The verbs of Memory, awaited. Made by docs/make.py."""\n'
FIRST = "class AsyncMemory:\n"
LAST = """
    async def __aenter__(self) -> AsyncMemory: ...
    async def __aexit__(self, *_: object) -> None: ...
"""


def stub(path: Path) -> str:
    """The text of the stub file at a path."""
    classes = [kind for kind in Memory.__mro__ if kind is not object]
    verbs = "".join(line for kind in classes for line in _verbs(kind))
    body = f"{FIRST}{_opening()}{verbs}{LAST}"
    modules = [inspect.getmodule(kind) for kind in reversed(classes)]
    imports = "\n".join(_imports([m for m in modules if m is not None], body))
    return _formatted(f"{HEAD}{imports}\n{body}", path)


def _opening() -> str:
    """The arguments of a memory that is opened."""
    made = _function(Memory.__init__)
    made.body = [ast.Expr(ast.Constant(...))]
    return _indented(made)


def _verbs(kind: type) -> Iterator[str]:
    for name, value in vars(kind).items():
        if name.startswith("_") or not inspect.isfunction(value):
            continue
        given = _function(value)
        told = inspect.getdoc(value) or ""
        body: list[ast.stmt] = [ast.Expr(ast.Constant(told + "\n" * ("\n" in told)))]
        waited = {field: getattr(given, field) for field in given._fields} | {"body": body}
        waited["decorator_list"] = []
        yield _indented(ast.AsyncFunctionDef(**waited))


def _function(value: object) -> ast.FunctionDef:
    (node,) = ast.parse(inspect.cleandoc("\n" + inspect.getsource(value))).body  # type: ignore[arg-type]
    assert isinstance(node, ast.FunctionDef)
    return node


def _indented(node: ast.stmt) -> str:
    text = ast.unparse(ast.fix_missing_locations(node))
    return "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())


def _imports(modules: list[ModuleType], body: str) -> Iterator[str]:
    """What the signatures need of what the modules import or define, each name once."""
    wanted = set(re.findall(r"\w+", body)) - {"AsyncMemory"}
    for module in modules:
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in wanted:
                name = ast.unparse(node.targets[0])
                node = ast.ImportFrom(module.__name__, [ast.alias(name)], 0)
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
