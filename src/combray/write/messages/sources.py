"""Whose words a text is: the user's own, or those of others, who may write to be obeyed.

A field of the metadata that says where a text comes from makes it another's, whatever it says,
unless it names the user or the policy trusts every word of it. So does the address of a page under
any name, and a field that lowers the trust. In doubt a text is another's: only orders to the
assistant are held back for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from combray.core import caches
from combray.core.items import Item
from combray.write.messages.orders import as_seen

OWN = frozenset(
    "user users human me myself self own owner chat chats conversation conversations dialogue "
    "dialog session sessions voice speech typed keyboard".split()
)
"""The words of a label that name the user, or the talk with the user."""
LONGEST_LABEL, MOST_LABELS = 200, 100
"""A longer label, or more of them, is not read, and so another's."""
_NEUTRAL = frozenset({"type", "kind", "name", "role"})
"""Inside a label that is a mapping, names that say nothing themselves."""
_CONTENT = frozenset({"title", "caption", "names", "images", "subject", "relation", "object"})
"""Fields that hold what is said, not where it comes from."""
_WHERE = re.compile(
    r"sources?|source(?:id|name|type|path|file|page|site)|src|origins?|pages?|sites?|home ?page|"
    r"web|website|webpage|feeds?|ur[il]s?|[a-z]{1,30}ur[il]s?|(?:perma|back|hyper)?links?|href|"
    r"files?|file(?:name|path)|path|docs?|docid|documents?|refer+er|retrieved|crawled|scraped|fetched|"
    r"downloaded|uploaded|imported"
)
"""The words of a field's name that say where a text comes from."""
_MEANS = frozenset(
    "type kind medium channel via from by sender author provider platform domain location address "
    "reference ref".split()
)
"""Names of fields that say it only sometimes: when they name what others write."""
_FOREIGN = re.compile(
    r"(?<![^\W_])(?:web|www|http|html|pdf|pages?\b|sites?\b|e-?mail|mail|inbox|docs?\b|document|"
    r"files?\b|tool|search|news|article|feed|rss|crawl|scrap|wiki|blog|forum|external|foreign|"
    r"untrusted)|@|[^\W\d_]\.[^\W\d_]"
)
_ADDRESS = re.compile(
    r"\s{0,9}(?:[a-z][a-z0-9+.-]{1,20}://|www\.|(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}[:/?#]|"
    r"(?:\d{1,3}\.){3}\d{1,3}[:/?#])"
)
_TRUST = frozenset({"trust", "trusted", "trustworthy", "verified"})
_MISTRUST = frozenset({"untrusted", "unverified", "distrusted", "external", "foreign"})
_LOW = frozenset({"untrusted", "unverified", "low", "none", "false", "0", "no", "external"})
_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def is_trusted(item: Item, trusted: frozenset[str] = frozenset()) -> bool:
    """Return whether an item is the user's own, or of a source whose words are all `trusted`.

    Tools are not. The metadata can lower the trust of an item; nothing in it can raise it.
    """
    return item.role not in ("tool", "function") and all(
        _is_believed(name, value, trusted) for name, value in item.metadata.items()
    )


def words(value: Any) -> set[str]:
    """Return the words, as they are seen, of a label; of all entries of a list."""
    if isinstance(value, Mapping):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple | set | frozenset):
        return {word for part in value for word in words(part)}
    return set(_WORD.findall(as_seen(_CAMEL.sub(" ", str(value)))))


def _is_believed(name: str, value: Any, trusted: frozenset[str]) -> bool:
    """Return whether a field of the metadata leaves the text as trusted as it was."""
    role = _role_of(name[:LONGEST_LABEL])
    if role == "trust":
        return not _is_low(value)
    if role == "mistrust":
        return not value or bool(words(value) & {"false", "no", "0"})
    if role == "content" or _is_own(value, trusted):
        return True
    says = _FOREIGN.search if role == "means" else _ADDRESS.match
    texts = value[:MOST_LABELS] if isinstance(value, list | tuple) else [value]
    return role != "where" and not any(
        says(as_seen(text[:LONGEST_LABEL])) for text in texts if isinstance(text, str)
    )


@caches.words(1024)
def _role_of(name: str) -> str:
    """Return what a field of the metadata tells by its name."""
    parts = words(name)
    for role, found in (
        ("content", parts and parts <= _CONTENT),
        ("mistrust", parts & _MISTRUST),
        ("trust", parts & _TRUST),
        ("where", any(_WHERE.fullmatch(part) for part in parts)),
        ("means", parts & _MEANS),
    ):
        if found:
            return role
    return ""


def _is_low(value: Any) -> bool:
    """Return whether a field that tells the trust of a text tells that it is low."""
    if isinstance(value, int | float):
        return value < 0.5
    return value is not None and bool(words(value) & _LOW)


def _is_own(value: Any, trusted: frozenset[str]) -> bool:
    """Return whether a label says nothing, or names the user or what the policy trusts."""
    if value is None or value is False:
        return True
    if isinstance(value, Mapping):
        names = [name for name in value if name not in _NEUTRAL]
        return _are_own([*names, *value.values()], trusted)
    if isinstance(value, list | tuple | set | frozenset):
        return _are_own(value, trusted)
    text = str(value)
    if len(text) > LONGEST_LABEL:
        return False
    told = words(text)
    return told <= OWN | trusted if told else not text.strip()


def _are_own(labels: Iterable[Any], trusted: frozenset[str]) -> bool:
    listed = list(labels)
    return len(listed) <= MOST_LABELS and all(_is_own(label, trusted) for label in listed)
