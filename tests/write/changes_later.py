"""Real changes in the words that people use for them, by what stood.

LATER was written by others, and 35 of its 100 were read at first; OWN by us afterwards, of which
61 of 84 were.
"""

from __future__ import annotations

from collections.abc import Mapping

LATER: Mapping[str, tuple[str, ...]] = {
    "I live in Rome.": (
        "Big news, we packed up and moved to Turin last month. Still surrounded by boxes.",
        "I don't live in Rome anymore, the rent finally broke me.",
        "Milan is home now. Never thought I'd say that!",
    ),
    "I live in Berlin.": (
        "Since March I've been living in Leipzig, quieter and half the price.",
        "Left Berlin for good in the summer. I miss the lakes, though.",
        "Well, after nine years in Berlin I'm now a proud resident of Vienna. The coffee alone "
        "is worth it.",
    ),
    "I live in Boston.": (
        "We sold the place in Boston and settled down in Vermont, and the kids love the snow.",
        "Update: I relocated to Austin for my wife's job. It's hot.",
        "I moved back to Ohio to be closer to my parents. Dad isn't doing so well.",
    ),
    "I live in Paris.": (
        "I live in Lyon now, if you're ever around, come by!",
        "We finally did it and swapped Paris for a village near Nantes two weeks ago.",
        "I'm not in Paris any longer. Moved to Brussels at New Year.",
    ),
    "I live in Seattle.": (
        "Just moved from Seattle to Denver, and I can't breathe on the stairs yet.",
        "My new home is Portland. Signed the lease, got the keys, slept on the floor.",
        "I've left Seattle. Too much rain, too few friends. San Diego has been good to me so far.",
    ),
    "I work at Siemens.": (
        "I quit Siemens yesterday. Feels amazing!",
        "I got laid off from Siemens last week, so I'm a bit down.",
        "I work for Bosch now, same city, better hours.",
        "Today was my last day at Siemens. There was cake and I cried.",
    ),
    "I work at Google.": (
        "I left Google in January to start my own company.",
        "Started at a small startup called Lumo this week, after leaving Google. Nobody has a "
        "title here.",
        "Google let me go on Friday. Twelve years, one e-mail.",
        "I'm no longer with Google, I switched to Mozilla.",
        "They fired me from Google. Long story, not for today.",
    ),
    "I work at Tesco.": (
        "I've swapped Tesco for Aldi, better pay and I get Sundays off.",
        "I don't work at Tesco any more, thank God.",
        "Finally handed in my uniform, I stopped working at Tesco last Saturday.",
        "New job! I'm at the post office now instead of Tesco.",
    ),
    "I work as a nurse.": (
        "I retired in April. No more night shifts, ever.",
        "I gave up nursing and became a florist. My back says thank you.",
        "I'm not a nurse anymore, I burned out and now I work as a librarian.",
    ),
    "I work as a teacher.": (
        "I stopped teaching last year. These days I'm a full-time translator.",
        "I've changed careers, I'm a software developer now. The kids would laugh.",
        "After fifteen years in the classroom I quit teaching and became a carpenter.",
    ),
    "I work as a chef.": (
        "I'm no longer a chef. My knees gave out, so I drive a bus now.",
        "I used to be a chef, but since the baby came I work as a food writer.",
    ),
    "My name is Anna.": (
        "I legally changed my name to Alex last week. Please call me that from now on.",
        "I don't go by Anna anymore, it's Ash now.",
    ),
    "My name is Daniel.": (
        "It's official, my name is Danielle now. The new passport came this morning!",
    ),
    "My name is Daniel Brown.": (
        "We got married on Saturday and I took her name, so I'm Daniel Rossi now.",
    ),
    "My phone number is 555-0134.": (
        "I've got a new number, 555-0188. The old one no longer works.",
        "Changed providers and lost my number, so please use 555-0142 from now on.",
        "My number changed, it's 555-0119 now. Too many spam calls on the other one.",
    ),
    "My email is ana@mail.com.": (
        "I closed my old mail account. My new email is ana.rey@post.example.",
        "Please don't write to ana@mail.com anymore, it got hacked. I'm at ana99@box.example now.",
        "My email address has changed to hello@anarey.example, finally my own domain.",
    ),
    "My address is 12 Oak Street.": (
        "We moved last weekend, our new address is 7 Mill Lane. Bring wine.",
        "I'm no longer at 12 Oak Street. Send it to 88 Harbour Road instead, that's where I live "
        "now.",
        "My address changed on the first of May: 5 Station Road, flat B.",
    ),
    "I'm married to Paul.": (
        "Paul and I got divorced in spring. It was for the best.",
        "The divorce went through today, so I'm single again. Strange feeling.",
        "Paul passed away in November. I'm slowly learning to cook for one.",
        "I'm not married to Paul anymore. We're still good friends.",
    ),
    "My girlfriend is Mia.": (
        "Mia and I broke up last night. I can't sleep.",
        "Mia dumped me on Sunday, by text.",
        "I'm single now, Mia left me for her trainer.",
        "Mia isn't my girlfriend anymore, we called it quits after the holidays.",
    ),
    "My boyfriend is Luca.": (
        "Luca and I split up a month ago, and I've never felt lighter.",
        "I ended things with Luca. He's my ex now and that's that.",
        "I have a new boyfriend, his name is Ben. Luca and I just didn't work out.",
    ),
    "I am 34 years old.": (
        "It was my birthday yesterday, I'm 35 now. Ouch.",
        "I just turned 35! We had a picnic by the river.",
        "As of today I'm 35 years old, where does the time go?",
    ),
    "I study at Oxford.": (
        "I dropped out of Oxford at Christmas. My parents aren't speaking to me.",
        "I graduated from Oxford last week! Four years, done.",
        "I transferred to Edinburgh this term and I already like it better than Oxford.",
        "I don't study at Oxford any longer, I'm at LSE now.",
    ),
    "I major in physics.": (
        "I switched my major to biology, the maths was killing me.",
        "I've changed majors. It's economics now, my dad is thrilled.",
        "I dropped physics and I'm majoring in linguistics instead.",
    ),
    "I drive a Volvo.": (
        "I sold the Volvo on Friday and got a Tesla. So quiet!",
        "My Volvo finally got scrapped. I drive a little Fiat now.",
        "Traded in the Volvo for a Toyota last week, since the baby seat fits better.",
        "I totalled the Volvo last month, nobody hurt. I have a Honda now.",
    ),
    "I weigh 80 kg.": (
        "I'm down to 74 kg now, the running pays off!",
        "Stepped on the scale this morning: I weigh 83 kg now. Christmas...",
    ),
    "My boss is Karen.": (
        "Karen left the company, and my new boss is a guy named Milo.",
        "I have a new boss since Monday, Ingrid. Karen moved to Sales.",
    ),
    "My dentist is Dr. Lee.": (
        "Dr. Lee retired, so my dentist is Dr. Novak now. Gentle hands.",
        "I switched dentists, I go to Dr. Patel now because she's around the corner.",
    ),
    "My doctor is Dr. Adams.": (
        "I changed doctors last month. Dr. Singh is my GP now and she actually listens.",
    ),
    "My favourite colour is green.": (
        "Funny how tastes change, my favourite colour is yellow now, no longer green.",
    ),
    "My favourite food is pizza.": ("Pizza isn't my favourite anymore. Since Japan it's ramen.",),
    "My favourite band is Radiohead.": (
        "My new favourite band is Big Thief, they've knocked Radiohead off the throne.",
    ),
    "I'm a vegetarian.": (
        "I'm not vegetarian anymore, I started eating meat again in June because of my iron.",
        "I gave up being vegetarian last month. I missed my gran's chicken soup too much.",
    ),
    "I like coffee.": (
        "I don't like coffee anymore. Since the pregnancy even the smell makes me ill.",
    ),
    "I hate mushrooms.": (
        "I used to hate mushrooms, but now I love them. My aunt's risotto did it.",
    ),
    "Vivo en Madrid.": (
        "Ya no vivo en Madrid, me mudé a Valencia en septiembre. ¡Por fin mar!",
        "Ahora vivo en Bilbao, nos vinimos por el trabajo de mi marido.",
    ),
    "Trabajo en Iberia.": ("Dejé Iberia la semana pasada, no aguantaba más los turnos.",),
    "Trabajo como enfermera.": (
        "Ya no soy enfermera, ahora trabajo como profesora y duermo por las noches.",
    ),
    "Ich wohne in Hamburg.": (
        "Wir sind im Mai nach Bremen gezogen, endlich ein Garten für die Kinder.",
        "Ich wohne nicht mehr in Hamburg, seit Januar bin ich in Freiburg zu Hause.",
    ),
    "Ich arbeite bei Bosch.": (
        "Hab bei Bosch gekündigt und arbeite jetzt bei Zeiss. Bin richtig erleichtert.",
    ),
    "Ich bin 45 Jahre alt.": ("Gestern bin ich 46 geworden, es gab Torte für alle.",),
    "我住在北京。": (
        "上个月我搬到成都了，这边节奏慢，吃得也好。",
        "我已经不住北京了，现在住在杭州，离父母近。",
    ),
    "我在华为工作。": ("我上周从华为离职了，终于可以好好睡一觉。",),
    "我今年三十岁。": ("昨天过生日，我现在三十一岁了，时间过得真快。",),
}
"""By others: 100."""

OWN: Mapping[str, tuple[str, ...]] = {
    "I live in Rome.": (
        "After the wedding we moved to Palermo, where his family is from. So much sun!",
        "I finally made the jump and relocated to Toronto. New job, new flat, new everything.",
        "I've been living in Florence since January. Rent is a bit lower.",
        "Rome got too expensive, so we moved to Bologna in May.",
        "I'm a Londoner now! Moved here three weeks ago from Rome.",
        "We bought a house in Perugia and moved in last weekend.",
        "Goodbye Rome, hello Naples! I moved yesterday.",
        "Rome is behind me, I live in Verona now with my boyfriend.",
        "Hey, quick update: we're in Geneva now, moved for my husband's job.",
        "I don't live in Rome these days, we moved out in spring.",
        "I packed up my flat in Rome and now live in Genoa.",
        "My partner got a job in Oslo so we've moved there.",
        "I recently moved to Turin to study architecture.",
        "As of last week I'm living in Trieste. The wind is insane.",
        "I moved to Stuttgart two months ago. Still getting used to the hills.",
        "We've relocated to Madrid because my wife got a new position there.",
        "Good news: the visa came through and I live in Vancouver now!",
        "I left Rome for good, Athens is my home now.",
        "We finally left Rome and moved to the countryside near Siena, well, to Siena itself.",
        "My wife and I moved to Ghent at the start of June.",
    ),
    "I work at Acme.": (
        "I've handed in my badge, I no longer work at Acme.",
        "I got a new job at Nestle, I start mornings at six now.",
        "Acme made me redundant in March. I'm taking it easy for a while.",
        "I've moved on from Acme, I'm working for Siemens now.",
        "I finally quit Acme! The boss was impossible.",
        "I left Acme last month and joined a startup called Zeta.",
        "I'm now employed at the city library, Acme is history.",
        "I was laid off by Acme two weeks ago. Any tips for writing a CV?",
        "I don't work for Acme anymore; I run my own bakery.",
        "I switched jobs, I'm at Bayer now.",
        "They hired me at Lufthansa! I started on Monday.",
        "I accepted a job at Airbus and started this week.",
        "My contract at Acme ended in June and wasn't renewed.",
        "I've started a new job at Ikea, the team is lovely.",
        "After eight years at Acme I moved to Siemens.",
        "I'm working at Bosch now. Acme was a dead end.",
        "I got fired from Acme on Tuesday.",
        "I resigned from Acme and I'm joining nobody for now.",
    ),
    "I work as a nurse.": (
        "I went back to school and became an electrician.",
        "I quit nursing in May, I work as a baker now.",
        "I've retrained and I'm working as a programmer now.",
        "I'm not a nurse any more, I teach biology.",
        "I got promoted to ward manager last week.",
        "I now work as a paramedic, more stress but I love it.",
        "I left nursing and I'm a gardener now.",
        "I have a new job, I work as a translator now.",
    ),
    "My name is Dana Reed.": (
        "I got married and changed my name to Dana Cole.",
        "My last name is Cole now, I took my husband's.",
        "I go by Daniel now, please update that.",
    ),
    "My phone number is 555-010-2233.": (
        "New phone, new number: my number is 555-010-7788 now.",
        "I changed my phone number, it's 555-010-7788 now.",
        "My phone number has changed, please use 555-010-7788 from now on.",
        "My new number is 555-010-3434, the old phone drowned.",
    ),
    "My email is dana@example.com.": (
        "I have a new email address, it's dana@new.example.",
        "Please use dana@new.example from now on, the old address is dead.",
        "My email changed to dana@fresh.example.",
    ),
    "I'm married to Lee.": (
        "Lee and I are divorced since May. We share the dog.",
        "My husband Lee passed away in January.",
        "Lee and I split up for good, the papers came through on Monday.",
        "I'm divorced. It took two years.",
        "We're divorced, Lee and I, since last spring.",
        "My husband and I got divorced after twelve years.",
    ),
    "My girlfriend is called Nia.": (
        "Nia and I aren't together anymore.",
        "Nia broke up with me last week. I'm heartbroken.",
        "I have a new girlfriend, her name is Zoe.",
        "My girlfriend and I broke up yesterday.",
        "Nia left me. I'm crushed.",
    ),
    "I drive a Volvo.": (
        "I sold my car and bought a bike, best decision ever.",
        "I drive a Skoda now, the Volvo was falling apart.",
        "I replaced the Volvo with a Kia last month.",
        "My Volvo was stolen in June, so I got a Mazda.",
        "I don't drive a Volvo anymore, I got a Toyota.",
    ),
    "My boss is Priya.": (
        "Priya left, my new boss is Helen.",
        "I have a new boss now, her name is Helen.",
        "Helen is my new boss.",
    ),
    "My favourite drink is tea.": (
        "My favourite drink these days is coffee.",
        "I've gone off tea, my favourite drink is coffee now.",
        "Coffee is my favourite drink now.",
    ),
    "I study at Oxford University.": (
        "I graduated from Oxford University in June!",
        "I left Oxford University and enrolled at Leeds University.",
        "I finished my degree at Oxford University last month.",
    ),
    "I am 34 years old.": (
        "I turned 35 on Sunday.",
        "Today's my birthday, I'm 35 now!",
        "I turned 35 in May.",
    ),
}
"""By us: 84."""
