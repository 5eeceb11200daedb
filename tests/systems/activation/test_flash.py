"""Feed-forward weights on disk: the same answers, the bytes that were counted, the room that is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import OPTConfig, OPTForCausalLM

from combray.core.errors import InputError, Unsupported
from combray.systems.activation.flash import Disk, Flash
from combray.tensor.learn.tiny import Needles, Recipe, blank
from combray.tensor.offload.row_file import BLOCK, NeuronBuffer, RowFile
from combray.tensor.offload.sparsity import Everything, Oracle, fit

pytestmark = pytest.mark.torch


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Small products are slower on several threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def model_of(family: str, width: int = 64) -> Any:
    """An untrained ReLU model, in evaluation mode."""
    if family == "llama":
        return blank(Recipe(task=Needles(), extra={"hidden_act": "relu"}))
    config = OPTConfig(
        vocab_size=321,
        hidden_size=width,
        word_embed_proj_dim=width,
        ffn_dim=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        pad_token_id=0,
    )
    return OPTForCausalLM(config).eval()


def tokens(rows: int, t: int, seed: int = 0) -> torch.Tensor:
    """Random tokens (rows t)."""
    return torch.randint(1, 300, (rows, t), generator=torch.Generator().manual_seed(seed))


def oracle(weights: Any) -> Oracle:
    """A predictor that knows."""
    bias = weights.gate.bias
    return Oracle(weights.gate.weight.detach().clone(), None if bias is None else bias.detach())


def size(weights: dict[str, torch.Tensor]) -> int:
    """Numbers in all weights."""
    return sum(x.numel() for x in weights.values())


def weights_of(model: Any) -> dict[str, torch.Tensor]:
    """Copies of all weights by name."""
    return {name: x.detach().clone() for name, x in model.named_parameters()}


@pytest.mark.parametrize("family", ["llama", "opt"])
@pytest.mark.parametrize("bundled", [True, False])
def test_an_oracle_gives_the_dense_logits(family: str, bundled: bool, tmp_path: Path) -> None:
    """What is read for neurons that fire is all that counts; afterwards every weight is back."""
    model, ids = model_of(family), tokens(2, 12)
    before = weights_of(model)
    with torch.no_grad():
        dense = model(input_ids=ids).logits
        answer = model.generate(ids, max_new_tokens=8, do_sample=False, pad_token_id=0)
        how = Flash(folder=tmp_path, budget=1.0, window=3, bundled=bundled)
        with how.attach(model, predictor=oracle) as ledger:
            assert sum(x.numel() for x in model.parameters()) < sum(
                x.numel() for x in before.values()
            )
            assert torch.allclose(model(input_ids=ids).logits, dense, atol=1e-5)
            again = model.generate(ids, max_new_tokens=8, do_sample=False, pad_token_id=0)
            assert ledger.nbytes > 0
            assert list(tmp_path.iterdir())
    assert torch.equal(answer, again)
    assert not list(tmp_path.iterdir())
    after = weights_of(model)
    assert all(torch.equal(before[name], after[name]) for name in before)
    with torch.no_grad():
        assert torch.equal(model(input_ids=ids).logits, dense)


def test_an_endless_window_reads_each_neuron_once(tmp_path: Path) -> None:
    """With room for all and a window without end, no neuron is read twice."""
    model = model_of("llama")
    with (
        torch.no_grad(),
        Flash(folder=tmp_path, budget=1.0, window=10**6).attach(model, predictor=oracle) as ledger,
    ):
        read = [0, 0]
        original = RowFile.read

        def count(self: RowFile, ids: torch.Tensor) -> torch.Tensor:
            read[ledger.files.index(self)] += len(ids)
            return original(self, ids)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(RowFile, "read", count)
            model(input_ids=tokens(1, 40))
            model(input_ids=tokens(1, 40, seed=1))
        held = [int(part._buffer.holds().sum()) for part in ledger.parts]
    assert read == held


def test_a_window_reads_less_and_a_small_buffer_still_answers(tmp_path: Path) -> None:
    """A longer window reads fewer bytes; with half the room the logits are the same."""
    model, ids = model_of("llama"), tokens(1, 20)
    with torch.no_grad():
        dense = model(input_ids=ids).logits
        spent = []
        for window in (0, 2, 6):
            how = Flash(folder=tmp_path, budget=0.7, window=window)
            with how.attach(model, predictor=oracle) as ledger:
                step = [model(input_ids=ids[:, : i + 1]).logits[:, -1] for i in range(20)]
                spent.append(ledger.nbytes)
                assert torch.allclose(torch.stack(step, 1), dense, atol=1e-5)
    assert spent[0] > spent[1] >= spent[2]


def test_a_bundle_is_one_read_where_its_parts_are_three(tmp_path: Path) -> None:
    """Without a window, the neurons of a token cost a third of the reads when they are bundled."""
    model, reads = model_of("llama"), {}
    for bundled in (True, False):
        how = Flash(folder=tmp_path, budget=1.0, window=0, bundled=bundled)
        with torch.no_grad(), how.attach(model, predictor=oracle) as ledger:
            model(input_ids=tokens(1, 1))
            reads[bundled] = ledger.reads
    assert reads[True] < reads[False]


def test_without_a_window_every_token_reads_anew(tmp_path: Path) -> None:
    """k = 0 keeps nothing: the same token read twice costs the same bytes twice."""
    model, ids = model_of("llama"), tokens(1, 1)
    how = Flash(folder=tmp_path, budget=1.0, window=0)
    with torch.no_grad(), how.attach(model, predictor=oracle) as ledger:
        model(input_ids=ids)
        once = ledger.nbytes
        model(input_ids=ids)
        assert ledger.nbytes == 2 * once > 0


@given(steps=st.lists(st.sets(st.integers(0, 19), max_size=12), min_size=1, max_size=12))
@settings(max_examples=80, deadline=None)
def test_the_buffer_is_a_set_of_neurons(steps: list[set[int]]) -> None:
    """After any adding and dropping, the table finds each neuron's own row and no other."""
    buffer, held = NeuronBuffer(12, 20, 3, torch.float32), set()
    source = torch.arange(60.0).view(20, 3)
    for want in steps:
        buffer.drop(torch.tensor(sorted(held - want), dtype=torch.long))
        new = torch.tensor(sorted(want - held), dtype=torch.long)
        buffer.add(new, source[new])
        held = set(want)
        assert set(buffer.holds().nonzero()[:, 0].tolist()) == held
        assert sorted(buffer.neurons.tolist()) == sorted(held)
        assert torch.equal(buffer.rows, source[buffer.neurons])


@given(ids=st.sets(st.integers(0, 49)), width=st.sampled_from([3, 300, 1024, 1500]))
@settings(max_examples=40, deadline=None)
def test_reads_bring_the_records_and_cost_what_is_counted(
    ids: set[int], width: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any set of records comes back bit for bit; the bytes counted are those of the reads made."""
    records = torch.randn(50, width, generator=torch.Generator().manual_seed(width))
    file = RowFile.write(tmp_path_factory.mktemp("records") / "file", records)
    chosen = sorted(ids)
    spans = file.spans(chosen)
    assert torch.equal(file.read(torch.tensor(chosen, dtype=torch.long)), records[chosen])
    assert (file.reads.count, file.reads.nbytes) == (len(spans), sum(n for _, n in spans))
    assert all(at % BLOCK == 0 == n % BLOCK for at, n in spans)
    assert Disk(1e-4, 1e9, 4).seconds(8, 10**9) == pytest.approx(1 + 2e-4)
    file.close()


def test_reads_pass_the_cache_and_the_system_counts_the_same(tmp_path: Path) -> None:
    """Read twice, the records come twice from the device, where the system tells."""
    records = torch.randn(64, 1024)
    file = RowFile.write(tmp_path / "file", records)
    ids = torch.arange(0, 64, 2)

    def from_device() -> int:
        lines = Path("/proc/self/io").read_text().splitlines()
        return int(next(x for x in lines if x.startswith("read_bytes")).split()[1])

    for _ in range(2):
        before, counted = from_device(), file.reads.nbytes
        file.read(ids)
        if file.direct:
            assert from_device() - before == file.reads.nbytes - counted == 32 * BLOCK
    file.close()


def test_the_predictor_finds_low_rank_activity() -> None:
    """Where activity is of low rank, recall is reached on fresh tokens and little else is read."""
    rng = torch.Generator().manual_seed(0)
    mix = torch.randn(32, 8, generator=rng) @ torch.randn(8, 200, generator=rng)
    x = torch.randn(3000, 32, generator=rng)
    gate = x @ mix - 4
    recalls, read = [], []
    for recall in (0.8, 0.95, 0.999):
        said = fit(x[:2000], gate[:2000], rank=9, recall=recall)(x[2000:])
        fires = gate[2000:] > 0
        recalls.append(float(said[fires].float().mean()))
        read.append(float(said.float().mean()))
        assert recalls[-1] > recall - 0.05
    assert recalls == sorted(recalls)
    assert read == sorted(read)
    assert read[1] < 2 * float((gate[2000:] > 0).float().mean())


def test_a_fitted_predictor_runs_under_generate(tmp_path: Path) -> None:
    """Fitted on a few tokens, a model generates with fewer bytes read than all of them."""
    model, ids = model_of("opt", width=512), tokens(4, 60)
    asked = {"max_new_tokens": 6, "do_sample": False, "pad_token_id": 0}
    spent = []
    for predictor in (None, lambda w: Everything(w.gate.out_features)):
        how = Flash(folder=tmp_path, budget=1.0, window=0, rank=32, recall=0.9)
        with torch.no_grad(), how.attach(model, ids, predictor=predictor) as ledger:
            model.generate(ids[:1, :3], **asked)
            spent.append(ledger.nbytes)
    assert spent[0] < spent[1]


def test_bad_input_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No ReLU, no tokens, wrong numbers, no folder, another device, a full disk: all as it was."""
    model = model_of("llama")
    before = weights_of(model)
    with pytest.raises(InputError, match="budget"):
        Flash(folder=tmp_path, budget=0)
    with pytest.raises(InputError, match="recall"):
        fit(torch.ones(2, 2), torch.ones(2, 2), rank=1, recall=0)
    with pytest.raises(InputError, match="tokens"), Flash(folder=tmp_path).attach(model):
        pass
    with (
        pytest.raises(InputError, match="not a folder"),
        Flash(folder=tmp_path / "no").attach(model, tokens(1, 9)),
    ):
        pass
    with (
        pytest.raises(Unsupported, match="ReLU"),
        Flash(folder=tmp_path).attach(blank(Recipe(task=Needles())), tokens(1, 9)),
    ):
        pass
    with (
        pytest.raises(Unsupported, match="model is on meta"),
        Flash(folder=tmp_path).attach(model_of("opt").to("meta"), tokens(1, 9)),
    ):
        pass
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with (
        pytest.raises(Unsupported, match="nothing was written"),
        Flash(folder=tmp_path).attach(model, predictor=oracle),
    ):
        pass
    assert not list(tmp_path.iterdir())
    after = weights_of(model)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_one_token_over_the_budget_is_an_error(tmp_path: Path) -> None:
    """A buffer smaller than the neurons of one token cannot be right; it says so."""
    model = model_of("llama")
    how = Flash(folder=tmp_path, budget=0.05)
    with torch.no_grad(), how.attach(model, predictor=oracle):
        with pytest.raises(Unsupported, match="Raise the budget"):
            model(input_ids=tokens(1, 4))
    assert not list(tmp_path.iterdir())
