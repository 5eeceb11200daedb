"""Turn the parts of a message, its tool calls and its pictures into words.

A part without words becomes its kind in brackets, so that the turn keeps its place in the dialogue:
`[audio]`, `[file notes.pdf]`, and `[image]` for a message of nothing but pictures. The data of
pictures and files is dropped; the addresses of pictures go into the metadata as `images`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from combray.core.errors import InputError, quoted

_TEXT = ("text", "input_text", "output_text", "summary_text")
_IMAGE = ("image", "image_url", "input_image")
_SILENT = ("thinking", "redacted_thinking", "reasoning", "cache_control")
PICTURE = "[image]"
LONGEST_ADDRESS = 2048


def describe_calls(message: Mapping[str, Any]) -> str:
    """Return the words of a message without content: its tool calls, refusal and transcript."""
    calls = message.get("tool_calls")
    asked = [c.get("function", c) for c in calls or () if isinstance(c, Mapping)]
    asked.append(message.get("function_call"))
    lines = [_call(a["name"], a.get("arguments", a.get("args", ""))) for a in asked if _named(a)]
    audio = message.get("audio")
    spoken = audio.get("transcript") if isinstance(audio, Mapping) else None
    lines += [said for said in (message.get("refusal"), spoken) if isinstance(said, str) and said]
    return "\n".join(lines)


def words_of(content: Any, where: str) -> tuple[Any, list[str]]:
    """Return the unchecked text of a message's content, and the addresses of its pictures.

    Raises InputError for a part that is neither text nor a mapping with a type.
    """
    if not isinstance(content, list | tuple):
        return content, []
    texts: list[str] = []
    images: list[str] = []
    for i, part in enumerate(content):
        texts += _part(part, images, f"{where}[{i}]")
    return "\n".join([t for t in texts if t != PICTURE] or texts[:1]), images


def _part(part: Any, images: list[str], where: str) -> list[str]:
    """Return the words of one part, or the mark that stands for it."""
    if isinstance(part, str):
        return [part]
    part = part if isinstance(part, Mapping) else _as_part(part)
    kind = part.get("type", "text" if "text" in part else None) if isinstance(part, Mapping) else 0
    if not isinstance(kind, str) or (kind in _TEXT and not isinstance(part.get("text"), str)):
        raise InputError(
            f"{where} is {quoted(part)}; a part is text, or has a 'type' and its data."
        )
    if kind in _TEXT:
        return [part["text"]] if part["text"].strip() else []
    if kind in _IMAGE:
        images.append(_address(part.get("image_url", part.get("source"))))
        return [PICTURE]
    if kind == "tool_use" and _named(part):
        return [_call(part["name"], part.get("input", ""))]
    if kind == "tool_result":
        given = part.get("content") or "[no result]"
        words, more = words_of(given, f"{where}.content")
        images += more
        return [str(words)]
    if kind in _SILENT:
        return []
    name = part.get("filename", part.get("name"))
    return [f"[{kind} {name}]" if isinstance(name, str) else f"[{kind.removeprefix('input_')}]"]


def _as_part(part: Any) -> Any:
    """Return a part that is an object of another library as a mapping, or as it was."""
    dump = getattr(part, "model_dump", None) or getattr(part, "to_dict", None)
    return dump() if callable(dump) and not isinstance(part, type) else part


def _named(what: Any) -> bool:
    return isinstance(what, Mapping) and isinstance(what.get("name"), str)


def _call(name: str, arguments: Any) -> str:
    """Return a call as `name(arguments)`."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return f"{name}({text})"


def _address(source: Any) -> str:
    """Return the address of a picture, or `data` for a picture given inline."""
    address = source.get("url") if isinstance(source, Mapping) else source
    kept = isinstance(address, str) and 0 < len(address) < LONGEST_ADDRESS
    return str(address) if kept and not str(address).startswith("data:") else "data"
