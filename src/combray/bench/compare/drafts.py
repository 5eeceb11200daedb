"""Questions drafted from a user's own chats, for the user to check before they count.

By rule: from messages that state something particular (a name, a number, a rare word) the rarest
words become what the question asks about. They are plain; what matters is which message each names
as evidence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import log

from combray.bench.datasets.form import Benchmark, History, Message, Session
from combray.bench.datasets.mine import DRAFT, USER
from combray.core.entities import entities
from combray.core.items import Json
from combray.core.text import STOP_WORDS, terms, words

SHORTEST, LONGEST = 6, 60


def drafts(benchmark: Benchmark, count: int) -> list[Json]:
    """At most so many questions, each with its evidence, spread over the histories and sessions."""
    made = [list(_drafts(history)) for history in benchmark.histories]
    share = -(-count // max(len(made), 1))
    picked = [draft for mine in made for draft in _spread(mine, share)]
    return picked[:count]


def _drafts(history: History) -> Iterator[Json]:
    told = [
        (_parts(message, session), units["turn"])
        for session in history.sessions
        for message, units in zip(session.content, session.units, strict=True)
    ]
    seen = Counter(term for (_, text), _ in told for term in set(terms(text)))
    whose = {} if history.id == USER else {"user": history.id}
    for (asked, text), unit in told:
        said = words(text)
        if "?" in text or not SHORTEST <= len(said) <= LONGEST:
            continue
        about = _rarest(said, seen, len(told))
        if len(about) == 2:
            question = f"What {asked} say about {about[0]} and {about[1]}?"
            yield {"question": question, "evidence": [unit], **whose, DRAFT: True}


def _parts(message: Message, session: Session) -> tuple[str, str]:
    """Who is asked about, with the verb, and the words of a message or note."""
    if isinstance(message, str):
        title = session.metadata.get("title")
        return f'does "{title}"' if title else "do my notes", message
    role = "the assistant" if message.get("role") == "assistant" else "I"
    return f"did {message.get('name') or role}", str(message["content"])


def _rarest(said: list[str], seen: Counter[str], size: int) -> list[str]:
    """The two words that fewest messages hold, names and long ones first, in their own order."""
    names = {word for name in entities(" ".join(said)) for word in name.split()}
    scored = {}
    for word in said:
        stems = terms(word)
        if len(word) > 3 and stems and word.lower() not in STOP_WORDS:
            rarity = log(size / max(seen[stems[0]], 1) + 1)
            scored[word] = rarity + (1 if word.lower() in names else 0)
    best = sorted(scored, key=lambda word: (-scored[word], -len(word)))[:2]
    return [word for word in dict.fromkeys(said) if word in best]


def _spread(found: list[Json], count: int) -> list[Json]:
    """So many of them, at equal distances."""
    if len(found) <= count:
        return found
    return [found[int(i * len(found) / count)] for i in range(count)]
