"""One example for each verb, shown at the end of its help and on the page of all commands."""

from __future__ import annotations

from collections.abc import Mapping

ID = "01a21156-26ea-7000-9f2e-9d16e8c8d41e"
CHANGE = "01a21156-30aa-7000-8c11-5d0b6a1f2e90"

EXAMPLES: Mapping[str, str] = {
    "add": 'recollect add "I moved to Paris last week." --user u1',
    "search": 'recollect search "Where do I live?" --user u1 --as-of 2024-04-01',
    "context": 'recollect context "Where do I live?" --user u1 --tokens 300',
    "explain": 'recollect explain "Where do I live?" --user u1',
    "get": f"recollect get {ID}",
    "list": "recollect list --user u1 --kind fact",
    "history": f"recollect history {ID}",
    "stats": "recollect stats --user u1",
    "users": "recollect users --db memory.db",
    "review": "recollect review --user u1",
    "jobs": "recollect jobs --user u1",
    "ledger": "recollect ledger --calls 20",
    "estimate": 'recollect estimate "I moved to Paris." --system mem0 --engine llm',
    "update": f'recollect update {ID} --text "I moved to Lyon."',
    "delete": f"recollect delete {ID} --user u1",
    "supersede": f"recollect supersede {ID} {CHANGE}",
    "undo": f"recollect undo {CHANGE}",
    "erase": "recollect erase --user u1 --yes",
    "approve": f"recollect approve {ID}",
    "reject": f"recollect reject {ID}",
    "consolidate": "recollect consolidate --user u1 --dry-run",
    "rederive": "recollect rederive --user u1 --system mem0 --dry-run",
    "export": "recollect export backup.jsonl --user u1",
    "import": "recollect import backup.jsonl",
    "backup": "recollect backup copy.db",
    "copy": "recollect copy postgresql://localhost/memories",
    "verify": "recollect verify --db memory.db",
    "repair": "recollect repair --db memory.db",
    "reindex": "recollect reindex --embedder minilm",
    "systems": "recollect systems --working",
    "cite": "recollect cite mem0 zep",
    "compare": "recollect compare --data mine.jsonl --systems evidence,mem0,zep",
    "tune": "recollect tune mine.jsonl --rule rule.json",
    "doctor": "recollect doctor --db memory.db",
    "bench locomo": "recollect bench locomo --systems evidence,bm25 --limit 100",
    "bench longmemeval": "recollect bench longmemeval --context 500,1000",
    "bench longmemeval-user": "recollect bench longmemeval-user --split dev",
    "bench lihua": "recollect bench lihua --unanswerable",
    "bench multihop": "recollect bench multihop --systems evidence,hipporag",
    "bench memdaily": "recollect bench memdaily --out memdaily.json",
    "bench scm": "recollect bench scm --systems evidence,scm",
    "bench sort": "recollect bench sort --systems evidence,bm25 --segment 50 --pairs 20",
    "bench tune": "recollect bench tune --rule rule.json",
    "bench needles": "recollect bench needles --tasks single,thread --length 4000",
    "bench scbench": "recollect bench scbench --tasks kv --model ./model",
    "kv compare": "recollect kv compare --model ./model --budget 0.5,0.2",
    "kv plan": "recollect kv plan --model ./model/config.json --seq 128K --gpu 80GB",
    "embedder install": "recollect embedder install",
    "embedder status": "recollect embedder status --json",
}
"""Words of the verb → a command that can be given as it stands, once the files it names exist."""
