"""Guard the store against secrets, personal identifiers and instructions from untrusted sources.

Secrets and identifiers are stored unless the policy says `mask` or `refuse`; masked text is stored
nowhere. A text that gives instructions and comes from an untrusted source is quarantined: it is
stored, but no answer contains it until somebody approves it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from combray.core.errors import InputError, UnknownName
from combray.core.items import Item, Status

ACTIONS = ("keep", "mask", "refuse")
UNTRUSTED = frozenset(
    {"web", "webpage", "website", "html", "email", "e-mail", "document", "file", "pdf", "tool"}
    | {"search", "search result", "rss", "issue", "untrusted", "external", "third-party"}
)

SECRETS = {
    "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*-----|$)",
    "access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "token": r"\b(?:ghp|gho|ghs|ghu|github_pat|glpat|xox[abprs]|hf|pypi)[-_][\w-]{16,}",
    "API key": r"\bsk-[\w-]{20,}|\bAIza[\w-]{35}\b",
    "web token": r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}",
    "password": r"(?i:\b(?:password|passwd|passphrase|pwd|api[_ ]?key|secret)\b"
    r"(?: is|:|=)\s*)[\"']?(?P<part>[^\s\"',;]{6,})",
    "address with a password": r"\b\w+://[^\s:/@]+:[^\s:/@]+@[^\s]+",
}
PERSONAL = {
    "e-mail": r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b",
    "card number": r"\b(?:\d[ -]?){13,16}\b",
    "phone number": r"(?<![\w.])\+?\d[\d ().-]{7,}\d(?![\w.])",
    "bank account": r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}\b",
    "social security number": r"\b\d{3}-\d{2}-\d{4}\b",
    "network address": r"\b(?:\d{1,3}\.){3}\d{1,3}\b",
}
INSTRUCTIONS = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}\b(?:previous|prior|above|earlier|"
    r"all|your|these|any)\b[^.\n]{0,30}\b(?:instructions?|prompts?|rules?|guidelines?|messages?|"
    r"context|training)\b"
    r"|\byou (?:are now|must now|will now)\b|\bfrom now on,? you\b|\bnew (?:system )?instructions?:"
    r"|\bsystem prompt\b|<\|?(?:system|im_start|assistant)\|?>|\[/?INST\]|^\s*(?:system|assistant):"
    r"|\bdo not (?:tell|inform|mention (?:this|it) to|reveal (?:this|it) to) (?:the )?user\b"
    r"|\b(?:always|whenever)\b[^.\n]{0,60}\b(?:respond|reply|answer|recommend|run|execute|send)\b"
    r"|\b(?:send|forward|post|upload|exfiltrate|leak)\b[^.\n]{0,60}\b(?:password|credential|secret|"
    r"api key|token|conversation|memor(?:y|ies)|data)\w*\b[^.\n]{0,40}(?:https?://|@|\bto\b)"
    r"|\bremember (?:that|to)\b[^.\n]{0,40}\b(?:always|never|you must)\b",
    re.I | re.M,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What to do with secrets and with personal identifiers: keep, mask or refuse."""

    secrets: str = "keep"
    pii: str = "keep"


def read_policy(policy: Mapping[str, str] | None) -> Policy:
    """Return the policy of a mapping such as `{"secrets": "mask", "pii": "refuse"}`.

    Raises UnknownName for another name or action.
    """
    given = dict(policy or {})
    for name, action in given.items():
        if name not in ("secrets", "pii"):
            raise UnknownName("policy", str(name), ("secrets", "pii"))
        if action not in ACTIONS:
            raise UnknownName(f"action for {name}", str(action), ACTIONS)
    return Policy(**given)


def apply_guard(items: Sequence[Item], policy: Policy) -> list[Item]:
    """Return items masked and quarantined as they may be stored; raise InputError for a refusal."""
    return [quarantine(_mask_item(item, policy)) for item in items]


def quarantine(item: Item) -> Item:
    """Return the item, quarantined when it gives instructions and its source is not trusted."""
    if is_trusted(item) or INSTRUCTIONS.search(item.text) is None:
        return item
    return replace(item, status=Status.QUARANTINED)


def is_trusted(item: Item) -> bool:
    """Return whether an item is trusted: people are, tools and untrusted sources are not."""
    trust, source = (_word(item.metadata.get(name)) for name in ("trust", "source"))
    if trust:
        return trust in ("trusted", "high", "full", "user", "true", "1")
    return item.role not in ("tool", "function") and source not in UNTRUSTED


def _word(value: Any) -> str:
    return str(value).strip().casefold() if value is not None else ""


def mask(text: str, policy: Policy) -> tuple[str, list[str]]:
    """Return the text with hidden parts replaced, and the names of what the policy hides in it."""
    hidden: list[str] = []
    for action, patterns in ((policy.secrets, _SECRETS), (policy.pii, _PERSONAL)):
        for name, pattern in patterns.items() if action != "keep" else ():
            if pattern.search(text) is None:
                continue
            if action == "refuse":
                raise InputError(
                    f"The text holds what looks like a {name}, which the policy refuses; nothing "
                    "was stored. Remove it, or open the memory with another policy."
                )
            text = pattern.sub(partial(_hide, name), text)
            hidden.append(name)
    return text, hidden


def mask_data(value: Any, policy: Policy) -> Any:
    """Return JSON data with masked texts; the names of its fields stay."""
    if isinstance(value, str):
        return mask(value, policy)[0]
    if isinstance(value, Mapping):
        return {name: mask_data(part, policy) for name, part in value.items()}
    return [mask_data(part, policy) for part in value] if isinstance(value, list) else value


def _mask_item(item: Item, policy: Policy) -> Item:
    if policy == Policy():
        return item
    text, hidden = mask(item.text, policy)
    metadata = mask_data(item.metadata, policy)
    if hidden:
        metadata["masked"] = hidden
    return replace(item, text=text, metadata=metadata)


def _hide(name: str, match: re.Match[str]) -> str:
    """Return `[name]` in place of a secret; the words that introduce it stay."""
    part = match.groupdict().get("part")
    return match.group().replace(part, f"[{name}]") if part else f"[{name}]"


_SECRETS = {name: re.compile(pattern) for name, pattern in SECRETS.items()}
_PERSONAL = {name: re.compile(pattern) for name, pattern in PERSONAL.items()}
