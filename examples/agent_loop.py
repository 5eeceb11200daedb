"""An assistant that remembers: recall before the model speaks, remember after.

The model here is scripted, so that the example runs anywhere; put your own client in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from combray import Memory

Message = Mapping[str, str]
Model = Callable[[Sequence[Message]], str]

INSTRUCTIONS = "You are a helpful assistant. What you remember of this user, with its dates:\n"


def scripted(messages: Sequence[Message]) -> str:
    """A stand-in for a model: it answers from what the memory put before it, as a model would."""
    remembered, question = messages[0]["content"], messages[-1]["content"]
    if "allergic" in question:
        return "Noted: no peanuts for you."
    if "snack" in question and "peanuts" in remembered:
        return "Try roasted chickpeas; you told me that you cannot have peanuts."
    return "How about peanut brittle?"


def reply(memory: Memory, model: Model, user_id: str, session_id: str, said: str) -> str:
    """One turn: recall what matters, ask the model, remember both sides."""
    remembered = memory.context(said, user_id=user_id, tokens=400)
    asked = {"role": "user", "content": said}
    answer = model([{"role": "system", "content": f"{INSTRUCTIONS}{remembered}"}, asked])
    turn = [asked, {"role": "assistant", "content": answer}]
    memory.add(turn, user_id=user_id, session_id=session_id)
    return answer


def main() -> None:
    """Two conversations: what was told in the first is known in the second."""
    with Memory(":memory:") as memory:
        for session_id, said in (
            ("monday", "By the way, I am allergic to peanuts."),
            ("friday", "Can you suggest a snack for me?"),
        ):
            print(f"user:      {said}")
            print(f"assistant: {reply(memory, scripted, 'u1', session_id, said)}")


if __name__ == "__main__":
    main()
