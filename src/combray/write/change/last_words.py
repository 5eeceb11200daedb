"""The last that a memory was told about each thing: does a text told again say anything new?

Who lives in Rome, moves to Paris and says again "I live in Rome" has moved back: the same words,
and news.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from combray.core.facts import Fact
from combray.core.items import SUPERSEDES, Item, Status
from combray.store.engine import Run
from combray.store.tables.fact_keys import last_on_topics, links_to, topic_of
from combray.store.tables.queries import items_by_id, items_citing


class LastWords:
    """What was said last about each topic, in the store and in the change under way."""

    def __init__(self, run: Run, tenant: str) -> None:
        self._run, self._tenant = run, tenant
        self._last: dict[str, Item | None] = {}

    def take(self, facts: Iterable[Item]) -> None:
        """Take in the facts of words that are about to be stored, in the order they came."""
        for fact in facts:
            topic = topic_of(fact)
            if topic is not None:
                self._last[topic] = fact

    def hold(self, facts: Sequence[Item], other: Item) -> bool:
        """Whether each fact is the last told of its topic, and `other` not superseded."""
        self._look_up({str(topic_of(fact)) for fact in facts})
        for fact in facts:
            last = self._last.get(str(topic_of(fact)))
            if last is None or Fact.of(last).claim != Fact.of(fact).claim:
                return False
        return not self._superseded(other)

    def _look_up(self, topics: set[str]) -> None:
        fresh = topics - self._last.keys()
        self._last.update(dict.fromkeys(fresh))
        for fact in last_on_topics(self._run, self._tenant, sorted(fresh)):
            self._last[str(topic_of(fact))] = fact

    def _superseded(self, item: Item) -> bool:
        """Whether something took the place of an item, or of anything that rests on its words."""
        citing = items_citing(self._run, self._tenant, item.sources or (item.id,))
        # A summary that a longer one replaced says nothing of its words having ended.
        resting = [id_ for id_, each in citing.items() if each.kind != "summary"]
        ends = links_to(self._run, self._tenant, SUPERSEDES, [item.id, *resting])
        later = items_by_id(self._run, self._tenant, [link.src for link in ends])
        return any(each.status == Status.LIVE for each in later.values())
