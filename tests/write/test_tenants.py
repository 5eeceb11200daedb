"""Random tenants: nothing that one user is answered depends on what another one has."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from combray import Memory
from combray.core.errors import CombrayError
from tests.words import Words

USERS = ("a", "b", "c", None)
TEXTS = (
    "I live in Rome.",
    "I moved to Paris.",
    "Ann likes the heron.",
    "The heron lives in Rome.",
    "Bob met Ann at the heron bar.",
)
USER = st.sampled_from(USERS)
PLACE = st.integers(0, 20)
TOPIC = st.sampled_from(["x", "y"])
STEP = st.one_of(
    st.tuples(st.just("add"), USER, st.sampled_from(TEXTS), TOPIC),
    st.tuples(st.just("add"), USER, st.sampled_from(TEXTS), TOPIC),
    st.tuples(st.just("delete"), USER, PLACE, PLACE),
    st.tuples(st.just("supersede"), USER, PLACE, PLACE),
    st.tuples(st.just("summary"), USER, PLACE, PLACE),
    st.tuples(st.just("search"), USER, st.sampled_from(TEXTS), TOPIC),
    st.tuples(st.just("erase"), USER, PLACE, PLACE),
)
FILTERS = (None, {"topic": "x"}, {"NOT": [{"topic": "x"}]}, {"topic": {"in": ["x", "y"]}})


class Teller:
    """Tells steps to one memory and keeps the ids that each user was given."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.ids: dict[str | None, list[str]] = {user: [] for user in USERS}

    def act(self, step: tuple[Any, ...], day: int) -> None:
        """Do one step at a day; what cannot be done is left."""
        verb, user, one, two = step
        mine = self.ids[user]
        if verb == "search":
            self.memory.search(one, user_id=user)
        elif verb == "add":
            content = [{"role": "user", "content": one, "metadata": {"topic": two}}]
            moment = f"2024-01-01T00:{day:02}:00"
            added = self.memory.add(content, user_id=user, session_id=two, timestamp=moment)
            mine += [item.id for item in added]
        elif mine:
            self._change(verb, user, mine[one % len(mine)], mine[two % len(mine)])

    def _change(self, verb: str, user: str | None, one: str, two: str) -> None:
        try:
            if verb == "delete":
                self.memory.delete(one, user_id=user)
            elif verb == "supersede":
                self.memory.supersede(one, two, user_id=user)
            elif verb == "summary":
                answer = '{"summaries": [{"text": "heron, in short", "sources": [1, 2]}]}'
                self.memory.propose(answer, [one, two], user_id=user)
            else:
                self.memory.erase(one, user_id=user)
        except CombrayError:
            return


def seen(memory: Memory, user: str | None) -> list[Any]:
    """Everything a user can see, without ids and moments of the clock."""
    found: list[Any] = []
    for question in ("Where do I live?", "heron Ann Rome"):
        for filters in FILTERS:
            for session in (None, "x"):
                asked: dict[str, Any] = {"user_id": user, "session_id": session, "limit": 4}
                hits = memory.search(question, filters=filters, **asked)
                found.append([(h.text, round(h.score, 5), h.superseded) for h in hits])
                found.append([i.text for i in memory.list(filters=filters, **asked)])
    found.append(memory.context("heron", user_id=user, tokens=60).text.count("\n"))
    figures = memory.stats(user_id=user)
    # Not a user's: which embedder the database has; and how long numbers of the clock are written.
    found.append({k: v for k, v in figures.items() if k not in ("bytes", "embedder")})
    if user is not None:
        found.append([(job.kind, job.state) for job in memory.jobs(user_id=user)])
    found.append([i.text for i in memory.review(user_id=user)])
    return found


@settings(max_examples=25, deadline=None)
@given(st.lists(STEP, max_size=16), USER)
def test_nobody_sees_that_others_are_there(steps: list[tuple[Any, ...]], user: Any) -> None:
    """Answers, scores, lists, counts and jobs are those of a memory that only this user has."""
    with Memory(embedder=Words()) as shared, Memory(embedder=Words()) as alone:
        together, single = Teller(shared), Teller(alone)
        for day, step in enumerate(steps):
            together.act(step, day)
            if step[1] == user:
                single.act(step, day)
        assert seen(shared, user) == seen(alone, user)


@settings(max_examples=20, deadline=None)
@given(st.lists(STEP, min_size=4, max_size=20))
def test_everything_that_is_returned_is_the_users(steps: list[tuple[Any, ...]]) -> None:
    """Hits, evidence, histories and links stay inside the user's own ids."""
    with Memory(embedder=Words()) as memory:
        teller = Teller(memory)
        for day, step in enumerate(steps):
            teller.act(step, day)
        store = memory._store
        for user in USERS:
            tenant = user or ""
            own = {item.id for item in store.items(tenant)}
            for hit in memory.search("heron Rome Ann live", user_id=user):
                assert own.issuperset({hit.id, *hit.evidence})
            for link in store.links(tenant):
                assert own.issuperset({link.src, link.dst})
            for id_ in own:
                assert {event.item_id for event in memory.history(id_, user_id=user)} == {id_}
        assert memory.verify().problems == ()
