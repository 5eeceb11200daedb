"""LLM in a flash: feed-forward weights on disk, read for the neurons that will fire.

t tokens, h width of the model, n neurons, r rank, k window. With g the ReLU,

    y = Σ_i W_down[:, i] · g(W_gate x)_i · (W_up x)_i        only neurons with g > 0 count
    A_t = {i : (W_2 W_1 x_t)_i > θ_i}                        predicted to fire
    read A_t \\ U_{t-1},   U_t = A_t ∪ A_{t-1} ∪ … ∪ A_{t-k+1}
    record_i = [gate_i ‖ up_i ‖ down_i]                      one read instead of three
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from combray.core.errors import InputError, Unsupported
from combray.tensor.offload.host import free_or_refuse
from combray.tensor.offload.row_file import NeuronBuffer, RowFile, stride_of
from combray.tensor.offload.sparsity import Predictor, fit
from combray.tensor.offload.trace import layers_of


@dataclass(frozen=True, slots=True)
class Weights:
    """A feed-forward part as records [gate ‖ up ‖ down] or [up ‖ down], and what stays beside."""

    gate: nn.Linear
    up: nn.Linear | None
    down: nn.Linear

    def records(self) -> Tensor:
        """(n, width) one neuron a row."""
        parts = [self.gate.weight, self.down.weight.T]
        if self.up is not None:
            parts.insert(1, self.up.weight)
        return torch.cat([x.detach() for x in parts], dim=1)

    def release(self) -> None:
        """Give the memory of the weights back."""
        for each in (self.gate, self.up, self.down):
            if each is not None:
                each.weight.data = each.weight.data.new_empty(0)

    def restore(self, records: Tensor) -> None:
        """Put the weights back from their records."""
        h = records.shape[1] // (3 if self.up is not None else 2)
        self.gate.weight.data = records[:, :h].contiguous()
        self.down.weight.data = records[:, -h:].T.contiguous()
        if self.up is not None:
            self.up.weight.data = records[:, h : 2 * h].contiguous()


class SparseFFN(nn.Module):
    """A feed-forward part whose neurons are read when they are predicted to fire."""

    def __init__(
        self,
        weights: Weights,
        files: list[RowFile],
        predictor: Predictor,
        capacity: int,
        window: int,
    ) -> None:
        super().__init__()
        self._weights, self._files = weights, files
        self._predictor, self._window = predictor, window
        width = sum(file.width for file in files)
        self._buffer = NeuronBuffer(capacity, files[0].rows, width, files[0].dtype)
        # The last token that each neuron was wanted for, counted from the first one read.
        self._wanted = torch.full((files[0].rows,), -1 - window)
        self.tokens = 0

    @property
    def held(self) -> float:
        """Share of the neurons that are in memory now."""
        return len(self._buffer.neurons) / self._buffer.total

    def forward(self, x: Tensor) -> Tensor:
        """(… h) -> (… h)."""
        flat = x.reshape(-1, x.shape[-1])
        return self._run(flat, self._predictor(flat)).view(x.shape)

    def _run(self, x: Tensor, active: Tensor) -> Tensor:
        union = active.any(0)
        if int(union.sum()) > self._buffer.capacity:
            if len(x) == 1:
                raise Unsupported(
                    f"One token needs {int(union.sum())} neurons and the buffer holds "
                    f"{self._buffer.capacity}. Raise the budget."
                )
            half = len(x) // 2
            return torch.cat(
                [self._run(x[:half], active[:half]), self._run(x[half:], active[half:])]
            )
        self._load(union)
        at = torch.arange(self.tokens, self.tokens + len(x))
        self._wanted = torch.where(active, at[:, None], self._wanted).amax(0)
        self.tokens += len(x)
        return self._compute(x, union.nonzero()[:, 0])

    def _load(self, union: Tensor) -> None:
        """Forget what left the window, or what there is no room for, and read what is missing."""
        held = self._buffer.holds()
        recent = held & (self._wanted >= self.tokens - self._window)
        spare = (recent & ~union).nonzero()[:, 0]
        room = self._buffer.capacity - int(union.sum())
        if len(spare) > room:
            spare = spare[self._wanted[spare].topk(room).indices]
        stays = recent & union
        stays[spare] = True
        self._buffer.drop((held & ~stays).nonzero()[:, 0])
        missing = (union & ~stays).nonzero()[:, 0]
        self._buffer.add(missing, torch.cat([file.read(missing) for file in self._files], dim=1))

    def _compute(self, x: Tensor, neurons: Tensor) -> Tensor:
        """Of the neurons held, those that are predicted alone: the window is many times more."""
        rows, h, weights = self._buffer.take(neurons), x.shape[1], self._weights
        fired = nn.functional.linear(x, rows[:, :h], _some(weights.gate.bias, neurons)).relu()
        if weights.up is not None:
            up_bias = _some(weights.up.bias, neurons)
            fired = fired * nn.functional.linear(x, rows[:, h : 2 * h], up_bias)
        y = fired @ rows[:, -h:]
        return y if weights.down.bias is None else y + weights.down.bias


def _some(bias: Tensor | None, neurons: Tensor) -> Tensor | None:
    return None if bias is None else bias[neurons]


@dataclass(frozen=True, slots=True)
class Disk:
    """What a read costs: seconds before its first byte, and bytes a second after."""

    latency: float
    bandwidth: float
    threads: int = 8

    def seconds(self, reads: int, nbytes: int) -> float:
        """T = reads · latency / threads + bytes / bandwidth."""
        return reads * self.latency / self.threads + nbytes / self.bandwidth


@dataclass(slots=True)
class Ledger:
    """The replaced parts of an attached model and what they read."""

    parts: list[SparseFFN]
    files: list[RowFile]

    @property
    def nbytes(self) -> int:
        """Bytes read."""
        return sum(file.reads.nbytes for file in self.files)

    @property
    def reads(self) -> int:
        """Reads made."""
        return sum(file.reads.count for file in self.files)

    def reset(self) -> None:
        """Count from zero again."""
        for file in self.files:
            file.reads.count = file.reads.nbytes = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flash:
    """Runs a ReLU model of transformers with its feed-forward weights on disk.

    Use: `with Flash(folder=..., budget=0.5).attach(model, tokens): model.generate(...)`.

    **Paper** Alizadeh et al., 2024, LLM in a flash: Efficient Large Language Model Inference with
    Limited Memory.
    **Kept** 1. A low-rank predictor a layer. 2. The window of the last k active sets. 3. Records
    that bundle a neuron's rows and columns. 4. A buffer of a share of the neurons, with a pointer
    table, where the last row fills a hole. 5. The cost of reads.
    **Left** Attention and embeddings stay in memory, as in the paper. The predictor is fitted by
    reduced-rank regression, not by gradient descent. GPUs. The window of 5 saves less here than in
    the paper (÷1.7 where it has ÷4.5): neurons of a model of bytes come back later, and ÷5 needs a
    window of 32 to 64, within the same half of the memory. Times were taken on a busy machine.
    **Law** With an oracle for a predictor the logits are the dense ones; bytes read are those that
    the cost model counts.

    folder: where the records go. budget: share of neurons that the buffer holds. window: k; 0 keeps
    nothing. rank, recall: of the predictor. bundled: one read a neuron, or one for each matrix.
    """

    folder: Path
    budget: float = 0.5
    window: int = 4
    rank: int = 64
    recall: float = 0.99
    bundled: bool = True
    threads: int = 8

    def __post_init__(self) -> None:
        if not 0 < self.budget <= 1 or self.window < 0 or self.threads < 1:
            raise InputError("budget must be in (0, 1], window not negative, threads positive.")

    @contextmanager
    def attach(
        self,
        model: Any,
        tokens: Tensor | None = None,
        *,
        predictor: Callable[[Weights], Predictor] | None = None,
    ) -> Iterator[Ledger]:
        """Under this block the weights are on disk; after it they are in memory again.

        tokens: (b t) that the predictors are fitted on; or `predictor` makes one for each layer.
        """
        parts = [_find(layer) for layer in layers_of(model)]
        self._check_room([weights for weights, _ in parts])
        made = [predictor(weights) for weights, _ in parts] if predictor else None
        if made is None:
            if tokens is None:
                raise InputError("Give tokens to fit the predictors on, or a predictor.")
            made = self._fit(model, tokens, [weights for weights, _ in parts])
        with ExitStack() as undo:
            ledger = Ledger([], [])
            for i, ((weights, put), each) in enumerate(zip(parts, made, strict=True)):
                ledger.parts.append(self._replace(i, weights, put, each, ledger, undo))
            yield ledger

    def _check_room(self, parts: list[Weights]) -> None:
        for x in parts:
            if x.gate.weight.device.type != "cpu":
                raise Unsupported(
                    f"Neurons are read into this machine's memory and the model is on "
                    f"{x.gate.weight.device}. Move it first: model.to('cpu')."
                )
        need = sum(x.gate.weight.shape[0] * stride_of(_record(x)) for x in parts)
        free_or_refuse(self.folder, need)

    def _fit(self, model: Any, tokens: Tensor, parts: list[Weights]) -> list[Predictor]:
        seen: list[tuple[Tensor, Tensor]] = []

        def note(_: Any, x: Any, y: Tensor) -> None:
            seen.append((x[0].flatten(0, -2), y.flatten(0, -2)))

        handles = [weights.gate.register_forward_hook(note) for weights in parts]
        try:
            with torch.no_grad():
                model(input_ids=tokens, use_cache=False)
        finally:
            for handle in handles:
                handle.remove()
        return [fit(x, y, rank=self.rank, recall=self.recall) for x, y in seen]

    def _replace(
        self,
        i: int,
        weights: Weights,
        put: Callable[[nn.Module | None], None],
        predictor: Predictor,
        ledger: Ledger,
        undo: ExitStack,
    ) -> SparseFFN:
        records = weights.records()
        h = weights.gate.in_features
        pieces = [records] if self.bundled else list(torch.split(records, h, dim=1))
        files = []
        for j, piece in enumerate(pieces):
            path = self.folder / f"layer-{i}-{j}.bundles"
            undo.callback(path.unlink, missing_ok=True)
            files.append(RowFile.write(path, piece, self.threads))
            undo.callback(files[-1].close)
        ledger.files += files
        capacity = max(1, round(self.budget * records.shape[0]))
        part = SparseFFN(weights, files, predictor, capacity, self.window)
        everything = torch.arange(records.shape[0])
        undo.callback(
            lambda: weights.restore(torch.cat([file.read(everything) for file in files], dim=1))
        )
        undo.callback(put, None)
        weights.release()
        put(part)
        return part


def _record(weights: Weights) -> int:
    h = weights.gate.in_features * weights.gate.weight.element_size()
    return h * (2 if weights.up is None else 3)


def _find(layer: nn.Module) -> tuple[Weights, Callable[[nn.Module | None], None]]:
    """A layer's feed-forward weights and how to put another part in its place (None: undo)."""
    mlp: Any = getattr(layer, "mlp", None)
    if mlp is not None and hasattr(mlp, "gate_proj"):
        _need_relu(mlp.act_fn, layer)

        def put(part: nn.Module | None) -> None:
            layer.mlp = mlp if part is None else part

        return Weights(mlp.gate_proj, mlp.up_proj, mlp.down_proj), put
    if hasattr(layer, "fc1") and hasattr(layer, "fc2"):
        first: Any = layer.fc1
        second: Any = layer.fc2
        act: Any = layer.activation_fn
        _need_relu(act, layer)

        def put_in_line(part: nn.Module | None) -> None:
            layer.fc1 = first if part is None else part
            layer.activation_fn = act if part is None else nn.Identity()
            layer.fc2 = second if part is None else nn.Identity()

        return Weights(first, None, second), put_in_line
    raise Unsupported(
        f"{type(layer).__name__} has no feed-forward part that is known; Llama's and OPT's are."
    )


def _need_relu(act: Any, layer: nn.Module) -> None:
    if not isinstance(act, nn.ReLU):
        raise Unsupported(
            f"{type(layer).__name__} uses {type(act).__name__}, under which every neuron counts. "
            "Reading only those that fire needs a model with ReLU."
        )
