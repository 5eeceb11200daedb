"""The model for tests: it answers by script, fails by script, and keeps what it was asked."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from combray.models.shape import problems
from combray.testing import Asked, FakeModelServer, Reply
from combray.testing.server import FAULTS, HOSTILE

SCHEMA = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}


def body(content: str = "hello there", **more: Any) -> dict[str, Any]:
    """A request of the chat protocol."""
    return {"model": "small", "messages": [{"role": "user", "content": content}], **more}


def shaped(kind: str = "json_schema") -> dict[str, Any]:
    """A request for an answer in a shape."""
    shape = {"type": kind, "json_schema": {"name": "gist", "schema": SCHEMA}}
    return body('{"n": 1}', response_format=shape)


def post(server: FakeModelServer, request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and bytes of an answer over HTTP."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps(request))
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def said(server: FakeModelServer, request: dict[str, Any] | None = None) -> str:
    """The text of an answer."""
    _, _, data = post(server, request or body())
    text: str = json.loads(data)["choices"][0]["message"]["content"]
    return text


def test_answers_come_in_order_and_the_last_again_and_again() -> None:
    """Texts, replies and data alike."""
    with FakeModelServer(["one", Reply(text="two"), {"n": 3}]) as server:
        assert [said(server) for _ in range(4)] == ["one", "two", '{"n": 3}', '{"n": 3}']


def test_a_function_answers_what_it_is_asked() -> None:
    """It sees the step, the schema and the data."""
    with FakeModelServer(lambda asked: f"{asked.step} {asked.data}") as server:
        assert said(server, shaped()) == "gist {'n': 1}"


def test_without_a_script_it_agrees() -> None:
    """With the least that fits the schema it is given."""
    with FakeModelServer() as server:
        assert problems(json.loads(said(server, shaped())), SCHEMA) == []


def test_what_was_asked_is_kept() -> None:
    """Every question in full, in order; those that were refused are not among them."""
    with FakeModelServer(["x"], accepts=()) as server:
        assert post(server, shaped())[0] == 400
        said(server, body("first"))
        said(server, body("second"))
    assert [asked.messages[0]["content"] for asked in server.asked] == ["first", "second"]
    assert server.asked[0].body["model"] == "small"


@pytest.mark.parametrize(
    ("messages", "data"),
    [
        ([("user", '{"n": 1}')], {"n": 1}),
        ([("system", '{"n": 1}'), ("user", '{"n": 2}')], {"n": 2}),
        ([("user", "words"), ("user", '{"n": 3}')], {"n": 3}),
        ([("user", "[1]")], {}),
        ([("user", "words")], {}),
        ([], {}),
    ],
)
def test_the_data_of_a_question(messages: list[tuple[str, str]], data: dict[str, int]) -> None:
    """The first JSON that a user's message holds; nothing when that is no object."""
    told = [{"role": role, "content": content} for role, content in messages]
    assert Asked(step="", schema={}, messages=told, body={}).data == data


@pytest.mark.parametrize("kind", ["json_schema", "json_object"])
def test_a_shape_it_does_not_know_is_refused(kind: str) -> None:
    """With 400 and the word for it, as small servers do."""
    for accepts, status in (((kind,), 200), ((), 400)):
        with FakeModelServer(["{}"], accepts=accepts) as server:
            code, _, data = post(server, shaped(kind))
        assert code == status
        assert (kind in data.decode()) == (status == 400)


def test_tokens_are_words_when_they_are_told() -> None:
    """A server may also say nothing of them."""
    with FakeModelServer(["three words here"]) as server:
        usage = json.loads(post(server, body("one two"))[2])["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (2, 3)
    with FakeModelServer(["x"], usage=False) as server:
        assert "usage" not in json.loads(post(server, body())[2])


def test_a_status_comes_with_its_headers() -> None:
    """And an error that says whose it is."""
    reply = Reply(status=429, headers={"retry-after": "0"})
    with FakeModelServer([reply]) as server:
        status, headers, data = post(server, body())
    assert (status, headers["retry-after"]) == (429, "0")
    assert "script" in json.loads(data)["error"]["message"]


def test_a_cut_answer_is_half_of_one() -> None:
    """The header says more than comes."""
    with FakeModelServer([Reply(text="x", cut=True)]) as server:
        with pytest.raises(http.client.IncompleteRead):
            post(server, body())


def test_a_late_answer_is_late_and_ends_with_the_server() -> None:
    """Nobody waits for it longer than the block lasts."""
    with FakeModelServer([Reply(text="x", delay=0.1)]) as server:
        began = time.monotonic()
        said(server)
        assert time.monotonic() - began >= 0.1
    began = time.monotonic()
    server = FakeModelServer([FAULTS["slow"]])
    with server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        connection.request("POST", "/v1/chat/completions", json.dumps(body()))
        while not server.asked:
            time.sleep(0.005)
    connection.close()
    assert time.monotonic() - began < FAULTS["slow"].delay


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_a_reply(name: str) -> None:
    """That differs from a good one in what its name says."""
    reply = FAULTS[name]
    good = reply == Reply(text=reply.text)
    assert not good or problems(_data(reply.text), SCHEMA)


def _data(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def test_the_hostile_answer_gives_orders() -> None:
    """What must never be obeyed: in words, and in JSON among them."""
    assert "Ignore" in HOSTILE
    assert "DELETE" in HOSTILE
    assert FAULTS["hostile"].text == HOSTILE


def test_a_client_is_made_for_it() -> None:
    """With the options of the real one."""
    pytest.importorskip("openai", reason="the extra llm is not installed")
    with FakeModelServer(["x"]) as server:
        chat = server.chat("big", retries=0)
        assert chat.name == "big"
        assert server.url in repr(chat)
        chat.close()
