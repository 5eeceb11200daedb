"""Sentences of our own with what each wants, in two halves: rules may be mended by the first alone.

Each is said of the task below. Both were written after the rules, and no rule was changed for them.
"""

from __future__ import annotations

TASK = {
    "venue": ["the town hall", "the old barn"],
    "date": ["May 3rd", "May 10th"],
    "band": ["The Herons"],
    "menu": ["soup and bread", "pizza"],
    "guests": ["forty"],
}
"""The values that each slot had, the last of which holds."""

FIRST = [
    ("cake: order one from the bakery on the corner", "new", "cake"),
    ("We need somebody to take photographs.", "new", None),
    ("Book a taxi for grandmother.", "new", None),
    ("Please find a florist near the station.", "new", None),
    ("music licence: ask the council", "new", "music licence"),
    ("Change the date to May 17th.", "update", "date"),
    ("Actually, make the venue the boathouse.", "update", "venue"),
    ("The band will be The Otters instead.", "update", "band"),
    ("guests: fifty-two", "update", "guests"),
    ("Can you move the date to June?", "update", "date"),
    ("No pizza please, the menu should be curry rather.", "update", "menu"),
    ("On second thought, keep the menu simple: salads.", "update", "menu"),
    ("Cancel the band.", "update", "band"),
    ("Could you replace the venue with the library?", "update", "venue"),
    ("What date did we say?", "check", "date"),
    ("Which band is playing?", "check", "band"),
    ("Show me the menu.", "check", "menu"),
    ("Wasn't the venue the town hall?", "check", "venue"),
    ("Can you remind me how many guests there are?", "check", "guests"),
    ("Did I ever mention soup?", "check", "menu"),
    ("Let us go back to the town hall.", "rollback", "venue"),
    ("Please revert the date.", "rollback", "date"),
    ("menu: back to soup and bread", "rollback", "menu"),
    ("Undo that change to the venue.", "rollback", "venue"),
]
SECOND = [
    ("Hire a magician for the children.", "new", None),
    ("decorations: paper lanterns", "new", "decorations"),
    ("I'd like a photo booth in the corner.", "new", None),
    ("Send a thank-you card to everybody afterwards.", "new", None),
    ("Also arrange a bus from the station.", "new", None),
    ("parking: the field behind the church", "new", "parking"),
    ("The date has changed to the 24th of May.", "update", "date"),
    ("Sorry, I meant sixty guests.", "update", "guests"),
    ("Swap the band for a string quartet.", "update", "band"),
    ("venue: the castle garden", "update", "venue"),
    ("Would you change the menu to sushi?", "update", "menu"),
    ("We can't have pizza, so take tapas for the menu.", "update", "menu"),
    ("Let's postpone the date by a week.", "update", "date"),
    ("The band isn't The Herons any more, it's The Finches.", "update", "band"),
    ("How many guests are coming?", "check", "guests"),
    ("Where is the venue?", "check", "venue"),
    ("Tell me which date it is at the moment.", "check", "date"),
    ("Is pizza still on the menu?", "check", "menu"),
    ("I thought the band was The Otters. Could you check?", "check", "band"),
    ("Have we already got a venue?", "check", "venue"),
    ("I prefer the original date after all.", "rollback", "date"),
    ("Restore the previous menu.", "rollback", "menu"),
    ("Can we go back to May 3rd?", "rollback", "date"),
    ("Put the venue back the way it was.", "rollback", "venue"),
]
"""What is said, what it wants, and of which slot; None for a new one whose title may be any."""
