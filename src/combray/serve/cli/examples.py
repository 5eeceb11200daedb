"""One example for each verb, shown at the end of its help and on the page of all commands."""

from __future__ import annotations

from collections.abc import Mapping

ID = "01a21156-26ea-7000-9f2e-9d16e8c8d41e"
CHANGE = "01a21156-30aa-7000-8c11-5d0b6a1f2e90"

EXAMPLES: Mapping[str, str] = {
    "add": 'combray add "I moved to Paris last week." --user u1',
    "search": 'combray search "Where do I live?" --user u1 --as-of 2024-04-01',
    "context": 'combray context "Where do I live?" --user u1 --tokens 300',
    "explain": 'combray explain "Where do I live?" --user u1',
    "get": f"combray get {ID}",
    "list": "combray list --user u1 --kind fact",
    "history": f"combray history {ID}",
    "stats": "combray stats --user u1",
    "users": "combray users --db memory.db",
    "review": "combray review --user u1",
    "jobs": "combray jobs --user u1",
    "ledger": "combray ledger --calls 20",
    "estimate": 'combray estimate "I moved to Paris." --system mem0 --llm gpt-4o-mini',
    "update": f'combray update {ID} --text "I moved to Lyon."',
    "delete": f"combray delete {ID} --user u1",
    "supersede": f"combray supersede {ID} {CHANGE}",
    "undo": f"combray undo {CHANGE}",
    "erase": "combray erase --user u1 --yes",
    "approve": f"combray approve {ID}",
    "reject": f"combray reject {ID}",
    "consolidate": "combray consolidate --user u1 --dry-run",
    "rederive": "combray rederive --user u1 --system mem0 --dry-run",
    "export": "combray export backup.jsonl --user u1",
    "import": "combray import backup.jsonl",
    "backup": "combray backup copy.db",
    "copy": "combray copy postgresql://localhost/memories",
    "verify": "combray verify --db memory.db",
    "repair": "combray repair --db memory.db",
    "reindex": "combray reindex --embedder minilm",
    "systems": "combray systems --working",
    "cite": "combray cite mem0 zep",
    "compare": "combray compare --data mine.jsonl --systems evidence,mem0,zep",
    "tune": "combray tune mine.jsonl --rule rule.json",
    "doctor": "combray doctor --db memory.db",
    "bench locomo": "combray bench locomo --systems evidence,bm25 --limit 100",
    "bench longmemeval": "combray bench longmemeval --context 500,1000",
    "bench longmemeval-user": "combray bench longmemeval-user --split dev",
    "bench lihua": "combray bench lihua --unanswerable",
    "bench multihop": "combray bench multihop --systems evidence,hipporag",
    "bench fact": "combray bench fact --systems evidence,bm25",
    "bench precision": "combray bench precision --systems evidence,bm25",
    "bench memdaily": "combray bench memdaily --out memdaily.json",
    "bench scm": "combray bench scm --systems evidence,scm",
    "bench sort": "combray bench sort --systems evidence,bm25 --segment 50 --pairs 20",
    "bench tune": "combray bench tune --rule rule.json",
    "bench needles": "combray bench needles --tasks single,thread --length 4000",
    "bench scbench": "combray bench scbench --tasks kv --model ./model",
    "kv compare": "combray kv compare --model ./model --budget 0.5,0.2",
    "kv plan": "combray kv plan --model ./model/config.json --seq 128K --gpu 80GB",
    "embedder install": "combray embedder install",
    "embedder status": "combray embedder status --json",
}
"""Words of the verb → a command that can be given as it stands, once the files it names exist."""
