"""Messages and changes written for the second look at what ends a fact.

TENTH and ELEVENTH were written by us after the first sealed set was mended (`sealed.py`), as people
write and as they twist: 8 of 81 and 10 of 66 ended a fact at first. Of the changes FRESH, 26 of 34
were read at first. All was mended by kind, and then TWELFTH ended 10 of 68 at first, of which OPEN
still do; 28 of the 29 of SHORT were read.
"""

from __future__ import annotations

from collections.abc import Mapping

TENTH: Mapping[str, tuple[str, ...]] = {
    "I live in Vienna.": (
        "We moved the whole office to Graz on paper for tax reasons, nobody actually goes there.",
        "I moved to a different table because of the draught, so look for me by the window.",
        "I don't live in Vienna for the winters, that's for sure.",
        "I don't live in Vienna to save money, I live here because of my kids.",
        "I'm in Budapest now, train was late, what should I see first?",
        "Landed in Oslo! Home for the next ten days.",
        "I live in Ottakring now, still Vienna of course, just the other side of the Gürtel.",
        "I've moved to Prague in my Duolingo streak, ha.",
        "I left Vienna this morning and I'm already missing the coffee.",
        "We moved to Salzburg when I was three, then back again before school.",
        "My husband moved to Linz for his job and I stayed here with the dog.",
        "I moved to Berlin last month. That's the first line of the story, what do you think?",
        "I no longer live in Vienna. That is what I told the phone company to get out of the "
        "contract.",
    ),
    "I work at Bosch.": (
        "I don't work at Bosch for the money, believe me.",
        "I don't work at Bosch because I love dishwashers, it's just close to the kindergarten.",
        "I'm at Siemens now for the audit, back at my own desk on Thursday.",
        "I quit my job about twice a day in my head.",
        "I left Bosch at five like every day and walked home.",
        "I got laid off from the volleyball team, too old they say.",
        "Today was my last day at Bosch before the holidays, two whole weeks off!",
        "I'm no longer at Bosch headquarters, they put us in the new building across town.",
        "I started at Miele. Started looking at their website, I mean.",
        "We switched to Microsoft at work and everything is slow.",
        "I joined Lidl Plus yesterday, free croissant.",
        "I was let go early today, the heating broke.",
        "I resigned from the works council, it ate all my evenings.",
        "I stopped working at Bosch around six, then we went for pizza.",
    ),
    "I work as a teacher.": (
        "I'm a taxi driver now, says my daughter, three pickups before noon.",
        "I became a detective this week trying to find out who took the stapler.",
        "I'm no longer a teacher at the weekend, phone off.",
        "I quit teaching Year 9 this term, I only have the little ones now.",
        "I'm a doctor now! Finally defended my thesis, still in the same classroom on Monday.",
        "I retired at ten last night, completely wiped out.",
        "I gave up being a teacher who shouts.",
    ),
    "My name is Karin.": (
        "My new name is on the door, they spelled it with a C, of course.",
        "I go by Karin with friends and Ms. Holm with the kids.",
        "Call me Mom, everybody at the kindergarten does.",
        "My name is Mud after that meeting.",
        "I changed my name to Zelda on the gaming server and nobody found me.",
    ),
    "My phone number is 0660 123 4567.": (
        "My new number is 7, I swapped shirts with the goalkeeper.",
        "My sister changed her number, it's 0660 999 8888, can you save it under Eva?",
        "If I'm not home, my work number is 01 555 6677.",
        "I got a new number for the tombola: 204 118.",
    ),
    "My email is karin@mail.example.": (
        "For the newsletter use karin.spam@mail.example, I never read that one.",
        "My husband's e-mail is now jonas@mail.example.",
        "Someone switched my address to evil@phish.example, how do I undo that?",
    ),
    "I'm married to Jonas.": (
        "Jonas and I split up at the supermarket to be faster, he took the cheese.",
        "I'm divorced from reality this week, honestly.",
        "Jonas left me with the kids and the laundry tonight, football.",
        "Jonas and I aren't married to the idea of a sofa bed.",
        "Jonas left me for the weekend, fishing with his brother.",
        "I lost Jonas at the flea market again.",
    ),
    "My partner is Alex.": (
        "Alex and I broke up the old terrace, blisters everywhere.",
        "I broke up with Alex in the dream again, woke up furious at him.",
        "I'm not with Alex any more today, he had to catch his train, so it's just me and the cat.",
        "I'm single again until Sunday, Alex is at his mother's.",
    ),
    "I am 41 years old.": (
        "I turned 42 pages today, slow book.",
        "I'm now 12 in the queue.",
        "I'm 25 again when that song plays.",
    ),
    "My boss is Priya.": (
        "My new boss is Tuesday, apparently, everything happens on Tuesdays.",
        "I have a new boss, Bowser, and I cannot beat him.",
        "I report to Leo now for the Christmas party, only for that.",
    ),
    "I drive a Skoda.": (
        "I drive a Tesla now and then when my father-in-law lets me.",
        "I sold my car seat, the kids are too big.",
        "My Skoda died at the lights, started again on the second try.",
        "I got myself a BMW! Lego, 400 pieces.",
    ),
    "My favourite food is lasagne.": (
        "My favourite food is now available at the corner shop.",
        "My favourite food these days is whatever I don't have to cook.",
    ),
    "I like jazz.": (
        "I don't like jazz any less since the concert.",
        "I don't like jazz any more than you do, but this record is great.",
        "I used to love jazz but now I love it even more.",
    ),
    "I am vegetarian.": (
        "I'm not vegetarian any more than my cat is, says my brother, and he's wrong.",
        "I stopped being vegetarian about it and let the waiter pick. Tofu again.",
    ),
    "Vivo en Sevilla.": (
        "Vivo en Triana, cerca del puente.",
        "Me mudé a la mesa de la ventana, hay menos ruido.",
        "Ya no vivo en Sevilla, le dije al del banco para que me dejara en paz.",
    ),
    "Ich wohne in Hamburg.": (
        "Ich wohne in Altona, gleich am Bahnhof.",
        "Ich bin nach Kiel gezogen, sagte er und lachte.",
        "Ich wohne nicht in Hamburg, weil es billig ist.",
    ),
    "我住在上海。": (
        "我住在浦东新区，离公司很近。",
        "我搬到二楼了，安静多了。",
    ),
}

ELEVENTH: Mapping[str, tuple[str, ...]] = {
    "I live in Denver.": (
        "I'm not in Denver any more, just crossed into Kansas, four hours to go.",
        "I'm no longer in Denver, the plane leaves at six and I land in Boston at noon.",
        "I moved to Boulder and back within a year, long ago.",
        "Home is now the camper, somewhere around Denver.",
        "I relocated to the balcony, the baby sleeps inside.",
        "I live in Denver, not in Boulder anymore, people mix that up.",
        "I've left Denver. Bye! Back on the 12th.",
        "We settled in at Denver General for the night, dad is okay.",
        "Portland is my new home according to the weather app, it has my location wrong.",
        "I live in Toronto now. Copy that into the second field please.",
        "I moved to Chicago last week and I moved back yesterday, don't ask.",
    ),
    "I work at Acme.": (
        "I quit Acme's choir, the new conductor is awful.",
        "I'm with Globex now on the joint project, still on the Acme payroll.",
        "I left Acme for lunch at Subway.",
        "I got fired... up about the new roadmap at Acme!",
        "My contract at Acme ended and was renewed the same day.",
        "I've changed jobs inside Acme, from support to sales.",
        "I don't work at Acme on Fridays.",
        "I don't work at Acme full-time, only mornings.",
        "I handed in my badge at Acme because the photo was ugly, got a new one.",
        "They laid me off and hired me again the next week, HR mess.",
        "I haven't worked at Acme since Monday, flu.",
        "I started at Acme today ten years ago!",
        "I no longer work at Acme's downtown branch, I'm at the airport one.",
        "I'm no longer working at Acme on weekends.",
    ),
    "I work as a nurse.": (
        "I'm no longer a nurse who can do three nights in a row.",
        "They moved me to night manager for two weeks while Ute is away.",
        "I'm a nurse and now a beekeeper too.",
        "I'm done being a nurse for today, feet up.",
        "I'm a teacher now, kind of: two trainees follow me around all day.",
    ),
    "My name is Dana Reed.": (
        "I changed my name on Instagram to Dee Light.",
        "I went back to my maiden name for the stage, so it's Dana Fox on the poster.",
        "I don't go by Dana at the pottery class, it's a long story.",
        "My husband changed his name, he's Lee Reed now.",
    ),
    "My phone number is 555-010-2233.": (
        "I have a new number on my jersey, it's 23.",
        "Please change my number to 555-010-9999 in the example and explain the code.",
        "My old number was 555-010-1111.",
    ),
    "My email is dana@example.com.": (
        "Don't use dana@example.com for invoices, that goes to accounting@example.com.",
        "Please update my email to lowercase everywhere.",
    ),
    "My address is 12 Elm Street.": (
        "I'm now at 40 Oak Street, can you pick me up?",
        "We've moved the meeting, the new address is 9 Hill Road.",
        "The office moved, our new address is 77 Main Street.",
    ),
    "I'm married to Lee.": (
        "Lee's my ex now and then, when he forgets the bins.",
        "Lee and I aren't married anymore in the show we are rehearsing.",
        "My husband is Irish, did I say that?",
    ),
    "My partner is Sam.": (
        "I gave Sam the ring back to have it resized.",
        "Sam and I have gone our separate ways at the airport, he flies to Rome and I to Oslo.",
        "My partner is Ed at work and Sam at home, ha.",
        "I'm seeing Tom now, the physio, for my shoulder.",
    ),
    "I am 34 years old.": (
        "I'm 16 as of this morning, according to my smart watch.",
        "I hit the big 40 on the treadmill, minutes that is.",
    ),
    "I drive a Volvo.": (
        "The Volvo was sold out so I rented a bike.",
        "We're driving a Fiat now, the rental for the week.",
        "I don't drive a Volvo to show off.",
    ),
    "I study at McGill.": (
        "I graduated from the beginner class at the pool.",
        "I've switched schools for the exam hall, I'm at Concordia on Friday.",
    ),
    "I major in physics.": ("My major is physics, my minor is now history.",),
    "My favourite food is pizza.": (
        "Pizza is no longer my favourite food to eat in bed.",
        "My favourite pizza place is now Gino's.",
    ),
    "I am vegetarian.": ("I eat meat again and again in my nightmares.",),
    "My dentist is Dr. Lee.": (
        "I switched dentists' appointments with Tom.",
        "My new dentist is Lego City's Dr. Grin, my son decided.",
    ),
    "Vivo en Madrid.": (
        "Ahora vivo en Lavapiés, en el centro.",
        "Me mudé a la habitación grande.",
    ),
    "Ich wohne in Berlin.": (
        "Ich wohne jetzt in Wedding, ganz oben.",
        "Ich bin in die Küche umgezogen.",
    ),
}

FRESH: Mapping[str, tuple[str, ...]] = {
    "I live in Vienna.": (
        "We moved to Graz in September, the kids love their new school.",
        "I don't live in Vienna anymore, I'm in Linz now with my sister.",
        "Finally out of the city! We bought a house in Krems and moved in last weekend.",
        "I've left Vienna for good. Berlin it is.",
        "Since January I live in Salzburg, because of my husband's job.",
    ),
    "I work at Bosch.": (
        "I quit Bosch, my last day was Friday. Taking a few months off first.",
        "I don't work at Bosch anymore, they closed our site.",
        "Small update from me: I started at Zeiss on the first, and so far I like it.",
        "Bosch laid me off in October. I'm still looking.",
        "I work for the city council now, much calmer.",
    ),
    "I work as a teacher.": (
        "I left teaching last summer and I work as a translator now.",
        "I'm not a teacher anymore, I couldn't take the noise.",
        "I'm retired now! 38 years in the classroom were enough.",
    ),
    "My name is Karin Holm.": (
        "I got married in May and my name is now Karin Berger.",
        "I changed my last name, I'm Karin Stein now.",
    ),
    "My phone number is 0660 123 4567.": (
        "My number has changed, please use 0664 765 4321 from now on.",
        "I have a new phone number: 0664 765 4321.",
    ),
    "My email is karin@mail.example.": (
        "My new email is karin.berger@mail.example, the old one will be deleted.",
    ),
    "I'm married to Jonas.": (
        "Jonas and I got divorced last year, we still get along fine.",
        "My husband Jonas passed away in March after a long illness.",
    ),
    "My partner is Alex.": (
        "Alex and I broke up two weeks ago and I don't want to talk about it.",
        "I broke up with Alex.",
    ),
    "I am 41 years old.": (
        "I turned 42 last week, nothing hurts yet.",
        "I'm 42 now, had my birthday on Sunday.",
    ),
    "My boss is Priya.": (
        "Priya left the company and my new boss is Stefan.",
        "I have a new boss, his name is Stefan Kurz.",
    ),
    "I drive a Skoda.": (
        "I sold the Skoda and bought a used Toyota.",
        "We gave up the car, I don't drive a Skoda anymore.",
    ),
    "My favourite food is lasagne.": ("My favourite food is ramen now, since our trip to Japan.",),
    "I like jazz.": ("I don't like jazz anymore, it makes me nervous.",),
    "I am vegetarian.": ("I'm not vegetarian anymore, I eat fish and chicken now.",),
    "Ich wohne in Hamburg.": ("Ich bin letzten Monat nach Leipzig gezogen, wegen der Arbeit.",),
    "Vivo en Sevilla.": ("Ya no vivo en Sevilla, me mudé a Málaga en junio.",),
    "我住在上海。": ("我去年搬到广州了，这里的早茶很好吃。",),
}

TWELFTH: Mapping[str, tuple[str, ...]] = {
    "I live in Ghent.": (
        "I moved to Antwerp. For love. In 1998. It lasted four months and I came home.",
        "We bought a house in Ostend and moved in for the summer, the sea is right there.",
        "I don't live in Ghent, I live in a swamp, look at this rain.",
        "I left Ghent and moved to Brussels according to the tax office, try explaining "
        "that to them.",
        "My new home is Bruges on paper only, the registry mixed us up.",
        "Just moved to Leuven! Wait, wrong chat, that was for my son's friends.",
        "I'm living in Lille at the moment while they fix my roof.",
        "We relocated to Namur in the second act, and then the ghost appears.",
        "I moved to Paris and then everything changed. How do I continue this diary "
        "entry of my heroine?",
        "Since Monday I've been living in Hasselt with my mother, she broke her hip, "
        "home again in May.",
        "I've moved out of Ghent mentally.",
        "I live in Brussels now, Mon to Fri, and Ghent on weekends.",
        "Moved to Amsterdam, says my phone, because the VPN is on.",
        "I no longer live in Ghent's old town, I'm on the other side of the canal.",
    ),
    "I work at Heineken.": (
        "I work at Duvel now on Saturdays, to help out.",
        "I quit Heineken. That's how my resignation speech in the shower begins.",
        "My last day at Heineken was a disaster, and then Monday came and I went in again.",
        "I joined AB InBev for the tour, great museum.",
        "They fired me! By mistake, HR apologised and sent flowers.",
        "I got laid off in 2009 and it was the best thing that ever happened to me.",
        "I left Heineken at noon, the dentist could only see me at one.",
        "I no longer work at Heineken Zoeterwoude, they moved our team to Den Bosch.",
        "I've retired my old laptop at work, finally.",
        "I started a new job at Heineken, same company, new team.",
        "I changed jobs on paper, I'm still doing exactly the same thing.",
        "Unemployed for a day: the card reader wouldn't let me in.",
    ),
    "I work as an architect.": (
        "I became a plumber on Sunday, the sink exploded.",
        "I'm now a lawyer for all my friends who want to sue their builder, apparently.",
        "I'm not an architect any more when I come home, I'm just dad.",
        "These days I'm a driver: kids, dog, grandma.",
        "My new job is carpenter in the school play, act two.",
        "I switched from architect to nurse this week, the whole family has the flu.",
        "I quit being an architect for a week, off to the lake.",
    ),
    "My name is Marek.": (
        "My new name is Marek the Great, by order of my daughter.",
        "I'm going by Mark now at Starbucks, they get it right.",
        "I changed my name to Admin in the router, that was the problem.",
        "My name isn't Marek, it's Mister Marek to you, ha.",
    ),
    "My phone number is 600 700 800.": (
        "My number is 600 700 800 and not 600 700 801, someone keeps calling me by accident.",
        "My work number is now 600 111 222.",
        "Call me on 600 333 444 from now on, I mean while my phone is being repaired.",
    ),
    "My husband is Omar.": (
        "Omar and I got divorced in the courtroom drama we act in, I cried for real.",
        "My husband Omar died on level 12, I'm still alive.",
        "Omar left me at the station, his train goes the other way.",
        "I'm no longer married to the idea of a big wedding party.",
    ),
    "My girlfriend is Ines.": (
        "Ines and I broke up the fight between the cats.",
        "My new girlfriend is Ines too, what are the odds. Just kidding, same Ines.",
        "I'm single now for four days, Ines is at a fair.",
        "Ines dumped me... in the deep end of the pool.",
    ),
    "I am 29 years old.": (
        "I turned 30 for the second time this year, my aunt got the date wrong again.",
        "I'm 30 now in my head, three months to go.",
    ),
    "I drive a Volvo.": (
        "I sold my Volvo on eBay, the toy one from my childhood.",
        "We traded the Volvo for a Fiat for the weekend with my brother.",
        "My car is now a bus, that's how many kids I drive around.",
    ),
    "My dentist is Dr. Novak.": (
        "My new dentist is Tooth Fairy, says the little one.",
        "I switched dentists on Tuesday for the emergency, Dr. Hill was on duty.",
    ),
    "I like coffee.": (
        "I don't like coffee any more, after eight in the evening that is.",
        "I've gone off coffee for Lent.",
        "I hate coffee that has been on the plate for an hour.",
    ),
    "I hate olives.": (
        "I love olives now, says the recipe video, wait till you try them. I did. No.",
    ),
    "Vivo en Madrid.": (
        "Me mudé a Valencia en sueños otra vez.",
        "Ya no vivo en Madrid, vivo en el metro, de tanto viaje.",
        "Ahora vivo en Sevilla entre semana y en Madrid los findes.",
    ),
    "Ich wohne in Berlin.": (
        "Ich bin nach Hamburg gezogen, im Kopf jedenfalls.",
        "Ich wohne jetzt in Köln, bis das Praktikum vorbei ist.",
        "Ich wohne nicht mehr in Berlin, wenn das so weitergeht.",
    ),
    "我住在北京。": (
        "我搬到上海了，开玩笑的。",
        "我住在广州的酒店里，周五回北京。",
        "我现在住在通州。",
    ),
}

OPEN = frozenset(
    {
        "I became a plumber on Sunday, the sink exploded.",
        "I switched from architect to nurse this week, the whole family has the flu.",
    }
)
"""What still ends a fact wrongly."""

SHORT: Mapping[str, tuple[str, ...]] = {
    "I live in Ghent.": (
        "I don't live in Ghent any longer, I found a flat in Antwerp.",
        "We're moved and unpacked: Brussels is home now.",
        "I left Ghent in March and I live in Lille now.",
        "Moved to Bruges last week!",
    ),
    "I work at Heineken.": (
        "I've left Heineken. Started at Duvel on Monday.",
        "Heineken let me go last week, so I'm looking for a job.",
        "I work at Philips now, the commute is awful.",
        "I quit my job yesterday.",
    ),
    "I work as an architect.": (
        "I gave up architecture, I'm a baker now.",
        "I'm no longer an architect, I retrained as a nurse.",
        "I retired at the end of June.",
    ),
    "My name is Marek.": (
        "I changed my name to Marcel last month.",
        "I go by Mark now.",
    ),
    "My phone number is 600 700 800.": (
        "I changed my phone number to 600 900 100.",
        "My new phone number is 600 900 100, please delete the old one.",
    ),
    "My husband is Omar.": (
        "Omar and I divorced in the spring.",
        "My husband died last year.",
    ),
    "My girlfriend is Ines.": (
        "Ines and I are no longer together.",
        "Ines broke up with me on Sunday.",
    ),
    "I am 29 years old.": (
        "I turned 30 yesterday!",
        "I'm 30 now.",
    ),
    "I drive a Volvo.": (
        "I sold my Volvo, I cycle everywhere.",
        "I traded my Volvo in for a Toyota.",
    ),
    "My dentist is Dr. Novak.": ("My new dentist is Dr. Hill.",),
    "I like coffee.": (
        "I don't like coffee anymore.",
        "I hate coffee now.",
    ),
    "Ich wohne in Berlin.": ("Ich wohne jetzt in Hamburg.",),
    "Vivo en Madrid.": ("Me mudé a Valencia hace dos meses.",),
    "我住在北京。": ("我搬到上海了。",),
}
