"""The promises through every text memory that asks a model, and what both extractors must keep.

By rules they stand in test_promises_systems.py.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from combray import Memory
from combray.core.ports import ChatRequest
from combray.models.stub_model import stub_answer
from combray.systems import names
from combray.systems.text import options_of
from combray.write.derive import deriver
from combray.write.maintain.run_jobs import run_due
from tests.words import Words

SYSTEMS = names("text")
CASES = [(name, "rules") for name in SYSTEMS]
CASES += [(name, "llm") for name in SYSTEMS if "extractor" in options_of(name)]
every_extractor = pytest.mark.parametrize("case", CASES, ids="-".join)
every_model = pytest.mark.parametrize("case", CASES[len(SYSTEMS) :], ids="-".join)
every_system = pytest.mark.parametrize("case", CASES[: len(SYSTEMS)], ids="-".join)
Case = tuple[str, str]
DERIVING = {name for name, extractor in CASES if extractor == "llm"}
SECRET = "quibberzonk"


class Agrees:
    """A model that agrees with everything; what it says of a text are the text's own words."""

    name = "agrees"

    def complete(self, request: ChatRequest, /) -> str:
        """An answer of the right shape."""
        data = json.loads(request.messages[1]["content"])
        answer = stub_answer(request.step, request.schema or {}, data)
        if request.step == "summarise":
            answer["text"] = data["messages"][0]["text"][:60]
        if request.step == "gist":
            answer |= {"keywords": ["town"], "context": data["message"]["text"]}
        if request.step == "gate":
            answer["needed"] = True
        return json.dumps(answer)


class Turned(Words):
    """Another embedder of the same width."""

    name = "turned"

    def embed(self, texts: Any) -> Any:
        """The same rows, turned."""
        return -super().embed(texts)


@contextmanager
def opened(case: Case, location: Path | str = ":memory:", **more: Any) -> Iterator[Memory]:
    """A memory under the case's system and extractor."""
    system, extractor = case
    if extractor == "llm":
        more = {"llm": Agrees(), "options": {"extractor": "llm"}, **more}
    with Memory(location, **{"system": system, "embedder": Words(), **more}) as memory:
        yield memory


def tell(memory: Memory, text: str, *, user: str = "u", when: str | None = None) -> str:
    """One turn of Ann's, with all that is derived from it; returns its id."""
    turn = {"role": "user", "name": "Ann", "content": text}
    [item] = memory.add([turn], user_id=user, timestamp=when)
    finish_jobs(memory, user)
    return item.id


def finish_jobs(memory: Memory, user: str = "u") -> None:
    """Do every job, and see that none failed."""
    for _ in range(5):
        done = memory.consolidate(user_id=user)
        assert [outcome.error for outcome in done if outcome.error] == []
        if not done:
            return


def raw(memory: Memory, user: str = "u") -> list[str]:
    """The ids of what was said."""
    return [i.id for i in memory.list(user_id=user, limit=1000, kinds=["turn", "text"])]


def rests_on(memory: Memory, question: str, **more: Any) -> list[set[str]]:
    """The words that each hit rests on, as ids."""
    return [set(hit.evidence) for hit in memory.search(question, user_id="u", **more)]


@every_model
def test_a_what_is_recalled_and_fed_back_creates_nothing(case: Case) -> None:
    """Hits and contexts that are added again as plain text are no new memories."""
    with opened(case) as memory:
        for text in ("We use Postgres for billing.", "Billing runs at night in Rome."):
            memory.add(text, user_id="u")
            finish_jobs(memory)
        before = raw(memory)
        for _ in range(3):
            for hit in memory.search("billing Rome", user_id="u", limit=5):
                memory.add(hit.text, user_id="u")
            memory.add(memory.context("billing", user_id="u", tokens=200).text, user_id="u")
            finish_jobs(memory)
        assert raw(memory) == before


@every_extractor
def test_b_the_past_is_answered_as_it_was(case: Case) -> None:
    """As of April and as known before, nothing rests on June; a past hit says that it is past."""
    with opened(case) as memory:
        rome = tell(memory, "I live in Rome.", when="2024-03-01")
        between = time.time()
        paris = tell(memory, "I live in Paris.", when="2024-06-01")
        for when in ({"as_of": "2024-04-01"}, {"known_at": between}):
            found = rests_on(memory, "Where does Ann live?", **when)
            assert {rome} in found
            assert not any(paris in each for each in found)
        now = memory.search("Where does Ann live in Paris?", user_id="u")
        assert any(paris in hit.evidence for hit in now)
        assert all(hit.superseded for hit in now if set(hit.evidence) == {rome})


@every_extractor
def test_c_what_was_derived_is_undone_and_nothing_of_the_words(case: Case) -> None:
    """Undoing each change of a system takes back what it made, and leaves what was said."""
    with opened(case) as memory:
        said = [tell(memory, f"I live in Town{n} near Oslo.") for n in range(3)]
        words = {id_: memory.get(id_).text for id_ in said}
        made = [i for i in memory.list(user_id="u", limit=100) if i.sources]
        for item in made:
            if memory.get(item.id).status == "live":
                memory.undo(memory.history(item.id)[0].change_id)
        assert {id_: memory.get(id_).text for id_ in said} == words
        assert memory.verify().ok


@every_extractor
def test_d_adding_waits_for_no_model_and_is_quick(case: Case) -> None:
    """Half of single adds take under 10 ms of processor time, and no model is asked by them."""
    asked: list[str] = []

    class Watched(Agrees):
        def complete(self, request: ChatRequest, /) -> str:
            asked.append(request.step)
            return super().complete(request)

    more = {"llm": Watched()} if case[1] == "llm" else {}
    with opened(case, **more) as memory:
        memory.add("Warm.", user_id="u")
        took = []
        for number in range(15):
            began = time.process_time()
            memory.add([{"role": "user", "content": f"I saw {number} herons."}], user_id="u")
            took.append(time.process_time() - began)
        assert asked == []
    assert sorted(took)[7] < 0.010


@every_extractor
def test_e_two_who_write_one_file_see_each_other(case: Case, tmp_path: Path) -> None:
    """Two memories of the same kind on one file: each finds at once what the other was told."""
    path = tmp_path / "m.db"
    with opened(case, path) as one, opened(case, path) as two:
        for number in range(3):
            for writer, reader in ((one, two), (two, one)):
                id_ = tell(writer, f"Heron {number} of {writer is one} is grey.")
                finish_jobs(reader)
                found = rests_on(reader, f"Heron {number} of {writer is one}", limit=5)
                assert any(id_ in each for each in found)
        assert one.verify().ok


@every_extractor
def test_f_what_others_say_changes_nothing(case: Case) -> None:
    """Hits, scores, counts and jobs of a user are the same whatever another user says."""
    with opened(case) as memory:
        for text in ("I live in Rome.", "I adopted a grey cat."):
            tell(memory, text)

        def seen() -> Any:
            hits = memory.search("grey cat in Rome", user_id="u")
            return [(hit.id, hit.score) for hit in hits], memory.stats(user_id="u")["items"]

        before = seen()
        for text in ("I live in Rome.", "A grey cat, a grey cat.", "I moved to Paris."):
            tell(memory, text, user="v")
        assert seen() == before
        assert memory.jobs(user_id="u") == []


@every_model
def test_g_what_is_erased_is_in_no_file(case: Case, tmp_path: Path) -> None:
    """Words, and all that was made of them, are gone to the last byte; the rest answers."""
    path = tmp_path / "m.db"
    with opened(case, path) as memory:
        rest = tell(memory, "I like jazz in Oslo.")
        gone = tell(memory, f"I like the {SECRET} in Oslo, said {SECRET.title()}.")
        memory.search(f"Who is {SECRET}?", user_id="u")
        assert memory.erase(gone).items == 1
        finish_jobs(memory)
        assert {rest} in rests_on(memory, "jazz in Oslo")
        assert memory.verify().ok
    for file in tmp_path.iterdir():
        assert SECRET not in file.read_bytes().decode("latin-1").lower(), file.name


@every_model
def test_i_another_embedder_keeps_ids_and_answers(case: Case) -> None:
    """After `reindex` every id is the same, and what was found is found."""
    with opened(case) as memory:
        cat = tell(memory, "I adopted a grey cat.")
        tell(memory, "The tram was late.")
        ids = sorted(item.id for item in memory.list(user_id="u", limit=100))
        memory.reindex(Turned())
        assert sorted(item.id for item in memory.list(user_id="u", limit=100)) == ids
        assert any(cat in each for each in rests_on(memory, "grey cat", limit=2))
        new = tell(memory, "A heron stood in the pond.")
        assert any(new in each for each in rests_on(memory, "heron pond", limit=2))
        assert memory.verify().ok


@every_model
def test_j_export_import_export_is_the_same(case: Case, tmp_path: Path) -> None:
    """The words and all that was derived from them arrive whole, and answer the same."""
    with opened(case, tmp_path / "one.db") as memory:
        tell(memory, "I live in Rome.", when="2024-03-01")
        tell(memory, "I moved to Paris.", when="2024-06-01")
        memory.delete(tell(memory, "A slip of the tongue."))
        memory.export(tmp_path / "one.jsonl")
        found = rests_on(memory, "Where does Ann live?")
    with opened(case, tmp_path / "two.db") as other:
        assert other.import_(tmp_path / "one.jsonl")
        other.export(tmp_path / "two.jsonl")
        assert rests_on(other, "Where does Ann live?") == found
        assert other.verify().ok
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


# ── another system, another model ────────────────────────────────────────────────────────────────


@every_system
def test_a_switch_that_was_interrupted_is_ended_by_the_next(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading under a new system, stopped after one job: whoever opens it next finds all read."""
    monkeypatch.setattr(deriver, "RULES_WINDOW", 2)
    path, whole = tmp_path / "m.db", tmp_path / "whole.db"
    with opened(("dense", "rules"), path) as memory:
        for number in range(6):
            tell(memory, f"Heron{number} stood in Town{number}.")
    shutil.copy(path, whole)

    def cut(*args: Any, **more: Any) -> Iterator[Any]:
        for outcome in run_due(*args, **more):
            yield outcome
            raise KeyboardInterrupt

    def asked(location: Path) -> list[str]:
        with opened(case, location) as memory:
            found = [hit.text for hit in memory.search("Heron5 in Town5", user_id="u", limit=4)]
            assert memory.jobs(user_id="u") == []
            assert memory.verify().ok
        return found

    if case[0] in DERIVING:
        with monkeypatch.context() as patched:
            patched.setattr("combray.memory.base.run_due", cut)
            with pytest.raises(KeyboardInterrupt):
                asked(path)
    assert asked(path) == asked(whole)


@every_model
def test_a_model_swapped_in_mid_life_is_told_apart(case: Case, tmp_path: Path) -> None:
    """The words of both days are found; what was made of them says by which model."""

    class Other(Agrees):
        name = "other"

    for model, text in ((Agrees(), "I adopted a grey cat."), (Other(), "I sold my bicycle.")):
        with opened(case, tmp_path / "m.db", llm=model) as memory:
            tell(memory, text)
            assert rests_on(memory, "grey cat", limit=2)
            made = [i for i in memory.list(user_id="u", limit=100) if i.created_by != "user"]
            names = {i.metadata["model"] for i in made if i.created_by == f"{case[0]}/1"}
            assert names <= {"agrees", "other"}
            assert not names or model.name in names
