"""A model with a cache that answers questions about a context, as the benches ask them.

The last token of a prompt is read after what stands before it was brought to the budget, so that
even the first word of an answer comes from what was kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from combray.core.errors import InputError
from combray.tensor.kv.attach import attach
from combray.tensor.kv.budget import Budget
from combray.tensor.kv.cache import CACHE_ARGUMENT, PolicyCache
from combray.tensor.kv.policy import KVPolicy

PROMPT = "\n\nQuestion: {}\nAnswer:"


class Words(Protocol):
    """Texts to tokens and back; a tokenizer of transformers is one as `Subwords`."""

    def encode(self, text: str, *, first: bool) -> list[int]:
        """Tokens of a text; `first` when nothing comes before it."""

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens."""


class CacheSession:
    """One context in a cache of its own, and what is still to be read."""

    def __init__(self, reader: ModelReader, cache: PolicyCache, pending: list[int]) -> None:
        self._reader, self._cache, self._pending = reader, cache, pending

    @property
    def nbytes(self) -> int:
        """Bytes of keys and values held."""
        return self._cache.nbytes

    def prefill(self) -> None:
        """Read the context now, before any question is known."""
        self._reader.feed(self._cache, self._pending)
        self._pending = []

    def ask(self, question: str, answer: str, /) -> str:
        """Reply to a question; what is read next follows `answer`, not the reply."""
        reader = self._reader
        tokens = [*self._pending, *reader.words.encode(reader.prompt.format(question), first=False)]
        reader.feed(self._cache, tokens[:-1])
        reply = reader.say(self._cache.fork(), tokens[-1])
        self._pending = [tokens[-1], *reader.words.encode(answer, first=False)]
        return reply

    def fork(self) -> CacheSession:
        """The same context, to be asked something else."""
        return CacheSession(self._reader, self._cache.fork(), list(self._pending))


class ModelReader:
    """A model under one policy; made by `reading`, it works inside its `with` block."""

    def __init__(
        self, model: Any, words: Words, empty: PolicyCache, name: str, prompt: str, longest: int
    ) -> None:
        self.model, self.words, self.name = model, words, name
        self.prompt, self.longest = prompt, longest
        self._empty = empty
        eos = getattr(model.generation_config, "eos_token_id", None)
        self._stops = set(eos if isinstance(eos, list) else [eos])

    def open(self, case: Any, /) -> CacheSession:
        """A reading of the case's context; nothing is read yet.

        Raises InputError for a context longer than the positions that the model has learned.
        """
        tokens = self.words.encode(case.context, first=True)
        config = self.model.config
        most = getattr(config, "max_position_embeddings", None)
        if not getattr(config, "rope_parameters", None) and most and len(tokens) >= most:
            raise InputError(
                f"The context has {len(tokens):,} tokens and {type(self.model).__name__} has "
                f"learned {most:,} positions. Ask about shorter contexts."
            )
        return CacheSession(self, self._empty.fork(), tokens)

    def feed(self, cache: PolicyCache, tokens: Sequence[int]) -> torch.Tensor | None:
        """Read tokens in one forward pass; the logits (V,) after the last, None for no tokens."""
        if not tokens:
            return None
        ids = torch.tensor([list(tokens)], device=self.model.device)
        with torch.no_grad():
            # Logits of the last token alone: those of a long context over all words do not fit.
            logits: torch.Tensor = self.model(
                ids, logits_to_keep=1, **{CACHE_ARGUMENT: cache}
            ).logits
        return logits[0, -1]

    def say(self, cache: PolicyCache, token: int) -> str:
        """Go on greedily after a token: to the end of the line, of the text, or of patience."""
        said: list[int] = []
        while len(said) < self.longest:
            logits = self.feed(cache, [token])
            token = int(logits.argmax()) if logits is not None else token
            if token in self._stops:
                break
            said.append(token)
            text = self.words.decode(said)
            if "\n" in text.lstrip():
                break
        return self.words.decode(said).strip()


@contextmanager
def reading(
    model: Any,
    words: Words,
    policy: str | KVPolicy = "full",
    *,
    budget: Budget = None,
    prompt: str = PROMPT,
    longest: int = 64,
    **options: Any,
) -> Iterator[ModelReader]:
    """A model with a cache as something that the benches can question.

    prompt: has {} where the question goes. longest: tokens of a reply at most.
    """
    if prompt.format("?") == prompt:
        raise InputError(f"The prompt needs {{}} where the question goes: {prompt!r}.")
    name = policy if isinstance(policy, str) else type(policy).__name__.lower()
    shown = name if budget is None else f"{name} {budget}"
    with attach(model, policy, budget=budget, **options) as cache:
        yield ModelReader(model, words, cache, shown, prompt, longest)


def load(path: str | Path) -> tuple[Any, Subwords]:
    """A model of transformers and its tokenizer from a folder; nothing is fetched.

    Raises InputError when the folder does not hold both.
    """
    if not Path(path).is_dir():
        raise InputError(f"{path} is not a folder. Give one with config.json, weights, tokenizer.")
    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(path, local_files_only=True)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path} does not hold a causal language model: {reason}") from error
    return model.eval(), Subwords(tokenizer)


class Subwords:
    """The words of a tokenizer of transformers."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def encode(self, text: str, *, first: bool) -> list[int]:
        """Its tokens; only the first text begins as the model wants texts to begin."""
        tokens: list[int] = self._tokenizer.encode(text, add_special_tokens=first)
        return tokens

    def decode(self, tokens: Sequence[int]) -> str:
        """Their text, without special tokens."""
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True)
        return text


class Vocabulary:
    """The words of a small model: one token a word."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._words = list(vocabulary)
        self._places = {word: i for i, word in enumerate(vocabulary)}

    def encode(self, text: str, *, first: bool) -> list[int]:
        """Its words; InputError for a word the model has never seen."""
        unknown = [word for word in text.split() if word not in self._places]
        if unknown:
            raise InputError(f"The small model does not know the word {unknown[0]!r}.")
        return [self._places[word] for word in text.split()]

    def decode(self, tokens: Sequence[int]) -> str:
        """The words with spaces between."""
        return " ".join(self._words[token] for token in tokens)
