"""Think-in-Memory: post-thinking inserts, forgets and merges; nothing is lost to the hash."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from combray import Memory
from combray.core.items import Item
from combray.core.text import embed_text
from combray.systems.text import tim
from tests.words import Words


def opened(location: Path | str = ":memory:", **options: object) -> Memory:
    """A memory of thoughts."""
    return Memory(location, system="tim", embedder=Words(), options=options)


def thoughts(memory: Memory) -> list[Item]:
    """The live thoughts of u1."""
    every = memory.list(user_id="u1", kinds=["thought"], limit=10_000)
    return [item for item in every if item.status == "live"]


def turn(text: str, day: int, name: str = "Ann") -> list[dict[str, str]]:
    """One message on a day of May 2024."""
    stamp = f"2024-05-{day:02d}T10:00:00Z"
    return [{"role": "user", "name": name, "content": text, "timestamp": stamp}]


def test_a_thought_is_a_sentence_that_cites_its_turn() -> None:
    """A turn of two statements and a question makes two thoughts."""
    with opened() as memory:
        said = memory.add(
            turn("My brother sails old boats. How are you? The harbour froze last night.", 1),
            user_id="u1",
        )
        found = thoughts(memory)
        assert sorted(item.text for item in found) == [
            "My brother sails old boats.",
            "The harbour froze last night.",
        ]
        assert all(item.sources == (said[0].id,) for item in found)


def test_thinking_the_same_again_changes_nothing() -> None:
    """Insert, forget and merge are done once: saying it again adds no thought."""
    with opened() as memory:
        for day in (1, 2, 3):
            memory.add(turn("I work at the Lisbon aquarium.", day), user_id="u1")
            memory.add(turn("My brother sails very old boats.", day), user_id="u1")
        said = sorted(item.text for item in thoughts(memory))
        assert said == ["I work at the Lisbon aquarium.", "My brother sails very old boats."]


def test_what_is_said_again_is_one_thought_that_cites_every_turn() -> None:
    """Merging is what sets it apart from mem0, which leaves an old fact as it is."""
    first = "My brother sails very old wooden fishing boats around the cold northern islands."
    again = first.replace("cold", "cold rocky")
    for system, cited in (("tim", [2]), ("mem0", [1, 1])):
        with Memory(system=system, embedder=Words()) as memory:
            memory.add(turn(again, 1), user_id="u1")
            memory.add(turn(first.replace("islands", "isles"), 2), user_id="u1")
            hits = memory.search("Who sails old fishing boats?", user_id="u1")
            assert sorted(len(hit.evidence) for hit in hits) == cited
            assert again in [hit.text for hit in hits], "the longer of the two stays"
            assert memory.verify().ok


def test_what_is_contradicted_is_forgotten_and_not_destroyed() -> None:
    """Another value of a relation ends the older thought; a question about then still finds it."""
    with opened() as memory:
        memory.add(turn("I live in Lisbon.", 1), user_id="u1")
        memory.add(turn("I live in Porto now.", 9), user_id="u1")
        now = [hit.text for hit in memory.search("Where does Ann live?", user_id="u1")]
        assert any("Porto" in text for text in now)
        assert not any("Lisbon" in text for text in now)
        then = memory.search("Where does Ann live?", user_id="u1", as_of="2024-05-05T00:00:00Z")
        assert any("Lisbon" in hit.text for hit in then)


def test_erasing_a_turn_erases_its_thoughts() -> None:
    """No thought outlives the words it was drawn from."""
    with opened() as memory:
        said = memory.add(turn("My brother sails very old boats.", 1), user_id="u1")
        assert thoughts(memory)
        memory.erase(said[0].id)
        assert not thoughts(memory)
        assert memory.search("boats", user_id="u1") == []


def test_a_turn_that_states_nothing_is_still_found() -> None:
    """What no thought was drawn from stands for itself."""
    with opened() as memory:
        said = memory.add(turn("Tea?", 1), user_id="u1")
        assert [hit.id for hit in memory.search("tea", user_id="u1")] == [said[0].id]


class Wide(Words):
    """The bags of words of `Words` in 384 numbers, where texts about other things are far."""

    name = "wide"

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Rows of unit length, shape (n, 384)."""
        rows = np.zeros((len(texts), 384), np.float32)
        for row, text in zip(rows, texts, strict=True):
            np.add.at(row, [zlib.crc32(word.encode()) % 384 for word in text.split()], 1)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_the_hash_answers_as_an_exact_search_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restart .95 of the ten nearest of 2,000 thoughts are found in a fifth of them.

    The thoughts are about 100 topics, each with six words of its own.
    """
    monkeypatch.setattr(tim, "LEAST", 1)
    rng = np.random.default_rng(0)
    texts = [
        " ".join(
            f"w{rng.integers(0, 100) if i == 6 else topic}x{i}" for i in rng.permutation(7)[:5]
        )
        for topic in rng.integers(0, 100, 2000)
    ]
    with Memory(tmp_path / "m.db", system="tim", embedder=Wide(), options={"k": 0}) as memory:
        memory.add([{"role": "user", "name": "A", "content": t} for t in texts], user_id="u1")
    with Memory(tmp_path / "m.db", system="tim", embedder=Wide()) as memory:
        kept = thoughts(memory)
        vectors = Wide().embed([embed_text(item.text, {}, item.name) for item in kept])
        recalled, scanned = [], []
        for text in texts[:20]:
            floor = np.sort(vectors @ Wide().embed([text])[0])[-10]
            hits = memory.search(text, user_id="u1", limit=10)
            recalled.append(np.mean([hit.score >= floor - 1e-5 for hit in hits]))
            scanned.append(hits[0].explain["scanned"] / hits[0].explain["of"])
        assert np.mean(recalled) >= 0.95
        assert np.mean(scanned) <= 0.2, "the rest is never looked at"


def test_a_small_memory_is_searched_whole() -> None:
    """Where there are fewer than LEAST rows, every thought and every turn is looked at."""
    with opened() as memory:
        for day in range(1, 10):
            memory.add(turn(f"My brother sails boat {day} today.", day), user_id="u1")
        hit = memory.search("boat", user_id="u1")[0]
        assert hit.explain["scanned"] == hit.explain["of"] == 18
