"""Messages that must not end what stood, by what stood, written for the closed world of ends.

SEVENTH was written by others, and is of many kinds: reports, games, second homes, jokes that the
next sentence takes back. The rules of before ended 2 of its 200 and read 35 of its 100 changes
(`changes_later.py`); the first closed world ended 1 and read 68. EIGHTH and NINTH were written by
us afterwards against the code as it stood, and ended 12 of 60 and 6 of 30 at first. All was mended
by kind since.
"""

from __future__ import annotations

from collections.abc import Mapping

SEVENTH: Mapping[str, tuple[str, ...]] = {
    "I live in Rome.": (
        'My grandmother used to say "I live in Milan now" every time she forgot where she was.',
        "Fwd from Carla:\n> Hi all, I moved to Turin last week, my new address is Via Po "
        "12.\nCan you add her to the list?",
        "If I lived in Lisbon I'd swim every morning before work.",
        "I moved to the sofa because the bed squeaks.",
        "We moved to Trastevere in 2011 and I still can't afford a balcony.",
        "I'm in Naples until Thursday for a wedding.",
        "Living in London was the loneliest year of my life, I was nineteen.",
        "I practically live in Termini station these days, so many delayed trains.",
        "I almost took a flat in Bologna last spring but the landlord got cold feet.",
        'Practice sentence for my English class: "I have moved to Manchester and I like it." '
        "Is the tense right?",
    ),
    "I live in Berlin.": (
        "In the game I've just relocated to Whiterun and bought Breezehome.",
        '"I left my home in Georgia, headed for the Frisco Bay" - what song is that again?',
        "Let's roleplay: I live in Neo-Tokyo, I'm a detective, and you're my android.",
        "I no longer live in a shoebox, the landlord knocked down the wall to the storage room.",
        "I'm moving to Hamburg! ...is what I shout every February when it's minus ten.",
        "We got a little cabin in Brandenburg, weekends only.",
        "My heart moved to Buenos Aires years ago, the rest of me still pays rent here.",
        "Rumour has it I've emigrated to Canada. Nope. Just muted the group chat.",
        "There's another Berlin in New Hampshire, did you know? People live there too.",
        "Had I signed that contract, I'd be living in Zurich now.",
    ),
    "I live in Boston.": (
        "I moved out of the group chat, too noisy.",
        "For the test account please use: name Jane Roe, city Denver, zip 80202.",
        "New England is where I live, has been since birth.",
        "My employer moved to Cambridge, so my commute is two stops longer.",
        "I've gone all Chicago about pizza lately.",
        "Summers we're on the Cape, as always.",
        "Dreamt I lived in Oslo and spoke perfect Norwegian. Woke up disappointed.",
        "ERROR 2024-03-02 user.city changed from Boston to null\n"
        "What could cause this in our logs?",
        "I said goodbye to Boston at the airport for a whole ten days, drama queen that I am.",
    ),
    "I live in Paris.": (
        "The narrator of my novel says: I packed my life in two boxes and took the train to Lyon "
        "for good.",
        "My sister is standing next to me and insists I type that I live in Nice. She lives in "
        "Nice. I don't.",
        "Signed a lease in Marseille today - for my son, he starts his studies in September.",
        "Moving day! Thirty boxes up four floors. Poor Julien, at least I brought the beer.",
        "I live in fear of the elevator breaking down again.",
        "I live in my blue hoodie this winter.",
        "We thought about leaving Paris for the countryside, slept on it, and hung up new "
        "curtains instead.",
        "I'm based in Lyon on my dating profile because a friend set it up wrong lol",
        "Texas has a Paris too. I don't live in that one.",
        "Ask me in ten years, when I live in Porto and own a donkey.",
    ),
    "I live in Seattle.": (
        "Back when I lived in Portland the rain felt the same.",
        "Our team moved to Teams from Slack, kill me.",
        'Translate into French please: "I don\'t live in Seattle anymore."',
        "Mom keeps telling people I moved to California. I went to a conference in San Jose. Two "
        "days.",
        "House-sitting in Tacoma for the next month, three cats and a parrot.",
    ),
    "I work at Siemens.": (
        "I quit! Smoking, that is.",
        "I left work early today because of the dentist.",
        "My badge photo says Bosch, long story, I borrowed a colleague's jacket at a trade fair.",
        "I got an offer from Bosch and turned it down before lunch.",
        "Some days I could hand in my notice on the spot.",
        "I'm currently at Bosch, waiting in the lobby for their procurement guy.",
        "On Saturdays I help out at a bakery, just for fun.",
        "They fired the guy in the cubicle next to me.",
        "I've been let go... from the company football team. Too slow.",
        "I was at ABB for six years before that.",
        "I resigned myself to the fact that the printer will never work.",
        'Cover letter template: "I recently left [COMPANY] and now work for [COMPANY2]." Can '
        "you make it sound better?",
        "As of Monday I'm in a different building, same company, worse coffee.",
    ),
    "I work at Google.": (
        "I work for Alphabet technically.",
        "We switched to Microsoft for the calendar because the client wanted it.",
        "Interviewing with Meta on Tuesday. Wish me luck?",
        "My wife started at Amazon today!! So proud.",
        "Day 3 of my sabbatical and I already miss the cafeteria.",
        "I'm on parental leave till May, so no, don't send me tickets.",
        "Imagine I'd been laid off in January, we'd have lost the house.",
        "The layoffs missed me again, phew.",
        '"I don\'t work here any more" is what I tell tourists who ask me where the slide is.',
        "Two truths and a lie: I've met the Pope, I was born on a boat, I left Google for a "
        "startup. Guess! Okay, the third is the lie.",
        "My LinkedIn got hacked and says I'm CEO of some crypto thing.",
    ),
    "I work at Tesco.": (
        "I've finished at Tesco, home in twenty minutes, do we need milk?",
        "I'm done with Tesco's own-brand biscuits, they changed the recipe.",
        "I go to Aldi now because it's cheaper, even with my staff discount.",
        "One more Christmas shift like that and I'm out of there.",
        "I'd rather be working at the zoo tbh",
        "Dave's last day today, we got him a card and a cake shaped like a trolley.",
    ),
    "I work as a nurse.": (
        "At the costume party I was an astronaut.",
        "I'm basically a taxi driver for my kids now.",
        "I wanted to be a vet but I'm allergic to everything with fur.",
        "I'm a ward sister, to be precise.",
        "My mum retired as a nurse last Friday after forty years.",
        "I play a surgeon in our village theatre.",
        "I hung up my scrubs. On the wrong hook, and now they smell of Kevin.",
        "In my D&D campaign I stopped being a healer and became a rogue.",
    ),
    "I work as a teacher.": (
        "Sold two paintings this month! Artist by night.",
        "Before teaching I was a carpenter for twelve years.",
        "If the lottery ticket wins, I'm a full-time gardener, and you can all mail me your "
        "essays to mark.",
        "Please act as if I'm a lawyer and you're the judge.",
        "School's out for summer, I'm officially unemployed until September haha",
    ),
    "I work as a chef.": (
        "I'm cooked. Twelve hours on my feet.",
        "They call me the plumber now because I fixed the dishwasher.",
        'job_title = "accountant"  # TODO replace dummy value\nwhy does my linter complain?',
        "My horoscope claims that I become a banker this year.",
    ),
    "My name is Anna.": (
        "Call me crazy, but I like Mondays.",
        "Call me Ishmael. Best opening line ever, fight me.",
        "The barista wrote Hannah on my cup again.",
        "Hi, this is Tom, I'm using Anna's laptop for a second, where does she keep the charger?",
        "Had I been a boy they'd have named me Anton.",
        "My gamer tag is now xXValkyrieXx.",
        "I'm Anna-Maria in my passport, if you need it for the booking.",
        "I'm Batman.",
        "Please pretend my name is Mr. Brown when you write the complaint.",
    ),
    "My name is Daniel.": (
        "I was called Danny Boy at school and hated it.",
        "I was called Peter at the reception by mistake and just went with it.",
        "Sincerely,\nRobert Fisher\n-- can you tell me what this Robert actually wants from me?",
        '"My name is Inigo Montoya. You killed my father." I know the whole scene by heart.',
        "Form example: First name: Max, Last name: Mustermann",
        "We renamed the boat Daniela.",
        "I'm not Daniel the plumber, I'm Daniel from the choir. You mixed us up.",
    ),
    "My phone number is 555-0134.": (
        "You can also reach me at the office under 555-0177.",
        "Somebody keeps calling me from 555-0190, is that a scam?",
        "For the unit test the phone number should be 000-0000.",
        "Until Sunday I'm on an Italian SIM, +39 333 555 0101.",
        "New phone, same number, took all evening.",
        "5550134, in case you want it without the dash.",
        "My dad changed his number to 555-0160, can you note that for him?",
    ),
    "My email is ana@mail.com.": (
        "The newsletter bounced for ana@male.com, which I'd typed by mistake.",
        "Work stuff goes to ana.r@corp.example, everything else stays where it is.",
        "From: leo@post.example\nTo: ana@mail.com\nSubject: new address\nHey, my email is now "
        "leo2@post.example!",
        "I gave the shop a throwaway, junk123@tmp.example, because they spam.",
        "I'm off email till Monday.",
    ),
    "My address is 12 Oak Street.": (
        "Please ship this one to my neighbour at 14 Oak Street, I'm out all day.",
        "The council wants to rename Oak Street to Linden Avenue, we're fighting it.",
        "The old address on my licence, 3 Elm Road, is from my student days.",
        "12 Oak St., second floor, ring twice.",
        "The billing address should be my office, 200 Market Square.",
    ),
    "I'm married to Paul.": (
        "I'm divorcing this printer.",
        "My ex-husband Frank sent a postcard, of all people.",
        "Paul and I have separated... our laundry, finally. Whites and colours!",
        "Paul left me with three kids and a leaking tap - back on Sunday from his fishing trip.",
        "I'm married to my job, says Paul.",
        "If Paul dies before me I get the vinyl collection, that's the deal.",
        "I said yes!! To the promotion. Paul opened the good bottle.",
        "We lost Paul at the Christmas market for an hour.",
        "My wedding with Chris Hemsworth is scheduled for never, sadly.",
    ),
    "My girlfriend is Mia.": (
        "I broke up with sugar. Third day. Send help.",
        "My mate Jo just got dumped by his Mia, not mine, and I'm on sofa duty.",
        "Mia and I are on a break from Netflix.",
        "Taylor Swift is my girlfriend in an alternate universe.",
        '"We are never ever getting back together" has been stuck in my head all day.',
        "We nearly split in March, now it's better than ever.",
    ),
    "My boyfriend is Luca.": (
        "I dumped Luca's old gym shoes, they were a biohazard.",
        "In the sitcom I'm writing she leaves her boyfriend Luca for the neighbour.",
        "Before Luca there was Stefan, and before Stefan a long list of mistakes.",
    ),
    "I am 34 years old.": (
        "I feel 80 after that run.",
        "When I was 25 I could sleep anywhere.",
        "My bio age on the smart scale is 29, I'll take it.",
        "My nephew writes: I'm 7 now and I have a loose tooth!!!",
        "I turned 34 in a tent in Iceland.",
    ),
    "I study at Oxford.": (
        "I'm reading for an exam in Cambridge's library this week.",
        "I dropped out of the rowing club.",
        "Balliol is lovely in spring, glad I ended up here.",
        "I did my bachelor's at Leeds.",
        "If this essay fails, I'm transferring to clown school.",
    ),
    "I major in physics.": (
        "I picked up a minor in philosophy.",
        "Half my year switched to computer science, I'm one of the stubborn ones.",
        "History is my new obsession, podcasts all night.",
    ),
    "I drive a Volvo.": (
        "The rental they gave me in Spain was a Seat, awful clutch.",
        "My Volvo died on the motorway, jump lead, ten minutes, all good.",
        "I test drove a Tesla on Saturday. Nice, but no.",
        "Sold the roof box of the Volvo for 80 euros.",
        "While it's in the garage I have my dad's Fiat.",
    ),
    "I weigh 80 kg.": (
        "With all my hiking gear on I weighed 95 kg, the scale at the hut was shocked.",
        "Target: 72 kg by July.",
        "That's 176 pounds for you Americans.",
    ),
    "My boss is Karen.": (
        "Karen's covering for the director, so Milo signs my holiday forms this week.",
        "My toddler is the new boss in this house.",
    ),
    "My dentist is Dr. Lee.": (
        "An emergency dentist, Dr. Novak, patched my tooth on Sunday night.",
    ),
    "My doctor is Dr. Adams.": ("My dog has a new doctor, Dr. Kim, and he already bit her.",),
    "My favourite colour is green.": (
        "Blue was my favourite when I was six.",
        "What if I say it's orange now? Would you remember that?",
    ),
    "My favourite food is pizza.": ("Can't see another pizza today, ate two.",),
    "My favourite band is Radiohead.": ("The bassist said his favourite band is Can now.",),
    "I'm a vegetarian.": (
        "For one terrible second I bit into a chicken nugget at the party.",
        "I'd kill for a steak, figuratively, I don't miss it that much.",
    ),
    "I like coffee.": ("I went without coffee this morning because the machine is broken.",),
    "I hate mushrooms.": (
        "Everybody at this table loves mushrooms except yours truly.",
        "Oh sure, I just LOVE mushrooms now, pile them on. (/s)",
    ),
    "Vivo en Madrid.": (
        "Mi primo me escribió: «ya no vivo en Madrid, me fui a Valencia». Qué envidia.",
        "Ojalá viviera en Cádiz, con la playa a dos pasos.",
        "Estoy en Sevilla hasta el lunes, feria con los suegros.",
        "Nos mudamos de Lavapiés a Chamberí hace tres años y por fin tengo ascensor.",
    ),
    "Trabajo en Iberia.": ("Casi me voy a Ryanair, pero al final ni loca.",),
    "Me llamo Lucía.": ("En clase de teatro me llamo Bernarda y mando mucho.",),
    "Tengo 28 años.": ("Mi hermana dice: «ya tengo 31, qué vieja».",),
    "Trabajo como enfermera.": (
        "Hoy soy fontanera, cocinera y árbitro, ser madre es lo que tiene.",
    ),
    "Ich wohne in Hamburg.": (
        "Wenn ich in München wohnen würde, wäre ich jedes Wochenende in den Bergen.",
        "Meine Schwester ist nach Köln gezogen, mein Rücken spürt ihr Sofa noch immer.",
        "Bin umgezogen - vom Balkon ins Wohnzimmer, es regnet.",
        "Früher hab ich in Kiel gewohnt, direkt am Wasser.",
    ),
    "Ich arbeite bei Bosch.": (
        "Am liebsten würde ich morgen kündigen, aber die Kantine ist einfach zu gut.",
        "Ich hab gekündigt, und zwar den Handyvertrag.",
    ),
    "Ich heiße Jonas.": ("Für den Test: Vorname Erika, Nachname Mustermann, Ort Musterstadt.",),
    "Ich bin 45 Jahre alt.": ("Im Herzen bin ich 20 geblieben.",),
    "我住在北京。": (
        "他发微信说：“我搬到上海了，不住北京了。”真舍不得这个老同学。",
        "要是我住在大理就好了，天天看洱海。",
        "这周在深圳出差，周五回去。",
        "去年从朝阳搬到了海淀，离孩子学校近一点。",
    ),
    "我在华为工作。": ("天天加班，真想辞职去开个小咖啡馆，说说而已。",),
    "我叫王芳。": ("造句练习：我叫李雷，我今年十二岁，我住在伦敦。",),
    "我今年三十岁。": ("护士一看我，说我最多二十五岁，开心死了。",),
    "我是老师。": ("在剧本杀里我是侦探，结果第一轮就出局了。",),
}
"""By others: 200."""

EIGHTH: Mapping[str, tuple[str, ...]] = {
    "I live in Rome.": (
        "I moved to Lisbon on Google Maps just to look at the streets. Pretty!",
        "My twin lives my best life: I moved to Lisbon, that's her status today.",
        "We moved to Munich for the quarter-final, what a match.",
        "I live in Sydney now, according to my bank. Fraud department is on it.",
        "Day 12 of the challenge: I live in Tokyo now. Tomorrow it's Cairo.",
        "I moved to Paris. Paris the cat shelter room, where the shy ones are.",
        "I live in Berlin now - at least until the embassy fixes my passport.",
        "Finally moved to Frankfurt, the server region I mean, latency is great.",
        "I moved to Madrid when I was six, then back here at ten.",
        "I relocated to Dublin for a client, three weeks of rain and then home.",
        "Milan is home now for the whole Erasmus crew, I only flew up for the party.",
        "I left Rome for Naples this morning, pizza pilgrimage.",
        "I've left Rome. Back Sunday with cheese.",
        "My new city is Cairo in Civilization VI.",
        "I no longer live in Rome's centre but two stops further out.",
    ),
    "I work at Acme.": (
        "I quit Acme's bowling team. The shoes were killing me.",
        "I got a job at Globex for my little brother, he starts Monday.",
        "I started at Globex in 2009 and hated it, which is how I ended up here.",
        "I work for Globex now, as their external auditor Acme sends me over twice a year.",
        "My new job is at Initech! Kidding, Acme would never let me go.",
        "I've been fired. Pottery kiln, 1200 degrees, I'm basically a vase.",
        "I quit my job every single night in the shower.",
        "I left my job at the printer and it ate the paper.",
        "I retired from running after the third knee operation.",
        "Yesterday was my last day at Acme before the long holiday.",
        "Acme let me go home at noon, bless them.",
        "I joined Globex as a data engineer on paper only, the visa lawyers wanted it.",
        "I lost my job description somewhere in the shared drive.",
        "I work at Initech now, says the badge they printed me at the fair.",
    ),
    "I work as a nurse.": (
        "I became a teacher the day my kids' school closed. Home lessons, week two.",
        "These days I'm a chauffeur, cook and nurse to three teenagers.",
        "I'm a pilot now in the flight sim club on Thursdays.",
        "I retired at nine last night like a grandma.",
        "I stopped being a nurse for ten minutes and just hugged her.",
        "I got promoted to godmother!",
    ),
    "My name is Dana Reed.": (
        "Call me Bridget Jones from now on, I ate the whole tub of ice cream.",
        "My name is now Mud, I forgot our anniversary.",
        "My name is Sam now, typed by Sam, who just stole this phone.",
        "My new name is Princess Sparkle, my niece decided at breakfast.",
    ),
    "My phone number is 555-010-2233.": (
        "My number is 555-010-8888 now for the raffle, fingers crossed.",
        "My new number is 7 555 010 - jersey for the team, I mean.",
        "I've got a new number, 555-010-4321, but only at the office.",
    ),
    "My email is dana@example.com.": (
        "My email is now in the thousands: inbox@zero.never lol",
        "I switched to newsletter@junk.example for shops.",
    ),
    "I'm married to Lee.": (
        "Lee and I got divorced in our murder mystery dinner last night.",
        "I'm single again. Room, I mean, they had no doubles left at the hotel.",
        "Lee died last night! Third boss, he forgot to heal.",
        "Lee left me. At the wrong gate, with all the bags.",
        "My husband passed away last year in the show, now he's back as his own twin.",
    ),
    "My girlfriend is called Nia.": (
        "Nia and I broke up the sofa with an axe.",
        "Nia dumped me in the pool, phone and all.",
        "I ended things with Nia on a high note, we sang till two.",
    ),
    "I drive a Volvo.": (
        "I sold my Volvo shares last week.",
        "I drive a Tesla now whenever the company pool has one free.",
        "I traded my Volvo for a Fiat with my brother, just for his moving day.",
        "My car died. Battery. Fixed by lunch.",
    ),
    "My boss is Priya.": (
        "My new boss is Milo, he is two and wants snacks.",
        "My boss is Helen while Priya is on leave.",
    ),
    "I study at Oxford University.": (
        "I graduated from Oxford University's cheese course last night.",
    ),
    "I am 34 years old.": ("I turned 80 last night when my back gave out lifting the sofa.",),
}
"""By us: 60."""

NINTH: Mapping[str, tuple[str, ...]] = {
    "I live in Rome.": (
        "I've moved to Lisbon in my calendar, the offsite is there in June.",
        "We moved to Cologne's fan zone, the trains were empty.",
        "Since Monday I'm living in Zoom.",
        "My new home is Berlin, sang the busker, and I cried.",
        "Rome isn't home anymore when the tourists come, it's a theme park.",
        "I moved out of Rome for the week to get some sleep.",
        "We settled down in Vienna to wait for the delayed train.",
        "I now live in Milan from Monday to Thursday.",
    ),
    "I work at Acme.": (
        "I quit Acme Fitness, the gym next door, too loud.",
        "My job at Acme ended at five today, pub time.",
        "I was let go by the dentist after two hours.",
        "I'm retired from online dating.",
        "I left Acme in January to help our office in Lyon, back in my old chair now.",
        "I got a job at Globex! As a mystery shopper, one Saturday.",
        "Acme fired me up with that bonus.",
        "I am self-employed now in the eyes of the tax office for my Etsy shop.",
    ),
    "I work as a nurse.": (
        "I'm a lawyer now, arguing with insurers all day long.",
        "I stopped nursing my son last week, he took it well.",
        "I became a doctor in the eyes of my gran.",
    ),
    "I'm married to Lee.": (
        "Lee passed away in 1973, I mean Bruce.",
        "Lee and I divorced our phone contract.",
    ),
    "My girlfriend is called Nia.": (
        "I'm single now on the couch, Nia took the bed.",
        "Nia is my ex-colleague now.",
    ),
    "I drive a Volvo.": (
        "My Volvo was stolen for an hour, my brother had it.",
        "I have a Ferrari now on my desk, scale 1:18.",
    ),
    "My boss is Priya.": ("Helen took over as my boss for the day.",),
    "I am 34 years old.": ("I'm 99 now in sleep years.",),
    "My email is dana@example.com.": ("I switched to dark@mode.example for newsletters.",),
    "My favourite drink is tea.": ("My favourite drink is now banned by my doctor.",),
    "I study at Oxford University.": ("I graduated! Well, the driving school.",),
}
"""By us again: 30."""
