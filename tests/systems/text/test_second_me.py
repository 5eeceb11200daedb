"""Second Me: shades over clusters, a profile that cites live evidence, forms filled in from it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from combray import Memory
from combray.core.errors import InputError
from combray.core.text import count_tokens
from combray.testing import FakeModelServer
from combray.testing.story import tell
from tests.words import Words

SAILING = tuple(f"I sailed the old boat to harbour {i} with fair wind." for i in range(8))
BREAD = tuple(f"My sourdough bread rose slowly on morning {i} again." for i in range(8))


def opened(**options: object) -> Memory:
    """A memory with shades."""
    return Memory(system="second_me", embedder=Words(), options=options)


def lived(memory: Memory) -> list[str]:
    """Eight days of sailing and of bread; returns the ids of the turns."""
    ids = []
    for i, (boat, bread) in enumerate(zip(SAILING, BREAD, strict=True)):
        for text in (boat, bread):
            message = {"role": "user", "name": "Ann", "content": text}
            stamp = f"2024-05-{i + 1:02d}T10:00:00Z"
            ids.append(memory.add([message], user_id="u1", timestamp=stamp)[0].id)
    return ids


def moved(memory: Memory) -> list[str]:
    """Where Ann lived and worked over three years."""
    told = (
        ("2022-01-10T10:00:00Z", "I live in Lisbon."),
        ("2022-03-10T10:00:00Z", "I work at the Porto Aquarium."),
        ("2024-02-10T10:00:00Z", "I live in Ghent now."),
    )
    return [
        memory.add(
            [{"role": "user", "name": "Ann", "content": text}], user_id="u1", timestamp=stamp
        )[0].id
        for stamp, text in told
    ]


def test_every_memory_is_in_one_cluster_or_an_outlier() -> None:
    """Clusters and outliers hold each live turn once; sailing and bread are apart."""
    with opened() as memory:
        ids = lived(memory)
        view = memory._runtime.view("u1")
        clusters = memory._system._clusters.of(view)  # type: ignore[attr-defined]
        placed = [view.ids[r] for rows in clusters.members.values() for r in rows]
        placed += [view.ids[row] for row in clusters.outliers]
        assert sorted(placed) == sorted(ids)
        boats, loaves = set(ids[::2]), set(ids[1::2])
        for rows in clusters.members.values():
            inside = {view.ids[row] for row in rows}
            assert inside <= boats or inside <= loaves


def test_shades_cite_live_evidence_and_go_with_it() -> None:
    """Each interest is a line that cites turns; erasing one leaves no line that rests on it."""
    with opened() as memory:
        lived(memory)
        shades = [line for line in memory.profile(user_id="u1") if line.aspect == "interest"]
        assert any("boat" in line.text for line in shades)
        assert any("bread" in line.text for line in shades)
        assert {line.confidence for line in shades} == {"high"}, "eight times in a week"
        gone = shades[0].evidence[0]
        memory.erase(gone)
        after = memory.profile(user_id="u1")
        assert not any(gone in line.evidence for line in after)
        live = {item.id for item in memory.list(user_id="u1", limit=1000)}
        assert all(live.issuperset(line.evidence) for line in after)


def test_the_profile_is_that_of_any_date() -> None:
    """What holds now, what held then, and nothing before anything was said."""
    with opened() as memory:
        ids = moved(memory)
        now = {line.aspect: line for line in memory.profile(user_id="u1", about="Ann")}
        assert now["lives in"].value == "Ghent"
        assert now["lives in"].evidence == (ids[2],)
        then = memory.profile(user_id="u1", about="Ann", as_of="2023-01-01T00:00:00Z")
        assert {line.aspect: line.value for line in then}["lives in"] == "Lisbon"
        assert memory.profile(user_id="u1", as_of="2020-01-01T00:00:00Z") == []


def test_a_shade_is_told_anew_when_it_grew() -> None:
    """From four turns to six it is retold from all of them, and the old one goes."""
    u1 = {"user_id": "u1"}
    with opened() as memory:
        for i, text in enumerate(SAILING[:6]):
            message = {"role": "user", "name": "Ann", "content": text}
            memory.add([message], user_id="u1", timestamp=f"2024-05-{i + 1:02d}T10:00:00Z")
            if i == 3:
                assert [x.metadata["size"] for x in memory.list(kinds=["shade"], **u1)] == [4]
        assert [x.metadata["size"] for x in memory.list(kinds=["shade"], **u1)] == [6]


def test_what_ended_is_marked_in_a_shade() -> None:
    """A shade that tells of a former home says until when it was one."""
    walks = [f"I live in Paris. I walked the Seine, stretch {i}, in the sun." for i in range(5)]
    with opened() as memory:
        for i, text in enumerate([*walks, "I moved to Oslo."]):
            message = {"role": "user", "name": "Ann", "content": text}
            memory.add([message], user_id="u1", timestamp=f"2024-05-{i + 1:02d}T10:00:00Z")
        (shade,) = [x for x in memory.profile(user_id="u1") if x.aspect == "interest"]
        assert "I live in Paris (Ann lives in Paris, until 2024-05-06)." in shade.text


def test_a_shade_that_fits_lifts_its_memories() -> None:
    """The score is q · v + λ q · c, c the centre of the shade; an outlier gets no more."""
    question, scores = "Which old boat sailed in the wind?", {}
    for cue in (0.0, 0.5):
        with opened(cue=cue) as memory:
            lived(memory)
            memory.add("The old tram waits in the rain.", user_id="u1")
            hits = memory.search(question, user_id="u1", limit=17)
            scores[cue] = {hit.text: hit.score for hit in hits}
            view = memory._runtime.view("u1")
            boats = [view.row_of[hit.id] for hit in hits if hit.text in SAILING]
            centre = view.embeddings.vectors.values[boats].sum(axis=0)
    gained = {text: scores[0.5][text] - scores[0.0][text] for text in scores[0.0]}
    near = Words().embed([question])[0] @ centre / np.linalg.norm(centre)
    assert near > 0.3
    for text in SAILING:
        assert gained[text] == pytest.approx(0.5 * near, abs=1e-3)
    assert gained["The old tram waits in the rain."] == 0


def test_erasing_the_evidence_removes_the_line() -> None:
    """When the words go, the line goes, and the value before it is not claimed to hold."""
    with opened() as memory:
        ids = moved(memory)
        memory.erase(ids[1])
        aspects = [line.aspect for line in memory.profile(user_id="u1")]
        assert "works at" not in aspects
        assert "lives in" in aspects


def test_a_line_said_often_and_long_is_surer() -> None:
    """Confidence rises with how often and over how long a time it was said."""
    with opened() as memory:
        moved(memory)
        first = {line.aspect: line.confidence for line in memory.profile(user_id="u1")}
        assert first["works at"] == "very low"
        memory.add(
            [{"role": "user", "name": "Ann", "content": "I work at the Porto Aquarium."}],
            user_id="u1",
            timestamp="2022-09-10T10:00:00Z",
        )
        line = next(x for x in memory.profile(user_id="u1") if x.aspect == "works at")
        assert line.confidence == "high"
        assert len(line.evidence) == 2


def test_a_form_is_filled_in_with_citations() -> None:
    """Known fields have a value and evidence, unknown ones are left blank."""
    with opened() as memory:
        ids = moved(memory)
        form = memory.fill(["city", "employer", "shoe size"], user_id="u1")
        assert form["shoe size"] is None
        assert (form["city"].value, form["city"].evidence) == ("Ghent", (ids[2],))
        assert "Aquarium" in form["employer"].value
        then = memory.fill(["city"], user_id="u1", as_of="2023-01-01T00:00:00Z")
        assert then["city"].value == "Lisbon"
        with pytest.raises(InputError, match="at least one field"):
            memory.fill([], user_id="u1")


def test_a_model_may_fill_in_what_stands_there_and_nothing_else() -> None:
    """A value that stands in no cited memory is refused, as is a field that was not asked for."""
    values = [
        {"field": "home", "value": "Ghent", "sources": [1, 2, 3]},
        {"field": "shoe size", "value": "42", "sources": [1]},
        {"field": "password", "value": "Ghent", "sources": [1]},
    ]
    with (
        FakeModelServer(lambda _: json.dumps({"values": values})) as server,
        Memory(embedder=Words(), llm=server.chat()) as memory,
    ):
        moved(memory)
        form = memory.fill(["home", "shoe size"], user_id="u1", extractor="llm")
        assert form["home"].value == "Ghent"
        assert form["shoe size"] is None
        assert "password" not in form


def test_other_systems_have_a_profile_of_facts() -> None:
    """The facts are the store's; any system shows them."""
    with Memory(embedder=Words()) as memory:
        moved(memory)
        assert {line.aspect for line in memory.profile(user_id="u1")} == {"lives in", "works at"}


def test_a_long_text_is_found_by_its_chunk() -> None:
    """A document comes in chunks within their size, all of them, each citing it."""
    text = " ".join(f"Paragraph {i} is about plain oak timber." for i in range(200))
    text += " The secret orchard lies behind the chapel."
    with opened() as memory:
        item = memory.add(text, user_id="u1")[0]
        chunks = memory.list(user_id="u1", kinds=["chunk"])
        assert len(chunks) > 1
        assert all(count_tokens(chunk.text) <= 512 for chunk in chunks)
        hit = memory.search("secret orchard chapel", user_id="u1", limit=1)[0]
        assert "orchard" in hit.text
        assert hit.evidence == (item.id,)
        assert hit.id != item.id


def test_an_untold_story_has_no_interest() -> None:
    """Six turns about six things make no shade."""
    with opened() as memory:
        tell(memory)
        assert memory.list(user_id="u1", kinds=["shade"]) == []
