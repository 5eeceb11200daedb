"""A model with a cache answers the questions of the benches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from typer.testing import CliRunner

from combray.bench.context import cases, kv
from combray.bench.scbench.symbols import symbol_kv
from combray.core.errors import InputError
from combray.serve.cli import app
from combray.tensor import load
from combray.tensor.kv.generate import Vocabulary, reading
from combray.tensor.learn import tiny

pytestmark = pytest.mark.torch
TASK = tiny.Needles(filler=32, keys=16, values=16)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Small products are slower on several threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def model() -> Any:
    """An untrained small model with the words of needles."""
    return tiny.blank(tiny.Recipe(task=TASK, width=32, init=0.5))


@pytest.fixture
def answerer(model: Any) -> Iterator[Any]:
    """It, with all of its cache, saying one word."""
    with reading(model, Vocabulary(TASK.vocabulary), prompt=" {}", longest=1) as made:
        yield made


def test_requests_are_independent_runs(answerer: Any) -> None:
    """With a full cache, each of several requests is answered as if it were the only one."""
    case = symbol_kv()
    together = [reply.text for reply in cases.run_cases([case], answerer)]
    for question, said in zip(case.questions, together, strict=True):
        session = answerer.open(case)
        session.prefill()
        assert session.ask(question.text, question.answer) == said


def test_the_order_of_requests_does_not_matter(model: Any) -> None:
    """Under a budget too, a question meets the same copy wherever it stands."""
    case = symbol_kv()
    vocabulary = Vocabulary(TASK.vocabulary)
    with reading(model, vocabulary, "h2o", budget=0.4, prompt=" {}", longest=1) as answerer:
        said = []
        for order in (case.questions, case.questions[::-1]):
            session = answerer.open(case)
            session.prefill()
            said.append({q.text: session.fork().ask(q.text, q.answer) for q in order})
    assert said[0] == said[1]


def test_a_turn_goes_on_with_the_right_answer(answerer: Any, model: Any) -> None:
    """The second question is read after the first and its right answer, not after the reply."""
    case = symbol_kv()
    first, second = case.questions[:2]
    session = answerer.open(case)
    session.ask(first.text, first.answer)
    said = session.ask(second.text, second.answer)
    text = f"{case.context} {first.text} {first.answer} {second.text}"
    tokens = torch.tensor([answerer.words.encode(text, first=True)])
    wanted = int(model(tokens).logits[0, -1].argmax())
    assert said == answerer.words.decode([wanted])


def test_bytes_are_those_of_what_is_kept(model: Any) -> None:
    """Half of the cache is half of the bytes."""
    case, held = symbol_kv(), {}
    for policy, budget in (("full", None), ("window", 64)):
        with reading(model, Vocabulary(TASK.vocabulary), policy, budget=budget) as answerer:
            session = answerer.open(case)
            session.prefill()
            held[policy] = session.nbytes
    assert held["window"] * 2 == held["full"]


def test_unknown_words_and_prompts_without_a_place_are_refused(model: Any) -> None:
    """A word the small model never saw, and a prompt the question cannot enter, are errors."""
    with pytest.raises(InputError, match="'hello'"):
        Vocabulary(TASK.vocabulary).encode("w1 hello", first=True)
    with pytest.raises(InputError, match="where the question goes"):
        with reading(model, Vocabulary(TASK.vocabulary), prompt="?"):
            pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model with a tokenizer of bytes."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE(vocab={x: i for i, x in enumerate(alphabet)}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    path = tmp_path_factory.mktemp("model")
    PreTrainedTokenizerFast(tokenizer_object=inner).save_pretrained(path)
    config = LlamaConfig(
        vocab_size=256,
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        bos_token_id=None,
        eos_token_id=None,
    )
    with torch.random.fork_rng(devices=[]):
        LlamaForCausalLM(config).save_pretrained(path)
    return path


def test_a_model_from_a_folder_generates_as_transformers_does(folder: Path) -> None:
    """Our greedy reply is that of `generate`, for a model and tokenizer loaded from disk."""
    model, tokens = load(folder)
    case = kv.Trial(tasks=["kv"], lengths=[1000], questions=1).make()[0]
    with reading(model, tokens, prompt=" {}", longest=8) as answerer:
        session = answerer.open(case)
        said = session.ask("Which?", "None")
    ids = torch.tensor(
        [[*tokens.encode(case.context, first=True), *tokens.encode(" Which?", first=False)]]
    )
    wanted = tokens.decode(
        model.generate(ids, max_new_tokens=8, do_sample=False)[0, ids.shape[1] :]
    )
    assert said == wanted.lstrip().split("\n")[0].strip() or said == wanted.strip()


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    """No folder, or an empty one, is an error with the reason."""
    with pytest.raises(InputError, match="not a folder"):
        load(tmp_path / "none")
    with pytest.raises(InputError, match="does not hold"):
        load(tmp_path)


def asked(folder: Path, verb: str, *words: str) -> Any:
    """What a verb answers for the folder's model and a text memory, as data."""
    options = "--budget 0.5,64 --policies window,kvmerger --memories bm25 --embedder hashed"
    sizes = "--cases 1 --questions 2 --length 900 --json"
    found = CliRunner().invoke(app, [*f"{verb} --model {folder} {options} {sizes}".split(), *words])
    assert found.exit_code == 0, found.stderr
    return json.loads(found.stdout)


@pytest.fixture
def kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    monkeypatch.setenv("COMBRAY_CACHE", str(tmp_path))
    return tmp_path


def test_kv_compare_puts_model_and_memory_in_one_table(folder: Path, kept_apart: Path) -> None:
    """The command answers for the full cache, each policy at each budget, and the text memory."""
    rows = asked(folder, "kv compare", "--tasks", "kv,single")["rows"]
    who = [row["answerer"] for row in rows if row["of"] == "kv"]
    assert who == ["full", "window 0.5", "window 64", "kvmerger 0.5", "kvmerger 64", "bm25 top 5"]
    assert all(row["n"] == 2 and row["nbytes"] > 0 for row in rows)


def test_a_comparison_goes_on_where_it_stopped(
    folder: Path, kept_apart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked again, nobody is asked: replies and times are those written down; --fresh asks."""
    words = ("bench scbench", "--tasks", "kv", "--policies", "window")
    first = asked(folder, *words)
    calls = []
    monkeypatch.setattr(kv, "run_cases", lambda *given: calls.append(given) or [])
    assert asked(folder, *words) == first
    assert not calls
    with pytest.raises(AssertionError, match="nobody to ask"):
        asked(folder, *words, "--fresh")
    assert len(calls) == 4


def test_bench_needles_draws_depth_and_length(folder: Path, kept_apart: Path) -> None:
    """Lengths make groups and an effective length of each answerer; two pictures are drawn."""
    pytest.importorskip("matplotlib")
    words = ("--tasks", "single", "--policies", "window", "--budget", "64", "--length", "900,1500")
    found = asked(folder, "bench needles", *words, "--figures", str(kept_apart))
    assert {row["of"] for row in found["rows"]} == {"single 900", "single 1,500"}
    assert {each["length"] for each in found["effective_length"]} == {0}
    assert all((kept_apart / f"{x}.png").stat().st_size > 5000 for x in ("depth", "quality"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("bench needles --tasks kv", "no needle task called 'kv'"),
        ("bench scbench --tasks vtt", "Did you mean 'vt'"),
        ("bench needles --mode all", "no mode of asking"),
        ("bench needles --memories=", "There is nobody to ask"),
        ("bench needles --tasks single --memories bm25 --embedder hashed --figures nowhere",
         "not a folder"),
    ],
)  # fmt: skip
def test_wrong_benches_are_refused(kept_apart: Path, words: str, said: str) -> None:
    """Unknown tasks and modes, nobody to ask, no place for pictures: one line each."""
    found = CliRunner().invoke(app, words.split())
    assert found.exit_code == 1
    assert said in " ".join(found.stderr.split())


def test_a_context_beyond_learned_positions_is_refused() -> None:
    """A GPT-2 has so many positions; the error says how many and how long the context is."""
    model = tiny.blank(tiny.Recipe(task=tiny.Needles(), family="gpt2", length=64))
    words = Vocabulary(tiny.Needles().vocabulary)
    with reading(model, words, prompt=" {}") as answerer:
        with pytest.raises(InputError, match="learned 64 positions"):
            answerer.open(symbol_kv(0, 128))
