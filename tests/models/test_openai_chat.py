"""The client of OpenAI-compatible endpoints against a real server that fails by script."""

from __future__ import annotations

import threading
import time

import pytest

from combray.core.errors import InputError, ModelError
from combray.core.ports import ChatRequest
from combray.models.chat import resolve_chat
from combray.models.openai_chat import OpenAIChat
from combray.models.structured import Asker
from combray.testing import FakeModelServer, Reply
from combray.testing.server import FAULTS, HOSTILE

pytest.importorskip("openai", reason="the extra llm is not installed")

GIST = '{"keywords": ["cat"], "tags": ["pet"], "context": "A cat."}'
SUMMARY = '{"text": "Ann has a cat.", "sources": [1]}'


def ask(chat: OpenAIChat) -> dict[str, object]:
    """One question with a schema."""
    asker = Asker(chat=chat, system="test", tenant="u1")
    return asker.ask("combray.write", "gist", {"message": {"text": "I have a cat."}})


def test_an_answer_comes_back_with_the_tokens_that_were_counted() -> None:
    """The text is the endpoint's, and so are the tokens in and out."""
    with FakeModelServer(["two words"]) as server:
        request = ChatRequest(
            system="s", step="t", messages=[{"role": "user", "content": "one two three"}]
        )
        answer = server.chat().complete(request)
    assert answer == "two words"
    assert (answer.tokens_in, answer.tokens_out) == (3, 2)


@pytest.mark.parametrize(
    ("accepts", "rungs"),
    [
        (("json_schema", "json_object"), ["json_schema"]),
        (("json_object",), ["json_object"]),
        ((), [None]),
    ],
    ids=["schema", "object", "words"],
)
def test_the_ladder_ends_on_what_the_endpoint_takes(
    accepts: tuple[str, ...], rungs: list[str | None]
) -> None:
    """Each endpoint answers on its own rung, and is not asked again for what it refused."""
    with FakeModelServer([GIST], accepts=accepts) as server:
        chat = server.chat()
        for _ in range(2):
            assert ask(chat)["keywords"] == ["cat"]
        shapes = [asked.body.get("response_format", {}).get("type") for asked in server.asked]
    assert shapes == rungs * 2
    if rungs != ["json_schema"]:
        assert '"keywords"' in server.asked[0].messages[0]["content"]


def test_an_answer_of_the_wrong_shape_goes_back_once_with_what_is_wrong() -> None:
    """The second try sees the first answer and the complaint; a fence around JSON is no fault."""
    with FakeModelServer(['{"keywords": "cat"}', f"Sure:\n```json\n{GIST}\n```"]) as server:
        assert ask(server.chat())["tags"] == ["pet"]
    complaint = server.asked[1].messages[-1]["content"]
    assert "answer.keywords must be array" in complaint
    assert "answer.tags is missing" in complaint


@pytest.mark.parametrize("fault", ["truncated", "wrong shape", "hostile", "empty"])
def test_nonsense_is_an_error_that_keeps_the_raw_answer(fault: str) -> None:
    """An answer that cannot be used twice is a ModelError with the answer in it."""
    with FakeModelServer([FAULTS[fault]]) as server, pytest.raises(ModelError) as caught:
        ask(server.chat())
    assert caught.value.raw == FAULTS[fault].text
    assert len(server.asked) == 2


def test_what_is_told_cannot_become_an_instruction() -> None:
    """What users said stands as JSON data in a message of its own."""
    with FakeModelServer([SUMMARY]) as server:
        asker = Asker(chat=server.chat(), system="test")
        asker.ask("combray.write", "summarise", {"words": 9, "messages": [{"text": HOSTILE}]})
    first, second = server.asked[0].messages
    assert first["role"] == "system"
    assert HOSTILE not in first["content"]
    assert server.asked[0].data["messages"] == [{"text": HOSTILE}]
    assert second["role"] == "user"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_passing_trouble_is_tried_again(status: int) -> None:
    """Too many calls and failures of the server are overcome by trying again."""
    trouble = Reply(status=status, headers={"retry-after-ms": "1"})
    with FakeModelServer([trouble, GIST]) as server:
        assert ask(server.chat())["context"] == "A cat."
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(status=429, headers={"retry-after-ms": "1"}), "too many calls"),
        (Reply(status=500), "status 500"),
        (Reply(status=401), "OPENAI_API_KEY"),
        (Reply(status=404), "OPENAI_BASE_URL"),
        (Reply(status=400), "status 400"),
        (Reply(text=GIST, cut=True), "cannot be reached"),
        (Reply(text=GIST, delay=0.6), "in 0.3 s.*COMBRAY_LLM_TIMEOUT"),
    ],
    ids=["429", "500", "401", "404", "400", "cut off", "slow"],
)
def test_lasting_trouble_says_what_to_do(reply: Reply, words: str) -> None:
    """Every fault of an endpoint is a ModelError in plain words."""
    with (
        FakeModelServer([reply]) as server,
        pytest.raises(ModelError, match=words),
    ):
        ask(server.chat(retries=0, timeout=0.3))


def test_an_endpoint_that_is_not_there_is_named() -> None:
    """A refused connection says where, and asks whether the server runs."""
    chat = OpenAIChat("m", base_url="http://127.0.0.1:9/v1", retries=0, timeout=1)
    with pytest.raises(ModelError, match=r"127\.0\.0\.1:9.*Is the server running"):
        ask(chat)


def test_only_so_many_calls_run_at_once() -> None:
    """Two slots take twice as long for four calls as for two."""
    running, most = [0], [0]
    lock = threading.Lock()

    def slowly(_asked: object) -> str:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.05)
        with lock:
            running[0] -= 1
        return GIST

    with FakeModelServer(slowly) as server:
        chat = server.chat(parallel=2)
        threads = [threading.Thread(target=ask, args=(chat,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most[0] == 2


def test_a_parameter_that_is_refused_is_left_out() -> None:
    """A model that wants no temperature, or another word for the limit, is asked without."""
    refusals = {
        "temperature": "temperature does not support 0",
        "max_tokens": "Use 'max_completion_tokens' instead of 'max_tokens'",
    }

    class Picky(FakeModelServer):
        def answer(self, body):  # type: ignore[no-untyped-def]
            for name, complaint in refusals.items():
                if name in body:
                    return Reply(status=400), f'{{"error": {{"message": "{complaint}"}}}}'
            return super().answer(body)

    with Picky([GIST]) as server:
        assert ask(server.chat())["keywords"] == ["cat"]
    assert "max_completion_tokens" in server.asked[0].body


def test_a_name_goes_to_the_endpoint_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`openai:MODEL` and `MODEL` are the same at OPENAI_BASE_URL; without it the error says so."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(InputError, match="OPENAI_BASE_URL"):
        resolve_chat("openai:m")
    with FakeModelServer([GIST]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        for name in ("openai:small", "small"):
            chat = resolve_chat(name)
            assert isinstance(chat, OpenAIChat)
            assert ask(chat)["keywords"] == ["cat"]
        assert {asked.body["model"] for asked in server.asked} == {"small"}


@pytest.mark.parametrize("wrong", ["", "openai:", 7, object()])
def test_what_is_no_model_is_refused(wrong: object) -> None:
    """An empty name or an object without complete() is an InputError."""
    with pytest.raises(InputError):
        resolve_chat(wrong)


def test_pauses_grow_and_are_not_the_same_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each pause is about twice the last, a part of it left to chance."""
    pauses: list[float] = []
    monkeypatch.setattr("openai._base_client.time.sleep", pauses.append)
    with FakeModelServer([Reply(status=503)]) as server:
        chat = server.chat(retries=2)
        for _ in range(4):
            with pytest.raises(ModelError):
                ask(chat)
    firsts, seconds = pauses[::2], pauses[1::2]
    assert len(set(firsts)) > 1
    assert all(0.3 <= pause <= 0.5 for pause in firsts)
    assert all(0.7 <= pause <= 1.0 for pause in seconds)


def test_a_call_under_way_ends_when_its_client_is_closed() -> None:
    """Whoever waits for a slow answer has a ModelError as soon as the client is closed."""
    ended: list[tuple[float, BaseException]] = []

    def waiting() -> None:
        try:
            ask(chat)
        except ModelError as error:
            ended.append((time.monotonic(), error))

    with FakeModelServer([Reply(text=GIST, delay=4.0)]) as server:
        chat = server.chat(retries=0)
        thread = threading.Thread(target=waiting)
        thread.start()
        until = time.monotonic() + 5
        while not server.asked and time.monotonic() < until:
            time.sleep(0.005)
        closed = time.monotonic()
        chat.close()
        thread.join(3.0)
        assert not thread.is_alive()
    ((when, error),) = ended
    assert when - closed < 2.0
    assert "closed" in str(error)
