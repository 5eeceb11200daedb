"""Put a cache policy under a model of transformers, for the length of a `with` block."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from weakref import WeakSet

import transformers
from torch import nn
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer

from combray.core.catalogue import POLICY, registry
from combray.core.errors import InputError, UnknownName, Unsupported
from combray.tensor.kv.attention import NAMES, eager_of, register
from combray.tensor.kv.budget import Budget, resolve
from combray.tensor.kv.cache import PolicyCache
from combray.tensor.kv.hooks import Hooks
from combray.tensor.kv.kv_store import DenseStore, KVStore
from combray.tensor.kv.policy import KVPolicy

_ATTACHED: WeakSet[nn.Module] = WeakSet()


@contextmanager
def attach(
    model: Any,
    policy: str | KVPolicy = "full",
    *,
    budget: Budget | Sequence[Budget] = None,
    store: Callable[[], KVStore] = DenseStore,
    **options: Any,
) -> Iterator[PolicyCache]:
    """A cache for `model.generate` that keeps within a budget by a policy.

    policy: the name of a cache policy, made with the options, or a policy. budget: entries a layer
    may hold, as a number or as a share of the tokens seen; a sequence gives each layer its own.
    store: makes the place where a layer's keys and values live. On leaving, the model is as it was.

    Raises UnknownName, InputError or Unsupported before anything of the model is changed.
    """
    chosen = make_policy(policy, **options) if isinstance(policy, str) else policy
    if not isinstance(policy, str) and options:
        raise InputError(f"Options {sorted(options)} go with a policy's name, not with a policy.")
    layers = check(model, chosen)
    cache = PolicyCache(chosen, resolve(budget, layers, chosen), store)
    with ExitStack() as undo:
        _install(model, chosen, undo)
        yield cache


def make_policy(name: str, /, **options: Any) -> KVPolicy:
    """Make the policy of a name with options."""
    known = {row.name: row for row in registry().values() if row.kind == POLICY}
    if name not in known:
        raise UnknownName("cache policy", name, known)
    maker = known[name].load()
    takes = inspect.signature(maker).parameters
    for option in options:
        if option not in takes:
            raise UnknownName(f"option of the cache policy {name!r}", option, takes)
    policy: KVPolicy = maker(**options)
    return policy


def check(model: Any, policy: KVPolicy) -> int:
    """How many layers the model has; an error when a policy cannot work under it."""
    _check_version(transformers.__version__)
    if not isinstance(model, PreTrainedModel):
        raise InputError(
            f"A model of transformers is needed, not {type(model).__name__}. Load it with "
            "AutoModelForCausalLM, or give the model inside your wrapper."
        )
    name, config = type(model).__name__, model.config
    if model.get_output_embeddings() is None:
        raise Unsupported(f"{name} has no language-model head; give the causal LM that wraps it.")
    if config.is_encoder_decoder or config.get_text_config() is not config:
        raise Unsupported(f"{name} is not a text-only decoder; cache policies work on those.")
    if not model._supports_attention_backend:
        raise Unsupported(f"{name} does not let its attention be replaced, which policies need.")
    kind = config._attn_implementation
    if kind in NAMES.values() or model in _ATTACHED:
        raise Unsupported(f"A policy is already attached to this {name}; leave its `with` first.")
    if kind not in NAMES:
        raise Unsupported(
            f"{name} runs {kind!r} attention; policies work with {' or '.join(NAMES)}. "
            "Call `model.set_attn_implementation('sdpa')` first."
        )
    _check_head(name, config, policy)
    return _count_layers(name, config)


def _check_version(version: str) -> None:
    found = tuple(int(x) for x in re.findall(r"\d+", version)[:2])
    if found < (5, 4):
        raise Unsupported(
            f"transformers {version} is too old: its caches are told other things. "
            "At least 5.4 is needed. Run: pip install -U 'transformers>=5.4'"
        )


def _check_head(name: str, config: Any, policy: KVPolicy) -> None:
    bent = [
        key
        for key in ("final_logit_softcapping", "logit_scale", "logits_scaling")
        if getattr(config, key, None) not in (None, 1, 1.0)
    ]
    if policy.needs.surprisal and bent:
        raise Unsupported(
            f"{name} changes its logits after the head ({', '.join(bent)}), so the surprisal of "
            "tokens cannot be read from the head alone. Use a policy that does not need it."
        )


def _count_layers(name: str, config: Any) -> int:
    layers = DynamicCache(config=config).layers
    other = sorted({type(x).__name__ for x in layers if type(x) is not DynamicLayer})
    if other:
        raise Unsupported(
            f"{name} has layers that are not full attention ({', '.join(other)}); "
            "a policy that drops entries would fight their own window or state."
        )
    return int(config.num_hidden_layers)


def _install(model: PreTrainedModel, policy: KVPolicy, undo: ExitStack) -> None:
    """Hooks and attention, each with its removal."""
    hooks, kind = Hooks(model), model.config._attn_implementation
    parts = [m for m in model.modules() if isinstance(getattr(m, "layer_idx", None), int)]
    attention = [m for m in parts if getattr(m, "is_causal", None) is not None]
    if kind == "eager":
        for part in attention:
            eager_of(part)
    register()
    _ATTACHED.add(model)
    undo.callback(_ATTACHED.discard, model)
    undo.callback(model.set_attn_implementation, kind)
    model.set_attn_implementation(NAMES[kind])
    handles = [
        model.register_forward_pre_hook(hooks.open, with_kwargs=True),
        model.get_decoder().register_forward_hook(hooks.hear, with_kwargs=True),
        model.register_forward_hook(hooks.close, with_kwargs=True, always_call=True),
    ]
    if policy.needs.hidden:
        handles += [m.register_forward_pre_hook(hooks.notice, with_kwargs=True) for m in attention]
    for handle in handles:
        undo.callback(handle.remove)
