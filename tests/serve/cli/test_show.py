"""How the command line talks: tables that fit, values for people, and a bar that is patient."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.core.errors import InputError
from combray.serve.cli import show
from combray.serve.cli.show import ProgressBar, console, cut, fitting, pairs, plain, read, table


def test_a_table_too_wide_is_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of few systems go down the screen where they do not fit across; none is cut."""
    columns = ("System", *(f"Figure {i}>" for i in range(9)))
    rows = [("evidence", *["0.686 ±0.108"] * 9), ("bm25", *["0.686 ±0.108"] * 9)]
    for width, heading in (("80", "evidence"), ("200", "Figure 8")):
        monkeypatch.setenv("COLUMNS", width)
        screen = console()
        with screen.capture() as seen:
            screen.print(fitting(columns, rows))
        assert heading in seen.get().splitlines()[1]
        assert seen.get().count("0.686 ±0.108") == 18


def test_a_table_too_wide_either_way_is_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of many systems come in parts, each beside the whole names."""
    monkeypatch.setenv("COLUMNS", "80")
    columns = ("System", *(f"Figure {i}>" for i in range(9)))
    names = [f"memory number {i}" for i in range(12)]
    screen = console()
    with screen.capture() as seen:
        screen.print(fitting(columns, [(name, *["0.686 ±0.108"] * 9) for name in names]))
    assert seen.get().count("0.686 ±0.108") == 12 * 9
    assert all(f"Figure {i}" in seen.get() for i in range(9))
    assert seen.get().count("memory number 11") == 3


def test_plain_shows_control_characters() -> None:
    """Control characters are replaced; new lines and tabs stay."""
    assert plain("a\x1b[1mb\x9bc\n\td\r") == "a\ufffd[1mb\ufffdc\n\td\ufffd"


def test_the_progress_bar_stays_silent_off_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    """The bar writes nothing where standard error is not a terminal."""
    with ProgressBar("Working") as bar:
        bar(1, 2)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_the_bar_appears_on_a_terminal(tmp_path: Path) -> None:
    """On a terminal, work that lasts is named; work that does not is silent."""
    import pty

    code = (
        "import sys, time\n"
        "from combray.serve.cli import show\n"
        "show.DELAY = 0.05\n"
        "with show.ProgressBar('Counting sheep') as bar:\n"
        "    time.sleep(float(sys.argv[1])); bar(1, 2); time.sleep(float(sys.argv[1]))\n"
    )
    seen = {}
    for seconds in ("0", "0.3"):
        master, slave = pty.openpty()
        done = subprocess.Popen([sys.executable, "-c", code, seconds], stderr=slave)
        os.close(slave)
        text = b""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                part = os.read(master, 4096)
            except OSError:
                break
            if not part:
                break
            text += part
        done.wait(20)
        os.close(master)
        seen[seconds] = text.decode()
    assert "Counting sheep" in seen["0.3"]
    assert seen["0"] == ""


def printed(what: Any, monkeypatch: pytest.MonkeyPatch, width: int = 80) -> list[str]:
    """The lines that something makes on a screen of some width."""
    monkeypatch.setenv("COLUMNS", str(width))
    screen = console()
    with screen.capture() as seen:
        screen.print(what)
    return seen.get().splitlines()


def test_numbers_stand_right_and_words_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the sign at the end of the heading, which is not shown."""
    lines = printed(table(("Name", "n>"), [("a", 5), ("bbb", 1000)]), monkeypatch)
    text = "\n".join(lines)
    assert ">" not in text
    assert lines[-2].rstrip().endswith("1000")
    first = next(line for line in lines if line.lstrip().startswith("a"))
    assert first.rstrip().endswith("5")
    assert first.index("5") > lines[-2].index("1000")


@pytest.mark.parametrize("width", [80, 120])
def test_an_id_is_never_cut(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """A column that holds one is wide enough, however much is said above it."""
    id_ = "01a21156-26ea-7000-9f2e-9d16e8c8d41e"
    row = ("2024-05-01", "Ann", "turn", f"{'word ' * 60}\n{id_}")
    columns = ("When", "Who", "Kind", "What, and its id")
    assert any(id_ in line for line in printed(table(columns, [row]), monkeypatch, width))


def test_a_column_of_names_is_cut_with_a_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it stays one line, and shows that there is more."""
    lines = printed(table(("Name~", "n>"), [("long " * 40, 1)]), monkeypatch, 40)
    assert sum("long" in line for line in lines) == 1
    assert any("…" in line for line in lines)


def test_cells_are_shown_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """No markup, no control characters; None is empty."""
    rows = [("[red]x[/red] :smile: \x1b[31m", None)]
    text = "\n".join(printed(table(("a", "b"), rows), monkeypatch))
    assert "[red]x[/red] :smile: \ufffd[31m" in text
    assert "None" not in text


def test_a_table_that_fits_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its title above it."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = printed(fitting(("System", "R>"), [("bm25", "0.5")], title="LoCoMo"), monkeypatch)
    assert lines[0].strip() == "LoCoMo"
    assert "System" in "".join(lines[:4])


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "none"),
        ([], "none"),
        ({}, "none"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (1234567, "1,234,567"),
        (0.5, "0.5"),
        ("words", "words"),
        (["a", "b"], "a, b"),
        ({"fact": 2, "text": 1000}, "2 fact, 1,000 text"),
        ({"numpy": "2.1"}, "numpy 2.1"),
        ([1, 2], "[1, 2]"),
        ({"a": [1]}, '{"a": [1]}'),
    ],
)
def test_values_are_told_to_people(value: Any, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts, lists, yes and no in words; whatever else there is as JSON."""
    (line,) = printed(pairs({"some_name": value}), monkeypatch)
    assert line.split(maxsplit=2) == ["some", "name", shown]


@given(st.text(max_size=200), st.integers(2, 50))
def test_what_is_cut_is_one_line_and_says_so(text: str, most: int) -> None:
    """Never longer than allowed; whole where it fits."""
    short = cut(text, most)
    assert len(short) <= most
    assert "\n" not in short
    flat = " ".join(text.split())
    assert short == flat or (short.endswith("…") and flat.startswith(short[:-1]))


def test_a_very_long_text_is_not_read_to_its_end() -> None:
    """Only its beginning is looked at, and it counts as cut."""
    assert cut("x" + " " * 10_000_000 + "y", 10) == "x…"


@given(st.text())
def test_plain_text_cannot_drive_a_terminal(text: str) -> None:
    """No control character but new line and tab is left, and the length stays."""
    shown = plain(text)
    assert len(shown) == len(text)
    assert not [c for c in shown if c not in "\n\t" and (ord(c) < 32 or 127 <= ord(c) < 160)]
    assert plain(shown) == shown


def test_json_is_readable_and_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Any script as it is, and it parses again."""
    show.as_json({"a": "日本 ☕", "b": [1, None]})
    out = capsys.readouterr().out
    assert "日本 ☕" in out
    assert json.loads(out) == {"a": "日本 ☕", "b": [1, None]}


def test_what_is_verbatim_is_never_wrapped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is copied elsewhere, however narrow the terminal; other lines are wrapped."""
    monkeypatch.setenv("COLUMNS", "40")
    for long in ("word " * 100 + "end", "x" * 300):
        show.readable(show.verbatim(f"{long}\nsecond"))
        assert capsys.readouterr().out == f"{long}\nsecond\n"
        show.readable(show.line(long))
        assert max(map(len, capsys.readouterr().out.splitlines())) <= 40


class Input:
    """Standard input that holds some bytes."""

    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def test_a_dash_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """As UTF-8 whatever the machine's own is; any other word is itself."""
    monkeypatch.setattr(sys, "stdin", Input("Grüße\n".encode()))
    assert read("-") == "Grüße\n"
    assert read("--") == "--"
    monkeypatch.setattr(sys, "stdin", Input(b"ab\xff"))
    with pytest.raises(InputError, match="byte 2"):
        read("-")


def test_pipes_get_wide_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no terminal says its width, a table has 120 columns."""
    monkeypatch.delenv("COLUMNS", raising=False)
    assert console().width == 120
    monkeypatch.setenv("COLUMNS", "70")
    assert console().width == 70


def test_a_bar_that_is_not_shown_costs_nothing() -> None:
    """It may be told of any progress, before, while and after."""
    with ProgressBar("Working") as bar:
        for done in range(1000):
            bar(done, 1000)
        assert bar._bar is None
    bar._appear()
    assert bar._bar is None
