"""The title that a document says itself, and what only looks like one."""

from __future__ import annotations

from typing import Any

import pytest

from combray import Memory
from combray.write.messages.titles import title_of
from tests.words import Words

BODY = "Grey herons nest in the elms behind the mill. They come back every March."


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (f"Grey Heron\n{BODY}", "Grey Heron"),
        (f"Grey Heron\n\n{BODY}", "Grey Heron"),
        (f"# Grey Heron\n\n{BODY}", "Grey Heron"),
        (f"## **The heron** ##\n{BODY}", "The heron"),
        ("# Shopping\n- milk\n- bread", "Shopping"),
        (f"the mill pond\n========\n{BODY}", "the mill pond"),
        (f"---\ntitle: 'Of herons'\ntags: [birds]\n---\n{BODY}", "Of herons"),
        (f"---\ntags: [birds]\n---\n# Of herons\n{BODY}", "Of herons"),
        (f"Title: Of Herons\n{BODY}", "Of Herons"),
        (f'+++\ntitle = "Of herons"\n+++\n{BODY}', "Of herons"),
        (f"= Of herons\n\n{BODY}", "Of herons"),
        (f"<h1>Of herons</h1>\n<p>{BODY}</p>", "Of herons"),
        (f"<!DOCTYPE html>\n<html><head><title>Of herons</title></head><p>{BODY}", "Of herons"),
        (f"2018 Major League Baseball season\n{BODY}", "2018 Major League Baseball season"),
        (f"Frank Smith Sr.\n{BODY}", "Frank Smith Sr."),
        (f"Who Framed Roger Rabbit?\n{BODY}", "Who Framed Roger Rabbit?"),
        ("To kill a bird\nTo kill a bird is a book of the year 1960.", "To kill a bird"),
        ("No, Honestly\nNo, Honestly is a British sitcom of one season.", "No, Honestly"),
        ("灰鹭\n灰鹭在磨坊后面的榆树上筑巢，每年三月都会回来，今年也一样。", "灰鹭"),
    ],
)
def test_a_title_is_read(text: str, title: str) -> None:
    """From front matter, a heading, an underlined line, or a first line above prose."""
    assert title_of(text) == title


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        f"Hi Ann\n{BODY}",
        f"Dear Dr. Lee,\n{BODY}",
        f"Thanks\n{BODY}",
        f"I saw herons today\n{BODY}",
        f"I saw herons today.\n{BODY}",
        f"did you see them\n{BODY}",
        f"Do you know where they nest?\n{BODY}",
        f"we went there again and again\n{BODY}",
        f"From: Ann Lee\n{BODY}",
        f"- Herons\n{BODY}",
        f"2024-05-01\n{BODY}",
        "Shopping List\n- milk\n- bread\n- butter and eggs.",
        "Config\n  port: 8080. And so on it goes.",
        "Grey Heron\nshort.",
        "Grey Heron",
        "# Grey Heron",
        "def area(r):\n    return 3.14 * r * r  # The area. Of a circle.",
        f"{'Very ' * 40}Long\n{BODY}",
        f"# 1234\n{BODY}",
        "---\nno: title\n---\n",
        "",
    ],
)
def test_what_opens_a_message_is_no_title(text: str) -> None:
    """Greetings, sentences, questions, headers, lists and code stand above text as well."""
    assert title_of(text) is None


@pytest.mark.parametrize(
    "content", [f"Grey Heron\n{BODY}", {"role": "user", "content": f"# Grey Heron\n\n{BODY}"}]
)
def test_the_title_is_kept_as_one_that_was_given(content: Any) -> None:
    """A document with a title of its own is found as one with `metadata={"title": …}`."""
    memory = Memory(embedder=Words())
    (item,) = memory.add(content)
    assert item.metadata == {"title": "Grey Heron"}
    assert item.text in ("\n".join(("Grey Heron", BODY)), f"# Grey Heron\n\n{BODY}")
    assert memory.search("herons", filters={"title": "Grey Heron"})[0].id == item.id


def test_a_given_title_stays() -> None:
    """What the caller calls it is what it is called."""
    (item,) = Memory(embedder=Words()).add(f"Grey Heron\n{BODY}", metadata={"title": "Birds, 3"})
    assert item.metadata == {"title": "Birds, 3"}


def test_a_titled_document_is_judged_as_a_passage() -> None:
    """It stands outside of the talk in which it was told, unless a session holds it."""
    memory = Memory(embedder=Words())
    told = [("user", "A mill."), ("user", f"Grey Heron\n{BODY}"), ("assistant", "I see.")]
    memory.add([{"role": role, "content": text} for role, text in told])
    conversations = memory._runtime.view("").conversations
    before, after = conversations.before.values.tolist(), conversations.after.values.tolist()
    assert (before, after) == ([-1, -1, 0], [2, -1, -1])
