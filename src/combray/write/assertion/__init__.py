"""The grammar of assertion: what stands between words that match a pattern and a fact.

`voices` blanks what somebody else says, `frames` what is said in a game, a text to be worked on or
a supposition, `mood` refuses what a clause does not assert, `objects` what is no place, name or
employer, and `standing` tells a lasting value from one that is passing or holds beside another.
These say what is stated. What ends another fact has to be `plain` besides, in a closed world whose
lists are in `plain.txt`; `plain_foreign` is the same for the other languages, and `denial` tells
whether a denial denies the fact or only its reason.

The patterns are lists of words and phrases, joined by `alternatives`; they are English, and where
marked Chinese, Spanish and German. A word that is missing is added to the list of its kind, after
the sentence that shows it: one that must end nothing in `tests/write/adversarial.py`, a change that
must be read in `tests/write/updates.py`. `benchmarks/supersession.py` counts both.
"""
