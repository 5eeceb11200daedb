"""Remember two things and ask about one: combray in ten lines."""

from combray import Memory

with Memory(":memory:") as memory:
    memory.add("I moved to Paris last week.", user_id="u1", timestamp="2024-05-01")
    memory.add("My sister Ada plays the cello.", user_id="u1", timestamp="2024-05-02")
    for hit in memory.search("Where do I live?", user_id="u1", limit=1):
        print(f"{hit.score:.2f}  {hit.item.timestamp:%Y-%m-%d}  {hit.text}")
    print(memory.context("What does my sister play?", user_id="u1", tokens=100))
