"""Any endpoint that speaks OpenAI's chat protocol: hosted, or vLLM, Ollama, llama.cpp, LM Studio.

A request with a schema tries the schema itself, then any JSON object, then plain text. A form that
the endpoint refuses is not tried again.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from combray.core.errors import InputError, MissingExtra, ModelError
from combray.core.ports import ChatRequest, Completion
from combray.core.text import count_tokens
from combray.models.prices import Price, price_of

if TYPE_CHECKING:
    import openai

TIMEOUT = "COMBRAY_LLM_TIMEOUT"
RUNGS = ("json_schema", "json_object", "words")
LOCAL = ("localhost", "127.0.0.1", "::1", "0.0.0.0")
_SHAPE_WORDS = ("response_format", "json_schema", "json_object", "schema", "structured", "grammar")


@dataclass(slots=True)
class EndpointTraits:
    """What one endpoint was found to accept; shared by all clients of this process."""

    rung: int = 0
    temperature: bool = True
    limit: str = "max_tokens"


_traits: dict[tuple[str, str], EndpointTraits] = {}


class OpenAIChat:
    """A model behind an OpenAI-compatible endpoint, through the `openai` package (extra `llm`).

    Without `base_url` and `api_key` it uses OPENAI_BASE_URL and OPENAI_API_KEY. A call is tried
    `retries` times more, with growing pauses, after a timeout, a refused connection, 429 or 5xx;
    at most `parallel` calls run at once; `close` ends those that run. A call may take `timeout`
    seconds, else those of COMBRAY_LLM_TIMEOUT, else 60. Raises MissingExtra, and
    InputError when neither an endpoint nor a key is known.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float | None = None,
        retries: int = 3,
        parallel: int = 4,
    ) -> None:
        try:
            import openai
        except ImportError as error:
            raise MissingExtra("A language model", "openai", "llm") from error
        url = base_url or os.environ.get("OPENAI_BASE_URL")
        key = api_key or os.environ.get("OPENAI_API_KEY")
        if not url and not key:
            raise InputError(
                f"The model {model!r} needs an endpoint. Set OPENAI_BASE_URL to a server such as "
                "http://localhost:11434/v1, or OPENAI_API_KEY for OpenAI's own."
            )
        self.name = model
        self._timeout = _seconds() if timeout is None else timeout
        self._openai = openai
        self._client = openai.OpenAI(
            base_url=url, api_key=key or "none", timeout=self._timeout, max_retries=retries
        )
        self._where = str(self._client.base_url)
        self._slots = threading.BoundedSemaphore(parallel)
        self._lock = threading.Lock()
        self._under_way: set[Future[Any]] = set()
        self._closed = False
        self._traits = _traits.setdefault((self._where, model), EndpointTraits())

    def __repr__(self) -> str:
        return f"{self.name} at {self._where}"

    @property
    def price(self) -> Price | None:
        """US dollars for a million tokens in and out; nothing on this machine; None if unknown."""
        local = (urlsplit(self._where).hostname or "") in LOCAL
        return (0.0, 0.0) if local else price_of(self.name)

    def complete(self, request: ChatRequest, /) -> Completion:
        """The text of the answer, with the tokens that the endpoint counted.

        Raises ModelError saying what stood in the way.
        """
        with self._slots:
            for _ in range(6):
                try:
                    return self._answer(request, self._asked(self._arguments(request)))
                except self._openai.OpenAIError as error:
                    if not self._learn(error, request):
                        raise self._ours(error) from error
        raise ModelError(f"The endpoint {self._where} refuses every form of the question.")

    def close(self) -> None:
        """Release the connections; calls under way end with ModelError."""
        with self._lock:
            self._closed = True
            for call in self._under_way:
                call.cancel()
        self._client.close()

    def _asked(self, arguments: Mapping[str, Any]) -> Any:
        """What the endpoint answers; ModelError as soon as the client is closed.

        A read from a socket cannot be called off, so a thread waits for it, which nobody waits for.
        """
        call: Future[Any] = Future()
        with self._lock:
            if self._closed:
                call.cancel()
            self._under_way.add(call)
        threading.Thread(target=self._wait, args=(call, arguments), daemon=True).start()
        try:
            return call.result()
        except CancelledError as error:
            raise ModelError(f"The model {self.name} was closed before it answered.") from error
        finally:
            with self._lock:
                self._under_way.discard(call)

    def _wait(self, call: Future[Any], arguments: Mapping[str, Any]) -> None:
        with suppress(InvalidStateError):  # that of a call that was cancelled meanwhile
            try:
                call.set_result(self._client.chat.completions.create(**arguments))
            except self._openai.OpenAIError as error:
                call.set_exception(error)
            finally:
                call.cancel()

    def _arguments(self, request: ChatRequest) -> dict[str, Any]:
        messages = [dict(message) for message in request.messages]
        given: dict[str, Any] = {"model": self.name, self._traits.limit: request.max_tokens}
        if self._traits.temperature:
            given["temperature"] = 0
        rung = RUNGS[self._traits.rung]
        if request.schema is not None and rung == "json_schema":
            given["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": request.step, "schema": request.schema, "strict": True},
            }
        elif request.schema is not None:
            messages[0]["content"] += f"\n\nThe schema of the JSON: {json.dumps(request.schema)}"
            if rung == "json_object":
                given["response_format"] = {"type": "json_object"}
        return {**given, "messages": messages}

    def _learn(self, error: openai.OpenAIError, request: ChatRequest) -> bool:
        """Give up what the endpoint complains of; False when that is not the trouble."""
        text, traits = str(error).lower(), self._traits
        if getattr(error, "status_code", None) not in (400, 422):
            return False
        if traits.limit == "max_tokens" and "max_completion_tokens" in text:
            traits.limit = "max_completion_tokens"
            return True
        if traits.temperature and "temperature" in text:
            traits.temperature = False
            return True
        shaped = request.schema is not None and any(word in text for word in _SHAPE_WORDS)
        if shaped and traits.rung < len(RUNGS) - 1:
            traits.rung += 1
            return True
        return False

    def _answer(self, request: ChatRequest, done: openai.types.chat.ChatCompletion) -> Completion:
        choices = done.choices or []
        text = (choices[0].message.content if choices else None) or ""
        usage = done.usage
        if usage is not None:
            return Completion(text, usage.prompt_tokens, usage.completion_tokens)
        return Completion(text, tokens_of(request), count_tokens(text))

    def _ours(self, error: openai.OpenAIError) -> ModelError:
        """The same complaint in our words, with what to do next."""
        sdk, where = self._openai, f"The model {self.name} at {self._where}"
        if isinstance(error, sdk.APITimeoutError):
            return ModelError(
                f"{where} did not answer in {self._timeout:g} s. It is tried again later; "
                f"{TIMEOUT} gives it more time."
            )
        if isinstance(error, sdk.AuthenticationError | sdk.PermissionDeniedError):
            return ModelError(f"{where} refuses the key. Check OPENAI_API_KEY.")
        if isinstance(error, sdk.NotFoundError):
            return ModelError(f"{where} is not there. Check the name and OPENAI_BASE_URL.")
        if isinstance(error, sdk.RateLimitError):
            return ModelError(f"{where} has too many calls (429). It is tried again later.")
        if isinstance(error, sdk.APIStatusError):
            return ModelError(f"{where} failed with status {error.status_code}.", raw=str(error))
        return ModelError(
            f"{where} cannot be reached: {str(error).rstrip('.')}. Is the server running?"
        )


def _seconds() -> float:
    """The seconds that the environment gives a model, or 60."""
    given = os.environ.get(TIMEOUT) or "60"
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise InputError(f"{TIMEOUT} must be a number of seconds, not {given!r}.")
    return seconds


def tokens_of(request: ChatRequest) -> int:
    """An upper estimate of the tokens of a question, its schema included."""
    texts = [str(message["content"]) for message in request.messages]
    schema: Mapping[str, Any] = request.schema or {}
    return sum(count_tokens(text) + 4 for text in texts) + count_tokens(json.dumps(schema))
