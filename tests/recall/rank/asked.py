"""Questions that we wrote about the year of chats of the demo, and about nothing in it.

Nothing was fitted on them.
"""

ASKED = (
    "What is the Wi-Fi password at Li Hua's house?",
    "How does Li Hua report maintenance issues in the house?",
    "Where can Li Hua practice musical instruments?",
    "When will the new fridge be delivered?",
    "What does Wolfgang usually eat for breakfast?",
    "Which gift is offered for renewing the fitness contract?",
    "What kind of sound should Wolfgang's new drums have?",
    "When are the high-protein breads available for delivery?",
    "Should Hailey's donuts be sweeter or less sweet?",
    "Who is the best football manager of all time for Li Hua?",
    "What did Wolfgang take pictures of in Hong Kong?",
    "When can Jake help Li Hua with dribbling?",
    "Which fear did Yuriko's patient overcome?",
    "Did Li Hua ask for an air-conditioner in the basement?",
    "When will Adam help with the curtain of the basement window?",
    "Which soccer formation is Jake a fan of?",
    "Which game has stunning visuals for Li Hua?",
    "Which dish will Li Hua bring to the potluck?",
    "When does the construction in the garden start?",
    "Which songs did Chae suggest as upbeat ones?",
)
UNKNOWN = (
    "Who is the president of Brazil?",
    "What is the boiling point of tungsten?",
    "How do I file my taxes in Norway?",
    "In which year did the Berlin Wall fall?",
    "What is the capital of Mongolia?",
    "Explain the Krebs cycle.",
    "glorp fizzle wug blick",
    "How many moons does Jupiter have?",
    "asdf qwerty zxcv",
    "What does the purple stapler whisper to Tuesday?",
    "Who won the chess olympiad in 1972?",
    "What is the syntax of a Haskell monad?",
    "How deep is the Mariana Trench?",
    "Which enzyme unwinds the double helix?",
    "What was the gross domestic product of Chile?",
    "When did Napoleon invade Russia?",
    "How many furlongs are in a league?",
    "colorless green ideas sleep furiously",
    "What is the price of copper per ton?",
    "Which treaty ended the Thirty Years' War?",
)
