"""Laws of the wall: nothing of one tenant is seen, counted or changed by another."""

from __future__ import annotations

import random
from typing import Any

import pytest

from combray.core.errors import NotFound
from combray.core.items import Scope
from combray.memory import Memory
from combray.testing.base import StoreLaw

_NAMES = ("ann", "Ann", "a'n%?", "日本", "*", "=ann", " ann")
_WORDS = "heron mill pond river boat ferry island winter bread honey".split()


def _step(memory: Memory, dice: random.Random, user: str, mine: list[str]) -> None:
    """One random change of one user: words that name it, or a change to an own item."""
    action = dice.choice(("add", "add", "add", "update", "delete", "erase")) if mine else "add"
    if action == "add":
        words = " ".join(dice.sample(_WORDS, 3))
        added = memory.add(f"{words} {dice.random()} of <{user}>", user_id=user)
        mine += [i.id for i in added]
    elif action == "update":
        memory.update(dice.choice(mine), text=f"{dice.choice(_WORDS)} {dice.random()} of <{user}>")
    else:
        id_ = mine.pop(dice.randrange(len(mine)))
        (memory.delete if action == "delete" else memory.erase)(id_)


class TenantLaws(StoreLaw):
    """Users with names made to confuse, doing anything in any order, never meet."""

    @pytest.mark.parametrize("seed", [1, 2])
    def test_random_users_never_meet(self, place: Any, seed: int) -> None:
        """After any mix of changes every answer, list and count is the user's own."""
        dice = random.Random(seed)
        owned: dict[str, list[str]] = {name: [] for name in _NAMES}
        with self._memory(place) as memory:
            for _ in range(40):
                user = dice.choice(_NAMES)
                _step(memory, dice, user, owned[user])
            for user, mine in owned.items():
                listed = memory.list(user_id=user)
                assert {i.id for i in listed} == set(mine)
                hits = memory.search(" ".join(_WORDS), user_id=user, limit=100)
                assert all(h.text.endswith(f"<{user}>") for h in hits)
                assert {h.id for h in hits} <= set(mine)
                assert memory.stats(user_id=user)["items"] == len(mine)
            assert memory.verify().ok

    def test_anothers_id_opens_nothing(self, place: Any) -> None:
        """With a user named, the id of another's item is as unknown as a made-up one."""
        with self._memory(place) as memory:
            theirs = memory.add("The heron is called Xerxes.", user_id="ann")[0]
            said = []
            for id_ in (theirs.id, theirs.id[:-1] + "x"):
                with pytest.raises(NotFound) as caught:
                    memory.get(id_, user_id="ben")
                said.append(str(caught.value).replace(id_, "ID"))
            assert said[0] == said[1]

    def test_a_small_tenant_in_a_big_store_gets_its_full_list(self, place: Any) -> None:
        """Ten items among two thousand of others are all found when ten are asked for."""
        big = [f"The heron number {n} sits at the mill pond." for n in range(2000)]
        with self._memory(place) as memory:
            memory.add([{"role": "user", "content": text} for text in big], user_id="big")
            for n in range(10):
                memory.add(f"Heron {n} at the pond.", user_id="small")
            assert len(memory.search("heron at the mill pond", user_id="small", limit=10)) == 10

    def test_reads_bound_to_a_tenant_see_it_alone(self, place: Any) -> None:
        """Queries of a tenant answer with its rows; an unknown tenant has none."""
        with self._memory(place) as memory:
            for name in _NAMES:
                memory.add(f"I am <{name}>.", user_id=name)
        with self._engine(place) as engine:
            query = "SELECT text FROM items WHERE tenant = ? AND kind = 'text'"
            for name in _NAMES:
                assert engine.tenant_reader(name)(query, (name,)) == [(f"I am <{name}>.",)]
            assert engine.tenant_reader("nobody")(query, ("nobody",)) == []
            assert Scope(None).tenant == ""
