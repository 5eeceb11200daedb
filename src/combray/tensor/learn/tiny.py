"""Small transformers of real families, trained in seconds, kept on disk and the same every time.

b rows, t tokens. A task (see `synthetic`) gives token rows and how much each token counts:

    loss = Σ w_t · (-log P(x_t | x_<t)) / Σ w_t
"""

from __future__ import annotations

import hashlib
import inspect
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from combray.core.errors import UnknownName
from combray.tensor.learn.synthetic import Context, Needles, Runs, Task, TokenBatch

__all__ = [
    "Context",
    "Needles",
    "Recipe",
    "Runs",
    "Task",
    "TokenBatch",
    "blank",
    "cache_dir",
    "train",
    "trained",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A model and how it is trained. Two equal recipes give the same weights."""

    task: Task
    family: str = "llama"
    layers: int = 2
    width: int = 64
    heads: int = 4
    kv_heads: int = 2
    length: int = 1024
    steps: int = 800
    rows: int = 32
    lr: float = 3e-3
    init: float = 0.1
    seed: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Names the weights on disk: the recipe, and the code of the task, model and training."""
        makers: tuple[Any, ...] = (type(self.task), train, _loss, _rope, *_FAMILIES.values())
        text = repr(self) + torch.__version__ + "".join(inspect.getsource(x) for x in makers)
        return f"{self.family}-{hashlib.sha256(text.encode()).hexdigest()[:20]}"


def blank(recipe: Recipe) -> Any:
    """The untrained model of a recipe, in evaluation mode; global randomness is left as it was."""
    if recipe.family not in _FAMILIES:
        raise UnknownName("family of small models", recipe.family, _FAMILIES)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return _FAMILIES[recipe.family](recipe).eval()


def _rope(recipe: Recipe) -> dict[str, Any]:
    return {
        "vocab_size": recipe.task.words,
        "hidden_size": recipe.width,
        "intermediate_size": 2 * recipe.width,
        "num_hidden_layers": recipe.layers,
        "num_attention_heads": recipe.heads,
        "num_key_value_heads": recipe.kv_heads,
        "max_position_embeddings": recipe.length,
        "initializer_range": recipe.init,
        **_SPECIAL,
        **recipe.extra,
    }


def _llama(recipe: Recipe) -> Any:
    return LlamaForCausalLM(LlamaConfig(**_rope(recipe)))


def _qwen3(recipe: Recipe) -> Any:
    head = recipe.width // recipe.heads
    return Qwen3ForCausalLM(Qwen3Config(head_dim=head, **_rope(recipe)))


def _gpt2(recipe: Recipe) -> Any:
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=recipe.task.words,
            n_embd=recipe.width,
            n_layer=recipe.layers,
            n_head=recipe.heads,
            n_positions=recipe.length,
            initializer_range=recipe.init,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            **_SPECIAL,
            **recipe.extra,
        )
    )


_SPECIAL = {"pad_token_id": 0, "bos_token_id": None, "eos_token_id": None}
_FAMILIES = {"llama": _llama, "qwen3": _qwen3, "gpt2": _gpt2}


def trained(recipe: Recipe) -> Any:
    """The trained model of a recipe: from disk when it was trained before, else trained now."""
    model = blank(recipe)
    path = cache_dir() / f"{recipe.key}.safetensors"
    if not path.exists():
        train(model, recipe)
        _save(dict(model.named_parameters()), path)
    with torch.no_grad():
        for name, saved in load_file(path).items():
            model.get_parameter(name).copy_(saved)
    return model.eval()


def cache_dir() -> Path:
    """Where trained weights are kept: COMBRAY_CACHE, else the user's cache folder."""
    base = os.environ.get("COMBRAY_CACHE")
    if base:
        return Path(base) / "tiny"
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "combray" / "tiny"


def _save(weights: Mapping[str, Tensor], path: Path) -> None:
    """Write beside and rename, so that a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        beside = Path(folder) / path.name
        save_file({k: v.detach().contiguous() for k, v in weights.items()}, beside)
        beside.replace(path)


def train(model: Any, recipe: Recipe) -> list[float]:
    """Train in place; the losses, one a step."""
    rng = torch.Generator().manual_seed(recipe.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.lr, weight_decay=0.01)
    warm = max(1, recipe.steps // 20)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda i: min(1.0, (i + 1) / warm) * max(0.05, 1 - i / recipe.steps)
    )
    losses = []
    model.train()
    for _ in range(recipe.steps):
        batch = recipe.task.sample(recipe.rows, rng)
        loss = _loss(model(input_ids=batch.tokens, use_cache=False).logits, batch)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    model.eval()
    return losses


def _loss(logits: Tensor, batch: TokenBatch) -> Tensor:
    nll = cross_entropy(
        logits[:, :-1].flatten(0, 1), batch.tokens[:, 1:].flatten(), reduction="none"
    )
    weight = batch.weight[:, 1:].flatten()
    return (nll * weight).sum() / weight.sum()
