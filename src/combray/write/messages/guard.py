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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from combray.core.changes import ChangeSet
from combray.core.errors import InputError, UnknownName
from combray.core.items import Event, Item, Json, Status
from combray.store.tables.rows import to_json
from combray.write.messages.identifiers import PERSONAL, SECRETS, Kind, private_keys
from combray.write.messages.orders import gives_orders
from combray.write.messages.sources import is_trusted, words

_log = logging.getLogger("combray")
ACTIONS = ("keep", "mask", "refuse")
PRIVATE_KEY = "private key"
_SEEN = ("title", "caption", "subject", "relation", "object", "label", "content")
"""The fields of the metadata that contexts, profiles and models are shown."""
_NONE: Mapping[str, Item] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What to do with secrets and identifiers (keep, mask, refuse), and who is trusted.

    `trusted` are the words of sources that are believed although others write them.
    """

    secrets: str = "keep"
    pii: str = "keep"
    trusted: frozenset[str] = field(default_factory=frozenset)


def read_policy(policy: Mapping[str, str] | None) -> Policy:
    """Return the policy of a mapping such as `{"secrets": "mask", "trusted": "wiki, jira"}`.

    Raises UnknownName for another name or action.
    """
    given: dict[str, Any] = dict(policy or {})
    trusted = frozenset(words(given.pop("trusted", "")))
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


# ── orders ───────────────────────────────────────────────────────────────────────────────────────


def hold_back(
    item: Item, trusted: frozenset[str] = frozenset(), known: Mapping[str, Item] = _NONE
) -> Item:
    """Return the item, quarantined when it gives orders and its source is not trusted.

    What is derived is trusted as what it rests on is, which `known` has.
    """
    if item.status != Status.LIVE or _rests_on_trusted(item, trusted, known):
        return item
    if not orders_in(item):
        return item
    held = replace(item, status=Status.QUARANTINED)
    say_held(held)
    return held


def hold_back_all(
    items: Iterable[Item], known: Mapping[str, Item], trusted: frozenset[str]
) -> list[Item]:
    """Return items, those that give orders held back; `known` has what they rest on."""
    return [hold_back(item, trusted, known) for item in items]


def suspects(items: Sequence[Item], trusted: frozenset[str]) -> list[Item]:
    """Return the live items that give orders, unless they rest on trusted raw ones here."""
    safe = {item.id for item in items if item.is_raw and is_trusted(item, trusted)}
    return [
        item
        for item in items
        if item.status == Status.LIVE
        and not (safe.issuperset(item.sources or [item.id]) and is_trusted(item, trusted))
        and orders_in(item)
    ]


def _rests_on_trusted(item: Item, trusted: frozenset[str], known: Mapping[str, Item]) -> bool:
    """Return whether an item and all that is known of what it rests on are trusted."""
    seen, waiting = {item.id}, [item]
    while waiting:
        each = waiting.pop()
        if not is_trusted(each, trusted):
            return False
        fresh = [id_ for id_ in each.sources if id_ in known and id_ not in seen]
        seen.update(fresh)
        waiting += [known[id_] for id_ in fresh]
    return True


def say_held(item: Item) -> None:
    """Log that an item is held back, and what to do about it."""
    _log.warning(
        "Held back %s: it gives orders to an assistant, and its source is not trusted. review() "
        "lists it, approve(id) lets it into answers.",
        item.id,
    )


def orders_in(item: Item) -> bool:
    """Return whether what a reader sees of an item gives orders: its words, and names beside."""
    beside = (item.metadata.get(name) for name in _SEEN)
    shown = [text for text in (item.text, item.name, *beside) if isinstance(text, str)]
    return gives_orders("\n".join(shown))


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
    """Return a record of an import with masked words, in an item and in its events alike."""
    if policy.secrets == policy.pii == "keep" or kind == "link":
        return body
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
