"""Guard the store against secrets, personal identifiers and orders from untrusted sources.

Every door asks it: add, update, supersede, facts, proposals, import. Secrets are stored unless the
policy says `mask` (then they are stored nowhere) or `refuse`; identifiers with `mask` are stored as
they were given and shown masked, so a memory opened without the policy has them whole. A text that
gives orders to an assistant and comes from an untrusted source is held back: it is stored as
quarantined, and no answer contains it until somebody approves it.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from combray.core.changes import ChangeSet
from combray.core.errors import InputError, UnknownName
from combray.core.items import Event, Item, Json, Status
from combray.store.tables.rows import to_json
from combray.write.messages.identifiers import PERSONAL, SECRETS, Kind, private_keys
from combray.write.messages.orders import gives_orders

_log = logging.getLogger("combray")
ACTIONS = ("keep", "mask", "refuse")
PRIVATE_KEY = "private key"
UNTRUSTED = frozenset(
    "web webpage website site url uri link http https html page browser crawl crawler crawled "
    "scrape scraper scraped internet news blog article wiki wikipedia search results serp rss "
    "feed email emails mail mails inbox newsletter gmail outlook imap sms document documents "
    "doc docs docx file files pdf attachment attachments upload uploads uploaded download "
    "downloads csv xlsx sheet spreadsheet ocr subtitle subtitles markdown txt tool tools "
    "function functions plugin plugins mcp api webhook connector retrieval retrieved rag "
    "knowledge issue issues pr commit repository repo github gitlab jira ticket tickets comment "
    "comments forum reddit review reviews post posts tweet calendar invite slack discord teams "
    "notion confluence drive untrusted external foreign unknown third thirdparty 3rd".split()
)
"""Words of sources that other people write: one of them in a `source` makes it untrusted."""
SOURCES = ("source", "source_type", "sources", "origin", "url", "source_url", "uri", "link", "href")
"""The keys of the metadata that may say where a text comes from."""
_WORD = re.compile(r"[^\W_]+")
_DISTRUST = frozenset({"untrusted", "low", "none", "false", "0", "no", "external"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What to do with secrets and identifiers (keep, mask, refuse), and who is trusted.

    `trusted` are words of sources that are believed although others write them.
    """

    secrets: str = "keep"
    pii: str = "keep"
    trusted: frozenset[str] = field(default_factory=frozenset)


def read_policy(policy: Mapping[str, str] | None) -> Policy:
    """Return the policy of a mapping such as `{"secrets": "mask", "trusted": "wiki, jira"}`.

    Raises UnknownName for another name or action.
    """
    given: dict[str, Any] = dict(policy or {})
    trusted = frozenset(_words(given.pop("trusted", "")))
    for name, action in given.items():
        if name not in ("secrets", "pii"):
            raise UnknownName("policy", str(name), ("secrets", "pii", "trusted"))
        if action not in ACTIONS:
            raise UnknownName(f"action for {name}", str(action), ACTIONS)
    return Policy(**given, trusted=trusted)


def apply_guard(items: Sequence[Item], policy: Policy) -> list[Item]:
    """Return items masked and held back as they may be stored; raise InputError for a refusal."""
    return [hold_back(_mask_item(item, policy), policy.trusted) for item in items]


def guard_change(change: ChangeSet, policy: Policy) -> ChangeSet:
    """Return a proposed change without what the policy masks or refuses.

    A model's words are not its user's to mend, so what a text of the user's is refused for is
    hidden in them. Whether its items give orders is asked when it is applied, where its sources
    are known.
    """
    hides = {"keep": "keep", "mask": "mask", "refuse": "hide"}
    policy = replace(policy, secrets=hides[policy.secrets], pii=hides[policy.pii])
    patches = [
        replace(
            patch,
            why=mask(patch.why, policy)[0],
            fields=_mask_fields(dict(patch.fields), policy),
        )
        for patch in change.patches
    ]
    return replace(
        change,
        why=mask(change.why, policy)[0],
        puts=[_mask_item(item, policy) for item in change.puts],
        patches=patches,
    )


def hold_back_derived(items: Sequence[Item], known: Mapping[str, Item]) -> list[Item]:
    """Return derived items, those quarantined that repeat orders of sources not trusted."""
    return [
        hold_back(replace(item, metadata={**item.metadata, "trust": "low"}))
        if any(source in known and not is_trusted(known[source]) for source in item.sources)
        and item.status == Status.LIVE
        and orders_in(item)
        else item
        for item in items
    ]


# ── orders ───────────────────────────────────────────────────────────────────────────────────────


def hold_back(item: Item, trusted: frozenset[str] = frozenset()) -> Item:
    """Return the item, quarantined when it gives orders and its source is not trusted."""
    if item.status != Status.LIVE or is_trusted(item, trusted) or not orders_in(item):
        return item
    held = replace(item, status=Status.QUARANTINED)
    say_held(held)
    return held


def say_held(item: Item) -> None:
    """Log that an item is held back, and what to do about it."""
    _log.warning(
        "Held back %s: it gives orders to an assistant, and its source is not trusted. review() "
        "lists it, approve(id) lets it into answers.",
        item.id,
    )


def orders_in(item: Item) -> bool:
    """Return whether the text of an item, its name, title or caption gives orders."""
    beside = (item.name, item.metadata.get("title"), item.metadata.get("caption"))
    return any(isinstance(text, str) and gives_orders(text) for text in (item.text, *beside))


def is_trusted(item: Item, trusted: frozenset[str] = frozenset()) -> bool:
    """Return whether an item is trusted: people are, tools and what others write are not.

    The metadata can lower the trust of an item; nothing in it can raise it.
    """
    told = {word for name in ("trust", "trusted") for word in _words(item.metadata.get(name))}
    if told & _DISTRUST or item.role in ("tool", "function"):
        return False
    return not any(
        (_words(said) - trusted) & UNTRUSTED or (_is_address(said) and not _words(said) & trusted)
        for said in (item.metadata.get(name) for name in SOURCES)
    )


def _words(value: Any) -> set[str]:
    """Return the words, in small letters, of what the metadata says; of all entries of a list."""
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        parts = value.values() if isinstance(value, Mapping) else value
        return {word for part in list(parts)[:100] for word in _words(part)}
    text = "" if value is None else str(value)[:2000].casefold().replace("e-mail", "email")
    return set(_WORD.findall(text))


def _is_address(value: Any) -> bool:
    """Return whether something is the address of a page or of a file, not a word."""
    texts = value if isinstance(value, list | tuple) else [value]
    return any(
        isinstance(text, str)
        and re.search(r"\w:/|^/|^\w:\\|\w\.[a-z]{2,5}(?:/|$)", text[:2000], re.I)
        for text in texts
    )


# ── secrets and identifiers ──────────────────────────────────────────────────────────────────────


def mask(text: str, policy: Policy) -> tuple[str, list[str]]:
    """Return the text without the secrets that the policy masks, and the names of their kinds.

    Raises InputError for what the policy refuses. Identifiers that it masks stay: `show` hides
    them.
    """
    hidden: list[str] = []
    if policy.secrets != "keep":
        text = _hide_keys(text, policy.secrets, hidden)
    for action, kinds in ((policy.secrets, SECRETS), (policy.pii, PERSONAL)):
        if action == "keep" or (action == "mask" and kinds is PERSONAL):
            continue
        text = _hide(text, kinds, action, hidden)
    return text, hidden


def mask_data(value: Any, policy: Policy) -> Any:
    """Return JSON data with masked texts; the names of its fields stay."""
    if isinstance(value, str):
        return mask(value, policy)[0]
    if isinstance(value, Mapping):
        return {name: mask_data(part, policy) for name, part in value.items()}
    return [mask_data(part, policy) for part in value] if isinstance(value, list) else value


def mask_record(kind: str, body: Json, policy: Policy) -> Json:
    """Return a record of an import with masked words: an item, its events, a step of a task."""
    if policy.secrets == policy.pii == "keep" or kind in ("link", "blob"):
        return body
    if kind == "step":
        return {**body, "value": to_json(mask_data(json.loads(body["value"]), policy))}
    if kind == "item":
        return _mask_fields(body, policy)
    masked = {**body, "why": mask(body["why"], policy)[0]}
    for name in ("before", "after"):
        if body[name] is not None:
            masked[name] = to_json(_mask_fields(json.loads(body[name]), policy))
    return masked


def _mask_fields(fields: Json, policy: Policy) -> Json:
    return {
        name: mask_data(value, policy) if name in ("text", "name", "metadata") else value
        for name, value in fields.items()
    }


def show(text: str) -> str:
    """Return a text with its personal identifiers hidden, as a policy of `mask` shows it."""
    return _hide(text, PERSONAL, "mask", [])


def show_data(value: Any) -> Any:
    """Return JSON data with the personal identifiers in its texts hidden."""
    if isinstance(value, str):
        return show(value)
    if isinstance(value, Mapping):
        return {name: show_data(part) for name, part in value.items()}
    return [show_data(part) for part in value] if isinstance(value, list | tuple) else value


def show_item(item: Item, policy: Policy) -> Item:
    """Return an item as the policy lets it be seen."""
    if policy.pii != "mask":
        return item
    name = None if item.name is None else show(item.name)
    return replace(item, text=show(item.text), name=name, metadata=show_data(item.metadata))


def show_event(event: Event, policy: Policy) -> Event:
    """Return a change of an item as the policy lets it be seen."""
    if policy.pii != "mask":
        return event
    states = (event.before_us, event.after_us)
    before, after = (None if state is None else _show_fields(state) for state in states)
    return replace(event, why=show(event.why), before_us=before, after_us=after)


def show_change(change: ChangeSet, policy: Policy) -> ChangeSet:
    """Return a change as the policy lets it be seen."""
    if policy.pii != "mask":
        return change
    patches = [
        replace(patch, why=show(patch.why), fields=_show_fields(dict(patch.fields)))
        for patch in change.patches
    ]
    puts = [show_item(item, policy) for item in change.puts]
    return replace(change, why=show(change.why), puts=puts, patches=patches)


def _show_fields(state: Json) -> Json:
    shown = ("text", "name", "metadata")
    return {name: show_data(value) if name in shown else value for name, value in state.items()}


def _mask_item(item: Item, policy: Policy) -> Item:
    if policy.secrets == policy.pii == "keep":
        return item
    text, hidden = mask(item.text, policy)
    metadata = mask_data(item.metadata, policy)
    if hidden:
        metadata["masked"] = hidden
    name = None if item.name is None else mask(item.name, policy)[0]
    return replace(item, text=text, name=name, metadata=metadata)


def _hide(text: str, kinds: Iterable[Kind], action: str, hidden: list[str]) -> str:
    for kind in kinds:
        found = list(kind.found(text))
        if not found:
            continue
        _refuse(kind.name, action)
        hidden.append(kind.name)
        spans = [match.span("part" if "part" in match.groupdict() else 0) for match in found]
        text = _without(text, spans, kind.name)
    return text


def _hide_keys(text: str, action: str, hidden: list[str]) -> str:
    spans = private_keys(text)
    if spans:
        _refuse(PRIVATE_KEY, action)
        hidden.append(PRIVATE_KEY)
    return _without(text, spans, PRIVATE_KEY)


def _without(text: str, spans: Iterable[tuple[int, int]], name: str) -> str:
    """Return the text with `[name]` in place of each span."""
    parts, place = [], 0
    for start, end in spans:
        parts += [text[place:start], f"[{name}]"]
        place = end
    return "".join((*parts, text[place:]))


def _refuse(name: str, action: str) -> None:
    if action == "refuse":
        raise InputError(
            f"The text holds what looks like a {name}, which the policy refuses; nothing was "
            "stored. Remove it, or open the memory with another policy."
        )
