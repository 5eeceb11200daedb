"""The grammar of assertion: what stands between words that match a pattern and a fact.

`voices` blanks what somebody else says, `frames` what is said in a game, a text to be worked on or
a supposition, `mood` refuses what a clause does not assert, `objects` what is no place, name or
employer, and `standing` tells a lasting value from one that is passing or holds beside another.
"""
