"""Laws of what may stand around a clause of another language that ends a fact."""

from __future__ import annotations

import pytest

from combray.write.assertion.plain_foreign import is_plain_abroad


@pytest.mark.parametrize(
    ("text", "clause", "plain"),
    [
        ("Hola, vivo en Bilbao, por fin.", "vivo en Bilbao", True),
        ("En clase de teatro vivo en Bilbao.", "vivo en Bilbao", False),
        ("Seit März wohne ich in Köln.", "wohne ich in Köln", True),
        ("Im Roman wohne ich in Köln.", "wohne ich in Köln", False),
        ("上个月我搬到成都了，很好。", "我搬到成都了", True),
        ("造句练习：我搬到成都了。", "我搬到成都了", False),
    ],
)
def test_frames_of_other_languages_end_nothing(text: str, clause: str, plain: bool) -> None:
    """A greeting and a time explain; a class, a novel and an exercise do not."""
    start = text.index(clause)
    assert is_plain_abroad(text, text, [(start, start + len(clause))]) == plain
