"""Repair: after damage behind our back everything derived is made again from the words."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from combray import Memory
from combray.memory import reindex
from combray.store.connect import connect
from combray.store.tables import checksums
from combray.store.tables.fact_keys import file_topics
from tests.words import Words

DAMAGE = {
    "a text": "UPDATE items SET text = 'I live in Oslo.' WHERE kind = 'text' AND seq = 1",
    "an interval": "UPDATE items SET valid_to = NULL WHERE kind = 'fact'",
    "a fact that is gone": "DELETE FROM items WHERE kind = 'fact' AND text LIKE '%Rome%'",
    "words that are gone": "DELETE FROM items WHERE kind = 'text' AND seq = 1",
    "links": "DELETE FROM links",
    "citations": "DELETE FROM cites",
    "topics": "DELETE FROM topics",
    "vectors": "DELETE FROM vectors",
    "vectors that are cut": "UPDATE vectors SET data = substr(data, 1, 8)",
    "vectors of another": "UPDATE vectors SET data = (SELECT data FROM vectors LIMIT 1)",
    "history": "DELETE FROM events WHERE op = 'add' AND seq = 1",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with two homes, a job and a summary."""
    place = tmp_path / "memory.db"
    with Memory(place, embedder=Words()) as memory:
        said = memory.add("I live in Rome.", user_id="u", timestamp="2024-03-01")
        said += memory.add("I moved to Paris.", user_id="u", timestamp="2024-06-01")
        memory.add("I work at Acme.", user_id="u")
        answer = '{"summaries": [{"text": "Rome, then Paris", "sources": [1, 2]}]}'
        memory.propose(answer, [item.id for item in said], user_id="u")
    return place


def told(memory: Memory) -> list[tuple[object, ...]]:
    """What is remembered, without ids."""
    items = memory.list(user_id="u")
    return sorted((i.kind, i.text, str(i.valid), i.status) for i in items)


@pytest.mark.parametrize("what", DAMAGE)
def test_what_was_damaged_is_made_again(path: Path, what: str) -> None:
    """After repair the memory says what it said, is whole, and answers."""
    with Memory(path, embedder=Words(), system="hybrid") as memory:
        before = told(memory)
        answer = memory.search("moved to Paris", user_id="u")[0].text
    with closing(sqlite3.connect(path)) as db:
        db.execute(DAMAGE[what])
        db.commit()
    with Memory(path, embedder=Words(), system="hybrid") as memory:
        # Vectors that are not there are made by the next search.
        assert memory.verify().ok == (what == "vectors")
        memory.repair()
        assert memory.verify().problems == ()
        assert memory.verify().pending == 0
        assert told(memory) == before
        assert memory.search("moved to Paris", user_id="u")[0].text == answer
        memory.add("I moved to Berlin.", user_id="u", timestamp="2024-07-01")
        paris = next(f for f in memory.list(user_id="u", kinds=["fact"]) if "Paris" in f.text)
        assert paris.as_dict()["valid_to"] == "2024-07-01T00:00:00Z"


def test_a_repair_of_what_is_whole_changes_nothing_that_is_seen(path: Path) -> None:
    """Repairing twice mends nothing, and makes the vectors anew."""
    with Memory(path, embedder=Words()) as memory:
        before, count = told(memory), memory.stats(user_id="u")["events"]
        mended = memory.repair()
        assert (mended["mended"], mended["facts_added"], mended["facts_dropped"]) == (0, 0, 0)
        assert mended["vectors"] == memory.verify().counts["vectors"]
        assert told(memory) == before
        assert memory.stats(user_id="u")["events"] == count


def test_the_rules_facts_that_nothing_says_any_more_go(path: Path) -> None:
    """A fact of an older rule is taken back; what a person or a model said stays."""
    with Memory(path, embedder=Words()) as memory:
        memory.add("Ann sings.", user_id="u", facts=[("Ann", "lives in", "Bonn")])
    with closing(sqlite3.connect(path)) as db:
        for table, column in (("items", "metadata"), ("events", "after")):
            db.execute(f"UPDATE {table} SET {column} = replace({column}, 'Acme', 'Globex')")
        db.execute("UPDATE items SET text = 'I work at Acme.' WHERE text = 'I work at Globex.'")
        db.execute("""UPDATE events SET after = replace(after, 'I work at Globex', 'I work at Acme')
            WHERE after LIKE '%"kind":"text"%'""")
        db.execute("UPDATE items SET text = replace(text, 'Acme', 'Globex') WHERE kind = 'fact'")
        db.commit()
    store = connect(path)
    with store.engine.write() as cursor:
        checksums.fill(cursor, ("items", "events"))
        file_topics(cursor, store.items("u"))
    store.close()
    with Memory(path, embedder=Words()) as memory:
        assert memory.verify().ok
        mended = memory.repair()
        assert (mended["facts_added"], mended["facts_dropped"]) == (1, 1)
        facts = {fact.text for fact in memory.list(user_id="u", kinds=["fact"])}
        assert {"u works at Acme", "Ann lives in Bonn"} <= facts
        assert "u works at Globex" not in facts


def test_a_system_reads_all_words_again(path: Path) -> None:
    """What a system derives by rule is derived anew, and is whole."""
    with Memory(path, embedder=Words(), system="mem0") as memory:
        memory.add([{"role": "user", "content": "I adopted a cat called Misty."}], user_id="u")
        before = sorted(i.text for i in memory.list(user_id="u", kinds=["memory"]))
        assert before
        assert memory.repair()["jobs"] > 0
        after = sorted(i.text for i in memory.list(user_id="u", kinds=["memory"]))
        assert set(before) <= set(after)
        assert memory.verify().problems == ()


class Other(Words):
    """Words under another name."""

    name = "other"


def test_a_change_of_embedder_twice_leaves_one_generation(path: Path) -> None:
    """There and back: every item has one vector, of the embedder that is active."""
    reindex(path, Other())
    reindex(path, Words())
    with Memory(path, embedder=Words()) as memory:
        report = memory.verify()
        assert report.counts["vectors"] == report.counts["items"]
        assert memory.stats(user_id="u")["without_vector"] == 0
