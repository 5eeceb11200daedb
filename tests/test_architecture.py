"""The house rules, read from the source: who imports whom, how long things are, what is said."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "combray"
MODULES = sorted(SOURCE.rglob("*.py"))

MAY_IMPORT = {
    "core": "",
    "store": "core",
    "index": "core store",
    "models": "core store",
    "recall": "core store models index",
    "write": "core store models index recall",
    "tensor": "core",
    "systems": "core store models index recall write tensor",
    "memory": "core store models index recall write systems",
    "bench": "core memory models index recall systems tensor",
    "testing": "core memory models store index systems",
    "serve": "core memory bench models systems tensor testing",
}
"""The folders each folder may import; the package itself names the public ones."""

TORCH_ROOMS = ("tensor", "systems/activation", "systems/neural", "systems/continual")
FLOORS = frozenset(MAY_IMPORT)
HEAVY = ("torch", "transformers", "onnxruntime", "httpx", "openai", "psycopg", "scipy", "rich")
MODULE_LINES, FUNCTION_LINES, CLASS_LINES, METHODS, FILES = 400, 60, 250, 16, 14
IMPORT_SECONDS = 0.1
GUARDS = frozenset({"write/maintain/run_jobs.py", "memory/worker.py"})
"""Where everything is caught: an error of one user's job must not end the work for all."""
NOUNS = frozenset({"Everything"})
"""Class names that end as a gerund does and are nouns."""


def name_of(path: Path) -> str:
    """The path of a module inside the package, as the tests name it."""
    return str(path.relative_to(SOURCE))


def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports_of(node: ast.AST) -> Iterator[str]:
    """Every module that is imported below a node, by its full name."""
    for part in ast.walk(node):
        if isinstance(part, ast.Import):
            yield from (alias.name for alias in part.names)
        elif isinstance(part, ast.ImportFrom) and part.module:
            yield part.module
            yield from (f"{part.module}.{alias.name}" for alias in part.names)
        elif isinstance(part, ast.Call):
            yield from called_by_name(part)


def called_by_name(call: ast.Call) -> Iterator[str]:
    """The module that a call imports by a name that stands there, as `import_module("json")`."""
    name = ast.unparse(call.func).rpartition(".")[2]
    if name in ("import_module", "__import__") and call.args:
        first = call.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def hidden_in(tree: ast.Module) -> list[int]:
    """The lines of imports that the tests here could not follow.

    They are relative ones, and those of a floor through the package itself, which names the public
    classes of the highest floors.
    """
    lines = []
    for part in ast.walk(tree):
        if isinstance(part, ast.ImportFrom) and part.level:
            lines.append(part.lineno)
        elif isinstance(part, ast.ImportFrom) and part.module == "combray":
            through = {alias.name for alias in part.names} - {"__version__"}
            lines += [part.lineno] if through - FLOORS else []
        elif isinstance(part, ast.Import):
            lines += [part.lineno for alias in part.names if alias.name == "combray"]
    return lines


def room_of(module: str) -> str:
    """The folder of a module of ours: `combray.store.tables.rows` → `store`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def dotted(path: Path) -> str:
    """The name that a module is imported by."""
    parts = ("combray", *path.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = frozenset(map(dotted, MODULES))
REFERENCE = re.compile(r"`([a-z]\w*(?:\.\w+)+)`")


def needed_by(path: Path) -> Iterator[str]:
    """The modules of ours that a module imports, anywhere but for type checkers alone."""
    tree = tree_of(path)
    unseen = {
        part
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for line in node.body
        for part in ast.walk(line)
    }
    for node in ast.walk(tree):
        if node in unseen:
            continue
        if isinstance(node, ast.Import):
            yield from NAMES & {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield from NAMES & {full if full in NAMES else node.module}
        if isinstance(node, ast.Call):
            yield from NAMES & set(called_by_name(node))


def circle_in(needs: Mapping[str, set[str]]) -> list[str]:
    """The modules of one circle, ending where it begins; empty without any."""
    left = dict(needs)
    while ready := {name for name, others in left.items() if not others & left.keys()}:
        left = {name: others for name, others in left.items() if name not in ready}
    path = sorted(left)[:1]
    while path and path[-1] not in path[:-1]:
        path.append(min(left[path[-1]] & left.keys()))
    return path[path.index(path[-1]) :] if path else []


CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__"})


def fields_of(node: ast.ClassDef, methods: frozenset[str], *, inside: bool) -> set[str]:
    """The fields that some methods of a class set, or all others (`inside=False`)."""
    return {
        field
        for method in node.body
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
        if (method.name in methods) == inside
        for part in ast.walk(method)
        for field in set_by(part)
    }


def set_by(part: ast.AST) -> Iterator[str]:
    """The field of `self` that a statement sets, or a call of `setattr`, by what it says there."""
    if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
        if isinstance(part.value, ast.Name) and part.value.id == "self":
            yield part.attr
    elif isinstance(part, ast.Call) and len(part.args) == 3:
        setter = ast.unparse(part.func).rpartition(".")[2] in ("setattr", "__setattr__")
        if setter and ast.unparse(part.args[0]) == "self":
            name = part.args[1]
            yield str(name.value) if isinstance(name, ast.Constant) else ast.unparse(name)


def declared(node: ast.ClassDef) -> set[str]:
    """The fields that a class sets when it is made or names in its body, its bases of ours too."""
    named = {
        target.id
        for line in node.body
        if isinstance(line, ast.AnnAssign | ast.Assign)
        for target in (line.targets if isinstance(line, ast.Assign) else [line.target])
        if isinstance(target, ast.Name)
    }
    bases = {base.id for base in node.bases if isinstance(base, ast.Name)} & CLASSES.keys()
    inherited = {field for base in bases for field in declared(CLASSES[base])}
    return named | fields_of(node, CONSTRUCTORS, inside=True) | inherited


CLASSES = {
    node.name: node
    for path in MODULES
    for node in ast.walk(tree_of(path))
    if isinstance(node, ast.ClassDef)
}

every_module = pytest.mark.parametrize("path", MODULES, ids=name_of)


@every_module
def test_imports_follow_the_table(path: Path) -> None:
    """A folder imports only what stands below it, and a system never imports its sibling."""
    room = path.relative_to(SOURCE).parts[0]
    if room.endswith(".py"):
        return
    allowed = {room, *MAY_IMPORT[room].split()}
    for module in imports_of(tree_of(path)):
        if module.startswith("combray.") and (SOURCE / module.split(".")[1]).is_dir():
            assert room_of(module) in allowed, f"{room} may not import {module}"
        if room == "systems" and module.startswith("combray.systems."):
            family = ".".join(path.relative_to(SOURCE).parts[:-1])
            assert path.stem == "__init__" or module.startswith(f"combray.{family}.{path.stem}")


@every_module
def test_every_import_says_where_it_leads(path: Path) -> None:
    """By the full name of the module, so that the tests here see each."""
    assert hidden_in(tree_of(path)) == []


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("from . import items", True),
        ("from .items import Item", True),
        ("from ..memory import Memory", True),
        ("def f():\n    from combray import Memory", True),
        ("import combray", True),
        ("from combray import __version__", False),
        ("from combray import core", False),
        ("from combray.core import items", False),
        ("import combray.core.items", False),
    ],
)
def test_a_relative_import_and_one_through_the_package_are_hidden(line: str, hidden: bool) -> None:
    """Both could lead upward, or in a circle, unseen."""
    assert bool(hidden_in(ast.parse(line))) is hidden


@pytest.mark.parametrize(
    "line",
    [
        "import combray.memory",
        "from combray import memory",
        "def f():\n    from combray.memory import Memory",
        "import_module('combray.memory')",
        "importlib.import_module('combray.memory')",
        "__import__('combray.memory')",
    ],
)
def test_an_import_is_seen_however_it_is_made(line: str, tmp_path: Path) -> None:
    """By a statement, or by the name that is given to a call; so the table and circles know it."""
    assert "combray.memory" in set(imports_of(ast.parse(line)))
    (tmp_path / "module.py").write_text(line)
    assert "combray.memory" in set(needed_by(tmp_path / "module.py"))


def test_no_import_goes_in_a_circle() -> None:
    """No module needs itself, over however many others: imports inside functions count too."""
    assert not circle_in({dotted(path): set(needed_by(path)) for path in MODULES})
    assert circle_in({"a": {"b"}, "b": {"c", "d"}, "c": {"b"}, "d": set()}) == ["b", "c", "b"]


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES}), ids=name_of)
def test_a_folder_is_taken_in_at_a_glance(folder: Path) -> None:
    """A folder that outgrows its budget gets rooms."""
    assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= FILES


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES}), ids=name_of)
def test_a_folder_comes_with_its_first_file(folder: Path) -> None:
    """No package stands empty for what may come: it has modules, or is one itself."""
    defined = (ast.FunctionDef, ast.ClassDef)
    held = [path for path in folder.rglob("*.py") if path != folder / "__init__.py"]
    assert held or any(isinstance(n, defined) for n in tree_of(folder / "__init__.py").body)


@every_module
def test_fields_are_set_by_the_constructor(path: Path) -> None:
    """What an object has, its `__init__` or its class says, not the method that ran last."""
    late = [
        f"{node.name}.{field}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
        for field in sorted(fields_of(node, CONSTRUCTORS, inside=False) - declared(node))
    ]
    assert late == []


@pytest.mark.parametrize(
    ("line", "late"),
    [
        ("self.b = 1", {"b"}),
        ("self.b += 1", {"b"}),
        ("setattr(self, 'b', 1)", {"b"}),
        ("object.__setattr__(self, 'b', 1)", {"b"}),
        ("setattr(self, name, 1)", {"name"}),
        ("setattr(other, 'b', 1)", set()),
        ("self.a = 1", set()),
        ("setattr(self, 'a', 1)", set()),
        ("self.a.b = 1", set()),
    ],
)
def test_a_field_is_seen_however_it_is_set(line: str, late: set[str]) -> None:
    """By an assignment, or by the name that `setattr` is given, known or not."""
    code = f"class Late:\n def __init__(self):\n  self.a = 0\n def go(self):\n  {line}"
    (node,) = ast.parse(code).body
    assert isinstance(node, ast.ClassDef)
    assert fields_of(node, CONSTRUCTORS, inside=False) - declared(node) == late


@every_module
def test_classes_are_named_by_nouns(path: Path) -> None:
    """A class is a thing, not a doing: no name ends in -ing but those of nouns."""
    names = [n.name for n in ast.walk(tree_of(path)) if isinstance(n, ast.ClassDef)]
    assert not {name for name in names if name.endswith("ing")} - NOUNS


WORDLESS = frozenset(
    {
        "core/caches/__init__.py:_BY_TENANT",
        "core/dates/zones.py:zone_of",
        "models/openai_chat.py:_traits",
        "models/structured.py:prompt",
        "recall/rank/confidence.py:_spoken",
        "recall/rank/linear.py:_places",
        "recall/rank/linear.py:_shipped",
        "store/engines/postgres.py:numbered",
        "store/engines/postgres.py:_forked",
        "store/engines/sqlite.py:_ENGINES",
        "store/engines/sqlite.py:_INHERITED",
        "store/engines/sqlite.py:_FORKING",
        "store/engines/sqlite_files.py:_UNCLOSABLE",
        "write/patterns/phrases.py:_phrase",
    }
)
"""Caches and lists of a module that hold no word of a user's."""
GROWING = frozenset(
    "OrderedDict defaultdict deque dict list set Counter WeakSet WeakKeyDictionary".split()
)


def grows(value: ast.expr | None, own: frozenset[str]) -> bool:
    """Whether an expression makes an empty container, or one of a module's own dicts."""
    if isinstance(value, ast.Dict | ast.List | ast.Set):
        return not (value.keys if isinstance(value, ast.Dict) else value.elts)
    called = value.func if isinstance(value, ast.Call) and not value.args else None
    name = ast.unparse(called).rpartition(".")[2] if called is not None else ""
    return name in GROWING | own


def caches_of(tree: ast.Module) -> Iterator[str]:
    """The names of a module under which something may be kept from one call to the next."""
    own = frozenset(
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).partition("[")[0] in GROWING for base in node.bases)
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and (node.args.args or node.args.kwonlyargs):
            marks = [ast.unparse(mark).partition("(")[0] for mark in node.decorator_list]
            if {mark.rpartition(".")[2] for mark in marks} & {"lru_cache", "cache"}:
                yield node.name
    for line in tree.body:
        if isinstance(line, ast.Assign | ast.AnnAssign) and grows(line.value, own):
            target = line.targets[0] if isinstance(line, ast.Assign) else line.target
            yield ast.unparse(target)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(
            isinstance(part, ast.Assign | ast.AnnAssign)
            and isinstance(part.value, ast.Call)
            and ast.unparse(part.value.func) == "OrderedDict"
            for part in ast.walk(node)
        ):
            yield node.name


@every_module
def test_a_cache_of_words_is_one_that_erasures_empty(path: Path) -> None:
    """What a module keeps between calls is registered in `core.caches`, or holds no words.

    Seen are functions with arguments that remember answers, containers that a module makes empty,
    and classes with an OrderedDict, as every cache with a limit has.
    """
    tree = tree_of(path)
    if not name_of(path).startswith(("core", "index", "memory", "models", "recall", "store")):
        if not name_of(path).startswith(("systems/text", "write")):
            return
    registered = {
        ast.unparse(node.args[0]).removesuffix(".clear")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "caches.on_erasure"
    } | {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and "caches.register(self)" in ast.unparse(node)
    }
    found = {f"{name_of(path)}:{name}" for name in caches_of(tree) if name not in registered}
    assert not found - WORDLESS


def test_a_forgotten_cache_is_seen() -> None:
    """The check above sees each kind of cache, and what it lets pass exists."""
    every = {f"{name_of(path)}:{name}" for path in MODULES for name in caches_of(tree_of(path))}
    assert every >= WORDLESS
    code = """
class _Terms(dict[str, str]): ...
class Ring:
    def __init__(self) -> None:
        self._of: OrderedDict[str, str] = OrderedDict()
_KNOWN = _Terms()
_LAST: dict[str, str] = {}
TABLE = {"a": 1}
@lru_cache(maxsize=9)
def names(text: str) -> list[str]: ...
@functools.cache
def grams(*, text: str) -> list[str]: ...
@lru_cache(maxsize=1)
def table() -> list[str]: ...
"""
    assert set(caches_of(ast.parse(code))) == {"Ring", "_KNOWN", "_LAST", "names", "grams"}


@every_module
def test_torch_stays_in_its_rooms(path: Path) -> None:
    """Torch and transformers are imported by the tensor tiers alone."""
    if name_of(path).startswith(TORCH_ROOMS) and path.name != "__init__.py":
        return
    roots = {module.split(".")[0] for module in imports_of(tree_of(path))}
    assert not roots & {"torch", "transformers", "safetensors"}


def test_the_package_imports_light() -> None:
    """`import combray`, and a memory in use, load nothing that is optional."""
    code = (
        "import sys, combray; light = set(sys.modules); "
        "memory = combray.Memory(embedder='hashed'); memory.add('I moved to Paris.'); "
        "memory.search('Where do I live?'); "
        f"bad = [m for m in {HEAVY!r} if m in light or m in sys.modules]; sys.exit(repr(bad)) "
        "if bad else None"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_package_imports_fast() -> None:
    """`import combray` takes at most a tenth of a second of processor time over a bare Python."""
    bare, ours = (median(cpu_of(code) for _ in range(5)) for code in ("pass", "import combray"))
    assert ours - bare < IMPORT_SECONDS


def cpu_of(code: str) -> float:
    """The processor time of a Python process that runs some code, which a busy machine keeps."""
    before = os.times()
    subprocess.run([sys.executable, "-c", code], check=True)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


@every_module
def test_what_a_text_names_is_there(path: Path) -> None:
    """A module that a docstring or comment names, as `core.text.count_tokens`, is where it says."""
    rooms = {name.split(".")[1] for name in NAMES if "." in name}
    for named in REFERENCE.findall(path.read_text(encoding="utf-8")):
        module, _, last = f"combray.{named}".rpartition(".")
        if named.split(".")[0] in rooms and f"{module}.{last}" not in NAMES:
            assert module in NAMES, f"`{named}` is not there"
            assert last in vars(import_module(module)), f"{module} has no {last}"


@every_module
def test_modules_are_short(path: Path) -> None:
    """A module over its budget becomes a folder of the same name."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MODULE_LINES


def test_the_median_module_is_short() -> None:
    """Half of all modules that say anything are within 150 lines."""
    lengths = [len(p.read_text(encoding="utf-8").splitlines()) for p in MODULES]
    assert median(n for n in lengths if n > 1) <= 150


@every_module
def test_functions_and_classes_are_short(path: Path) -> None:
    """Functions, classes and the number of public methods keep their budgets."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert _lines(node) <= FUNCTION_LINES, f"{node.name} has {_lines(node)} lines"
        if isinstance(node, ast.ClassDef):
            assert _lines(node) <= CLASS_LINES, f"{node.name} has {_lines(node)} lines"
            public = [m for m in node.body if _is_public_method(m)]
            assert len(public) <= METHODS, f"{node.name} has {len(public)} public methods"


def test_the_median_function_is_short() -> None:
    """Half of all functions are within eight lines."""
    functions = [
        _lines(node)
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert median(functions) <= 8


def catches_all(caught: ast.expr | None) -> bool:
    """Whether the type of a handler, or one of several, is that of every error."""
    if isinstance(caught, ast.Tuple):
        return any(map(catches_all, caught.elts))
    return caught is None or ast.unparse(caught).endswith(("Exception", "everything"))


@every_module
def test_nothing_is_swallowed(path: Path) -> None:
    """No handler catches everything, alone or among others."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ExceptHandler):
            broad = catches_all(node.type) and name_of(path) not in GUARDS
            assert not broad, f"line {node.lineno}"
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            assert not any(map(catches_all, node.args)), f"line {node.lineno}"
    assert not [line for line in lines if "TODO" in line or "FIXME" in line]


@every_module
def test_the_project_speaks_of_itself_alone(path: Path) -> None:
    """No path of somebody's machine stands in the source."""
    text = path.read_text(encoding="utf-8")
    assert not [word for word in ("/home/", "/root/", "/Users/", "/work" + "/") if word in text]


def test_every_test_says_what_it_proves() -> None:
    """Every test has a docstring of a sentence; read together they are the specification."""
    mute = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert not mute


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """Lines of a definition without its docstring."""
    first = node.body[0]
    told = 0
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        told = (first.end_lineno or first.lineno) - first.lineno + 1
    return (node.end_lineno or node.lineno) - node.lineno + 1 - told


def _is_public_method(node: ast.stmt) -> bool:
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    return isinstance(node, functions) and not node.name.startswith("_")
