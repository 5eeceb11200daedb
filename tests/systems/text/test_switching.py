"""Another system on a file: killed half-way, beside a second one, by another model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from combray import Memory
from combray.core.errors import RejectedChange
from combray.core.items import RAW_KINDS
from combray.memory.extraction import OPTION
from combray.models.stub_model import stub_answer
from combray.store.tables import jobs as queue
from combray.systems import names
from combray.systems.text import options_of
from combray.testing import FakeModelServer, Reply
from combray.testing.server import Asked
from combray.write.maintain import run_jobs
from tests.crash import killed, say
from tests.words import Words

DERIVING = [name for name in names("text") if OPTION in options_of(name)]
PLACES = "Rome Paris Oslo Lima Cairo Delhi Quito Seoul Tunis Malta".split()
TALK = [
    {
        "role": "user",
        "name": "Ann",
        "content": f"I saw {place} in the year {1990 + n} with Bob.",
        "timestamp": f"2024-05-{1 + n:02}T10:00:00Z",
    }
    for n in range(4)
    for place in PLACES
]


def opened(path: Path, system: str = "evidence", **more: Any) -> Memory:
    """A memory in a file."""
    return Memory(path, system=system, embedder=Words(), **more)


def derived(memory: Memory) -> list[tuple[str, str]]:
    """What a system made, whatever its ids."""
    items = memory.list(user_id="u", limit=1000)
    return sorted((i.kind, i.text) for i in items if i.kind not in (*RAW_KINDS, "fact"))


def raw(memory: Memory) -> list[tuple[str, str]]:
    """The user's own words with their ids."""
    return sorted((i.id, i.text) for i in memory.list(user_id="u", kinds=["turn"], limit=1000))


def _rereading(log: Path, path: Path, system: str) -> None:
    with opened(path, system) as memory:
        say(log, "begin")
        memory.rederive(user_id="u")


@pytest.mark.parametrize("system", DERIVING)
def test_a_switch_that_is_killed_goes_on_at_once(tmp_path: Path, system: str) -> None:
    """The words are as they were, and what was left is read by the next call, nothing twice."""
    for name in ("whole.db", "killed.db"):
        with opened(tmp_path / name) as memory:
            memory.add(TALK, user_id="u", session_id="s")
            before = raw(memory)
    with opened(tmp_path / "whole.db", system) as memory:
        memory.rederive(user_id="u")
        wanted = derived(memory)
    killed(_rereading, tmp_path / "log", tmp_path / "killed.db", system, within=0.02, seed=1)
    with opened(tmp_path / "killed.db", system) as memory:
        assert raw(memory) == before
        assert memory.verify().problems == ()
        assert memory.rederive(user_id="u").waiting == 0
        assert derived(memory) == wanted
        assert memory.jobs(user_id="u") == []
        assert memory.verify().ok


def _reading_by(log: Path, path: Path, url: str) -> None:
    from combray.models.openai_chat import OpenAIChat

    chat = OpenAIChat("fake", base_url=url, api_key="none")
    with opened(path, "mem0", llm=chat, extractor="llm") as memory:
        say(log, "begin")
        memory.rederive(user_id="u")


def good(asked: Asked) -> Reply:
    """A model that states what it is told, in its own time."""
    return Reply(text=json.dumps(stub_answer(asked.step, asked.schema, asked.data)), delay=0.02)


def test_a_model_that_was_cut_off_by_a_kill_is_asked_for_the_rest(tmp_path: Path) -> None:
    """What it had stated whole is kept; what was under way is asked again, and the cost is said."""
    pytest.importorskip("openai", reason="the extra llm is not installed")
    path = tmp_path / "m.db"
    with opened(path) as memory:
        memory.add(TALK, user_id="u", session_id="s")
    with FakeModelServer(good) as server:
        killed(_reading_by, tmp_path / "log", path, server.url, within=0.3, seed=2)
        with opened(path, "mem0", llm=server.chat(), extractor="llm") as memory:
            plan = memory.rederive(user_id="u", dry_run=True)
            assert plan.estimate.calls > 0
            memory.rederive(user_id="u")
            made = memory.list(user_id="u", kinds=["memory"], limit=1000)
            assert sorted(item.text for item in made) == sorted(t["content"] for t in TALK)
            assert memory.jobs(user_id="u") == []
            assert memory.verify().ok


ADDING = """
import sys
from combray import Memory
from tests.words import Words
path, system = sys.argv[1:]
for n in range(8):
    with Memory(path, system=system, embedder=Words()) as memory:
        text = f"{system} saw the lake number {n} with Bob."
        memory.add({"role": "user", "name": "Ann", "content": text}, user_id="u")
        memory.search("Who saw the lake?", user_id="u")
"""


def test_two_systems_work_on_one_file_at_once(tmp_path: Path) -> None:
    """Two processes with systems of their own: every word is kept, and each reads all of them."""
    path = tmp_path / "m.db"
    opened(path).close()
    command = [sys.executable, "-c", ADDING, str(path)]
    there = str(Path(__file__).parents[3])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([there, *sys.path])}
    both = [
        subprocess.Popen([*command, system], env=environment, stderr=subprocess.PIPE)
        for system in ("mem0", "zep")
    ]
    for process in both:
        _, complaint = process.communicate(timeout=120)
        assert process.returncode == 0, complaint.decode()
    for system in ("mem0", "zep"):
        with opened(path, system) as memory:
            assert len(raw(memory)) == 16
            memory.search("lake", user_id="u")
            cited = {
                source
                for item in memory.list(user_id="u", limit=1000)
                if item.created_by.startswith(system)
                for source in item.sources
            }
            assert len(cited) == 16
            assert memory.verify().ok


def test_what_a_model_made_names_it(tmp_path: Path) -> None:
    """After a model was swapped it is known which of them said what; rules name none."""
    pytest.importorskip("openai", reason="the extra llm is not installed")
    path = tmp_path / "m.db"
    with FakeModelServer(good) as server:
        for number, name in enumerate(("first", "second")):
            llm = server.chat(name)
            with opened(path, "mem0", llm=llm, extractor="llm") as memory:
                memory.add(TALK[number], user_id="u", wait=True)
    with opened(path, "mem0") as memory:
        memory.add({**TALK[2], "content": "My cat is called Misty."}, user_id="u")
        made = memory.list(user_id="u", kinds=["memory"])
        assert [item.metadata.get("model") for item in made][::-1] == ["first", "second", None]
        assert len(raw(memory)) == 3


def test_an_interrupted_job_is_given_back(tmp_path: Path) -> None:
    """Ctrl-C in a model's answer leaves the job waiting for whoever comes next."""

    class Interrupted:
        name = "interrupted"

        def complete(self, request: Any) -> str:
            raise KeyboardInterrupt

    path = tmp_path / "m.db"
    with opened(path, "mem0", llm=Interrupted(), extractor="llm") as memory:
        with pytest.raises(KeyboardInterrupt):
            memory.add(TALK[0], user_id="u", wait=True)
        (job,) = memory.jobs(user_id="u")
        assert (job.state, job.attempts) == ("waiting", 0)
    with opened(path, "mem0") as memory:
        memory.consolidate(user_id="u")
        assert len(derived(memory)) == 1


def test_who_comes_too_late_changes_nothing(tmp_path: Path) -> None:
    """A job whose lease ran out was claimed anew: the first to claim it is refused."""
    with opened(tmp_path / "m.db", "mem0") as memory:
        memory.add(TALK[0], user_id="u")
        runtime, deriver = memory._runtime, memory._deriver
        assert deriver is not None
        with runtime.store.engine.write("u") as cursor:
            queue.enqueue(cursor, "u", deriver.jobs(memory.list(user_id="u", kinds=["turn"])), 0)
        (waiting,) = memory.jobs(user_id="u")
        first = queue.claim(runtime.store.engine, waiting)
        assert first is not None
        assert str(os.getpid()) in str(first.error)
        second = queue.claim(runtime.store.engine, first)
        assert second is not None
        late = run_jobs._do(runtime, deriver, lambda _: None, first, dry_run=False)
        assert RejectedChange.__name__ in str(late.error)
        assert "another process" in str(late.error)
        assert [job.updated_at for job in memory.jobs(user_id="u")] == [second.updated_at]
