"""The verbs about models on the command line, against a model on the loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from combray import Memory
from combray.core.ports import Call
from combray.store.connect import connect
from combray.store.tables import ledger
from combray.testing import FakeModelServer
from tests.serve.conftest import Run


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeModelServer]:
    """A model that agrees with everything, named in the environment."""
    with FakeModelServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("COMBRAY_LLM", "small")
        monkeypatch.setenv("COMBRAY_EXTRACTOR", "llm")
        yield server


def test_work_waits_is_done_and_is_in_the_ledger(run: Run, model: FakeModelServer) -> None:
    """add queues, jobs shows, consolidate does, ledger adds up."""
    run("add", "I moved to Paris.", "-u", "u1", "--system", "mem0")
    assert model.asked == []
    assert run("jobs", "-u", "u1", "--json").json[0]["kind"] == "mem0/1"
    assert run("ledger").out.strip() == "No model was asked."
    assert run("consolidate", "-u", "u1", "--system", "mem0").code == 0
    (row,) = run("ledger", "--json").json["totals"]
    assert (row["step"], row["model"], row["calls"], row["usd"]) == ("extract", "small", 1, 0.0)
    (call,) = run("ledger", "-u", "u1", "--calls", "5", "--json").json["calls"]
    assert (call["user_id"], call["at"]) == ("u1", row["first"])
    assert call["at"].endswith("Z")
    assert "extract" in run("ledger").out


def test_work_is_of_all_users_unless_one_is_named(run: Run, model: FakeModelServer) -> None:
    """jobs and consolidate without --user are of everybody, and the table says whose work it is."""
    for user in ("u1", "u2"):
        run("add", "I moved to Paris.", "-u", user, "--system", "mem0")
    assert [job["user_id"] for job in run("jobs", "--json").json] == ["u1", "u2"]
    assert "u2" in run("jobs").out
    done = run("consolidate", "-u", "u2", "--system", "mem0", "--json").json
    assert [outcome["job"]["user_id"] for outcome in done] == ["u2"]
    assert len(run("consolidate", "--system", "mem0", "--json").json) == 1
    for verb in ("jobs", "consolidate"):
        assert "all users without --user" in " ".join(run(verb, "--help").out.split())


def test_add_can_wait(run: Run, model: FakeModelServer) -> None:
    """With --wait the facts are there at once."""
    run("add", "I moved to Paris.", "-u", "u1", "--system", "zep", "--wait")
    kinds = {item["kind"] for item in run("list", "-u", "u1", "--json").json}
    assert "edge" in kinds


def test_an_estimate_asks_nobody(run: Run, model: FakeModelServer) -> None:
    """estimate gives calls and tokens; by rule there are none."""
    found = run("estimate", "I moved to Paris.", "--system", "mem0", "--json").json
    assert found["calls"] == 1
    assert found["tokens_in"] > 0
    assert model.asked == []
    by_rule = run("estimate", "I moved.", "--system", "mem0", "--extractor", "rules", "--json").json
    assert by_rule["calls"] == 0
    lines = run("estimate", "-", "--system", "mem0", "--json", input="I ski.\nI row.\n").json
    assert lines["items"] == 2


def test_rederive_says_the_cost_and_asks_first(run: Run, model: FakeModelServer) -> None:
    """A no changes nothing, --dry-run neither, --yes reads what is unread."""
    run("add", "I moved to Paris.", "-u", "u1")
    words = ("rederive", "-u", "u1", "--system", "mem0")
    assert "1 memory: about 1 call," in run(*words, input="n\n").err
    assert run(*words, "--dry-run", "--json").json["done"] == 0
    assert model.asked == []
    assert run(*words, "--yes", "--json").json["done"] == 1
    assert run(*words, "--yes", "--json").json["estimate"]["items"] == 0


def test_a_system_that_derives_nothing_takes_no_engine(run: Run) -> None:
    """An engine for `evidence`, or one that does not exist, is refused in a line."""
    refused = run("add", "x", "--extractor", "llm")
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "rules" in run("add", "x", "--system", "mem0", "--extractor", "rule").err


def test_the_ledger_of_a_user_is_that_users(run: Run, model: FakeModelServer) -> None:
    """Without --user all are added up; the last calls are listed newest first."""
    for user in ("u1", "u2"):
        run("add", "I moved to Paris.", "-u", user, "--system", "mem0", "--wait")
    assert run("ledger", "--json").json["totals"][0]["calls"] == 2
    mine = run("ledger", "-u", "u1", "--calls", "9", "--json").json
    assert mine["totals"][0]["calls"] == 1
    assert [call["user_id"] for call in mine["calls"]] == ["u1"]
    listed = run("ledger", "--calls", "9").out
    assert listed.index("u2") < listed.index("u1")


def test_the_ledger_tells_no_words(run: Run, model: FakeModelServer) -> None:
    """What was said to a model is in no row of it."""
    run("add", "My secret is Xerxes.", "-u", "u1", "--system", "mem0", "--wait")
    for words in (("ledger", "--calls", "9"), ("ledger", "--calls", "9", "--json")):
        assert "Xerxes" not in run(*words).out


def test_a_price_that_is_not_known_is_not_nothing(run: Run, model: FakeModelServer) -> None:
    """A model elsewhere without a price says so; one on this machine costs nothing."""
    assert "0.0000" in run("estimate", "I moved.", "--system", "mem0").out
    with Memory("memory.db", embedder="hashed"):
        pass
    store = connect("memory.db")
    ledger.record(
        store.engine,
        Call(
            at_us=1, tenant="", system="s", step="t", model="m", tokens_in=1, tokens_out=1, ms=1.0
        ),
    )
    store.close()
    assert "price unknown" in run("ledger").out


def test_a_model_on_this_machine_costs_no_dollars(run: Run, model: FakeModelServer) -> None:
    """A budget of nothing is enough for it, whatever it is called; tokens are still counted."""
    words = ("--system", "mem0", "--llm", "gpt-4o", "--budget-usd", "0", "--wait")
    assert run("add", "I moved to Paris.", "-u", "u1", *words).code == 0
    (row,) = run("ledger", "--json").json["totals"]
    assert (row["model"], row["usd"]) == ("gpt-4o", 0.0)
    assert row["tokens_in"] > 0


def test_rederive_anew_reads_what_was_read(run: Run, model: FakeModelServer) -> None:
    """Only with --anew is the model asked about it a second time."""
    run("add", "I moved to Paris.", "-u", "u1")
    words = ("rederive", "-u", "u1", "--system", "mem0", "--yes", "--json")
    run(*words)
    once = len(model.asked)
    assert run(*words).json["done"] == 0
    assert len(model.asked) == once > 0
    assert run(*words, "--anew").json["failed"] == 0
    assert len(model.asked) > once


def test_by_rule_nothing_is_asked_first(run: Run) -> None:
    """What is free needs no yes."""
    run("add", "I moved to Paris.", "-u", "u1")
    said = run("rederive", "-u", "u1", "--system", "mem0", "--json")
    assert said.code == 0
    assert said.json["estimate"]["calls"] == 0
    assert said.json["done"] == 1
    assert "Continue?" not in said.err


def test_an_estimate_of_nothing_is_nothing(run: Run, model: FakeModelServer) -> None:
    """Empty lines are no memories."""
    found = run("estimate", "-", "--system", "mem0", "--json", input="\n  \n").json
    assert (found["items"], found["calls"]) == (0, 0)
