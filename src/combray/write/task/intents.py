"""What a sentence wants of a task: something new, an update, a check, or to go back.

By rule, in this order: words that go back; a question, unless it asks for a change; words that
change, or a slot that has a value; else it is new. The slot is the one that a label names
("hotel: near the sea"), or the one whose title and values the sentence is most like.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from combray.core.errors import InputError
from combray.core.text import sentences, terms, words
from combray.models.structured import Asker
from combray.recall.task.prompt import shown
from combray.recall.task.slots import Slot, Slots, folded

Kind = Literal["new", "update", "check", "rollback"]
ALIKE = 0.5
"""The share of a title's words that a sentence must have to be about that slot."""
LABEL, TITLE = 4, 6
"""Most words of a label, and of a title that is made of a sentence."""
BACK = (
    "go back to", "going back to", "back to", "revert", "roll back", "rollback", "restore", "undo",
    "as originally", "the original", "previous one", "previous value", "earlier one", "as before",
    "what it was", "like it was", "as it was",
)  # fmt: skip
CHANGE = (
    "actually", "instead", "change", "changed", "make that", "make it", "just make", "move",
    "replace", "remove", "delete", "drop", "cancel", "no longer", "second thought", "rather",
    "switch", "swap", "reset", "correct", "correction", "update", "keep", "not any more", "anymore",
    "scratch that", "use", "also", "add", "postpone", "reschedule", "can't make", "cannot make",
)  # fmt: skip
ASKED = (
    "who", "whom", "whose", "what", "what's", "when", "where", "which", "why", "how", "is", "are",
    "was", "were", "isn't", "aren't", "wasn't", "weren't", "do", "does", "did", "don't", "doesn't",
    "didn't", "has", "have", "had", "hasn't", "haven't", "hadn't", "should", "shouldn't", "am",
)  # fmt: skip
LOOK = (
    "list", "show", "tell", "check", "double-check", "double check", "confirm", "remind", "recap",
    "summarize", "summarise", "repeat", "verify", "read",
)  # fmt: skip
_POLITE = (
    "can you", "could you", "would you", "will you", "can we", "could we", "please", "kindly",
    "by the way,", "by the way", "ok,", "okay,", "so,", "so", "and", "now", "well,", "hey,",
)  # fmt: skip
_LEADS = ("sorry,", "actually,", "wait,", "wait!", "no,", "on second thought,", "hmm,")
_TO = ("set", "change", "make", "move", "update", "switch", "go", "back", "reset", "revert")
_ENDS = (" as originally planned", " as before", " instead", " again", " please", " as planned")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a sentence wants: of which slot, with which value, and what was seen of that.

    `to` is the version to go back to, and `after` what a new slot depends on.
    """

    kind: Kind
    title: str | None = None
    value: Any = None
    to: int | None = None
    after: tuple[str, ...] = ()
    cue: str = ""


def read_intent(text: str, slots: Slots) -> Intent:
    """Return what a sentence wants, by rule; raise InputError for an empty one."""
    if not isinstance(text, str) or not text.strip():
        raise InputError("There is nothing in that sentence. Say what the task is to know.")
    label, said = split_label(" ".join(text.replace("’", "'").split()))
    slot = slot_named(label, slots) if label else slot_alike(said, slots)
    back = _cue(said, BACK)
    if back and not _is_question(said):
        return _go_back(slot, said, slots, back)
    changing = _changing(said)
    if (cue := _asks(said)) and not changing:
        return Intent(kind="check", title=None if slot is None else slot.title, cue=cue)
    value = value_in(said, "" if slot is None else slot.title)
    if slot is not None and slot.version is not None:
        return Intent(kind="update", title=slot.title, value=value, cue=changing or "its slot")
    active = None if slots.active is None else slots[slots.active]
    if not label and changing and active is not None and active.version is not None:
        return Intent(kind="update", title=active.title, value=value, cue=changing)
    title = label or (slot.title if slot is not None else title_of(said))
    return Intent(kind="new", title=title, value=value, cue="nothing like it")


def split_label(text: str) -> tuple[str, str]:
    """Return the label before a colon, such as "start date", and the rest; "" without one."""
    label, colon, rest = text.partition(": ")
    plain = all(part.replace("-", "").replace("_", "").isalnum() for part in label.split())
    if colon and label and plain and len(label.split()) <= LABEL and rest.strip():
        return label, rest.strip()
    return "", text


def slot_named(title: str, slots: Slots) -> Slot | None:
    """The live slot of a title, in whatever form its words stand."""
    wanted = set(terms(title))
    alike = (s for s in slots.live() if wanted and set(terms(s.title)) == wanted)
    return slots.titled(title) or next(alike, None)


def slot_alike(text: str, slots: Slots) -> Slot | None:
    """The live slot that a sentence is most like, the latest of several; None when none is.

    Every word of a title counts alike; those of its values decide between two, or speak alone
    where a sentence has all words of one.
    """
    said = set(terms(text))
    best, found = 0.0, None
    for slot in slots.live():
        title = set(terms(slot.title))
        share = len(title & said) / len(title) if title else 0.0
        value = set(terms(shown(slot.value))) if slot.value is not None else set()
        inside = len(value & said) / len(value) if value else 0.0
        score = max(share, 0.9 * inside) + 0.1 * inside
        if max(share, inside if inside == 1 else 0.0) >= ALIKE and score >= best:
            best, found = score, slot
    return found


def value_in(text: str, title: str = "") -> str:
    """The value that a sentence gives, without the words that lead to it, such as a title."""
    said = _bare(text).rstrip(".!")
    for lead in (f"{verb}{the} {title} " for verb in _TO for the in (" the", " my", "")):
        if title and said.casefold().startswith(lead.casefold()):
            said = said[len(lead) :]
            said = said[3:] if said.startswith("to ") else said
    head, to, tail = said.partition(" to ")
    first = head.split()[:1]
    if to and first and first[0].casefold() in _TO:
        said = tail
    else:
        for lead in ("make that ", "make it ", "just make it ", "it's ", "it is ", "use "):
            if said.casefold().startswith(lead):
                said = said[len(lead) :]
    for end in _ENDS:
        if said.casefold().endswith(end):
            said = said[: -len(end)]
    return said.strip() or text.strip()


def title_of(text: str) -> str:
    """A title for a new slot: the first words of its first sentence."""
    first = next((said for _, said in sentences(_bare(text))), text)
    return " ".join(first.rstrip(".!?").split()[:TITLE]).rstrip(",;:")


def version_in(text: str, slot: Slot) -> int | None:
    """The latest earlier version of a slot whose value a text names; else the one before."""
    said = set(terms(text))
    for version in reversed(slot.versions):
        told = set(terms(shown(version.value)))
        if version.number != slot.current and told and told <= said:
            return version.number
    return slot.current - 1 if slot.current > 1 else None


def _go_back(slot: Slot | None, said: str, slots: Slots, cue: str) -> Intent:
    """Going back: of the slot that had what is named, or of the one that was last at work."""
    wanted = set(terms(said))
    had = [
        one
        for one in slots.live()
        for v in one.versions
        if v.number != one.current and (told := set(terms(shown(v.value)))) and told <= wanted
    ]
    if slot is None or len(slot.versions) < 2:
        active = [] if slots.active is None else [slots[slots.active]]
        slot = next(iter([*had, *active]), slot)
    if slot is None:
        return Intent(kind="rollback", cue=cue)
    return Intent(kind="rollback", title=slot.title, to=version_in(said, slot), cue=cue)


def _asks(text: str) -> str:
    """What makes a text ask for what is known; empty when nothing does."""
    for part in _parts(text):
        bare = _bare(part).casefold()
        first = bare.split()[:1]
        if first and (first[0].strip(",") in ASKED and part.endswith("?")):
            return first[0]
        if any(bare == word or bare.startswith((f"{word} ", f"{word}?")) for word in LOOK):
            return bare.split()[0].rstrip("?.!,")
        if part.endswith("?") and not _cue(bare, CHANGE) and not _is_request(part):
            return "?"
    return ""


def _changing(text: str) -> str:
    """The word by which a sentence that is no question changes something; empty without one."""
    for part in _parts(text):
        if not _is_question(part):
            if cue := _cue(part, CHANGE):
                return cue
    return ""


def _is_question(text: str) -> bool:
    """Whether a text only asks: a question that is no polite request."""
    parts = list(_parts(text))
    return bool(parts) and all(p.endswith("?") and not _is_request(p) for p in parts)


def _is_request(text: str) -> bool:
    """Whether a sentence asks for something to be done, and not for what is known."""
    low = text.casefold()
    asked = any(low.startswith(f"{lead} ") for lead in _POLITE[:6])
    return asked and not any(_bare(text).casefold().startswith(look) for look in LOOK)


def _parts(text: str) -> Iterable[str]:
    """The sentences of a text, cut at dashes too."""
    for _, said in sentences(text.replace("—", ". ")):
        yield said.strip()


def _bare(text: str) -> str:
    """A sentence without the words of politeness and hesitation before it."""
    said, before = text.strip(), ""
    while said != before:
        before = said
        for lead in (*_POLITE, *_LEADS):
            if said.casefold().startswith(f"{lead} "):
                said = said[len(lead) + 1 :].strip()
    return said


def _cue(text: str, cues: Sequence[str]) -> str:
    """The first of some cues whose words stand in a text, one after another."""
    said = f" {' '.join(words(text.casefold()))} "
    return next((cue for cue in cues if f" {' '.join(words(cue))} " in said), "")


# ── by a model ───────────────────────────────────────────────────────────────────────────────────


def ask_intent(asker: Asker, text: str, slots: Slots) -> Intent:
    """Return what a sentence wants, as a model reads it; raise ModelError for no usable answer.

    What it names must be there: a slot that is not is new, unless something is asked of it, and a
    value to go back to must be one that the slot had.
    """
    known = [
        {
            "title": slot.title,
            "value": slot.value,
            "status": slot.status,
            "earlier": [v.value for v in slot.versions if v.number != slot.current],
        }
        for slot in slots.live()
    ]
    told = asker.ask("combray.write", "intent", {"text": text, "slots": known})
    return _checked(told, slots)


def _checked(told: Mapping[str, Any], slots: Slots) -> Intent:
    kind, title, value = told["intent"], told.get("slot") or None, told.get("value")
    slot = None if title is None else slot_named(title, slots)
    if kind == "check" and slot is None:
        return Intent(kind="check", cue="model")
    if kind == "rollback":
        if slot is None:
            return Intent(kind="rollback", title=title, cue="model")
        had = [v.number for v in slot.versions if folded(shown(v.value)) == folded(str(value))]
        to = had[-1] if had else slot.current - 1 if value is None else None
        return Intent(kind="rollback", title=slot.title, to=to, cue="model")
    after = tuple(name for name in told.get("after") or () if name != title)
    name = title if slot is None else slot.title
    if kind == "update" and slot is None:
        kind = "new"
    return Intent(kind=kind, title=name, value=value, after=after, cue="model")
