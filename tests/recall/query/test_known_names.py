"""The names in a question are those that memories mention or are about."""

from __future__ import annotations

import pytest

from combray.recall.query.known_names import LONGEST, known_names
from tests.recall.asking import USER, opened, said


def names(text: str, *told: str, titles: tuple[str, ...] = ()) -> dict[str, float]:
    """The names known in a text by a memory of some turns and of some titled ones."""
    items = [said(each) for each in told]
    items += [said("Something else.", metadata={"title": title}) for title in titles]
    view = opened(*items)._runtime.view(USER)
    return {
        view.names.codes.names[code]: weight for code, weight in known_names(view, text).items()
    }


def test_a_name_weighs_the_less_the_more_rows_mention_it() -> None:
    """One over the number of rows."""
    told = ("We saw Oslo.", "We saw Oslo and Bergen.", "Then Oslo again.")
    assert names("Are Oslo or Bergen far?", *told) == {"oslo": pytest.approx(1 / 3), "bergen": 1}


def test_what_no_row_mentions_is_no_name() -> None:
    """Neither a name of the question alone, nor a word of the memory that is no name."""
    assert names("Is Lima far?", "We saw Oslo.") == {}
    assert names("we saw oslo", "We saw Oslo.") == {}, "a name is found by its capital"
    assert names("Is Oslo far?") == {}


def test_what_a_memory_is_about_is_found_in_small_letters() -> None:
    """A title is a name however it is spelled, of one word or of several."""
    titles = ("The Grey Heron", "Oslo")
    assert names("is the grey heron in oslo?", titles=titles) == {"the grey heron": 1, "oslo": 1}
    assert names("grey the heron", titles=titles) == {}


def test_a_title_has_at_most_six_words_and_at_least_four_letters() -> None:
    """Longer runs are not looked up, and short ones are too common."""
    six, seven = "aa bb cc dd ee ff", "aa bb cc dd ee ff gg"
    assert LONGEST == len(six.split())
    assert set(names(f"so {seven} so", titles=(six, seven))) == {six}
    assert set(names("cat heron rome", titles=("cat", "rome"))) == {"rome"}


def test_a_run_is_found_at_both_ends_of_the_question() -> None:
    """First words and last words count like others."""
    assert set(names("Blue Moon or Red Sea", titles=("blue moon", "red sea"))) == {
        "blue moon",
        "red sea",
    }
