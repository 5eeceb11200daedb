"""Lists of words for the phrases of relations: occupations, cars, people, diets, animals.

"I am a father now" and "I am a nurse now" are said the same way: only a list tells them apart. A
word is added where it stands for nothing else in such a phrase.
"""

from __future__ import annotations

OCCUPATIONS = tuple(
    "accountant actor actress administrator advisor agent analyst apprentice architect artist "
    "assistant astronaut attorney auditor author baker banker barber barista bartender biologist "
    "bookkeeper bricklayer broker builder butcher captain cardiologist caretaker carpenter cashier "
    "chef chemist cleaner clerk coach comedian composer conductor consultant contractor "
    "controller cook coordinator copywriter counsellor counselor courier curator dancer dentist "
    "designer detective developer dietitian diplomat director doctor driver economist editor "
    "electrician engineer farmer firefighter fisherman florist freelancer gardener geologist "
    "guard guide hairdresser illustrator inspector instructor interpreter janitor jeweller "
    "journalist judge lawyer lecturer librarian machinist manager mechanic midwife musician nanny "
    "neurologist nurse nutritionist officer optician painter paralegal paramedic pediatrician "
    "pharmacist photographer physician physicist physiotherapist pilot plumber police policeman "
    "politician porter postman potter president principal producer professor programmer "
    "psychiatrist psychologist realtor receptionist recruiter reporter researcher sailor "
    "salesman saleswoman scientist seamstress secretary singer soldier solicitor statistician "
    "stylist supervisor surgeon surveyor tailor teacher technician therapist trader trainer "
    "translator treasurer tutor veterinarian vet waiter waitress welder writer zoologist".split()
)
"""Last words of what people work as."""

TRADES = {
    "teaching": "teacher", "nursing": "nurse", "acting": "actor", "lecturing": "lecturer",
    "farming": "farmer", "journalism": "journalist", "accounting": "accountant",
    "accountancy": "accountant", "carpentry": "carpenter", "plumbing": "plumber",
    "engineering": "engineer", "law": "lawyer",
}  # fmt: skip
"""What somebody was who left a trade."""

CARS = tuple(
    "Acura|Alfa Romeo|Aston Martin|Audi|Bentley|BMW|Buick|BYD|Cadillac|Chevrolet|Chevy|Chrysler|"
    "Citroen|Citroën|Cupra|Dacia|Dodge|Ferrari|Fiat|Ford|Genesis|GMC|Honda|Hyundai|Infiniti|Jaguar|"
    "Jeep|Kia|Lamborghini|Lancia|Land Rover|Range Rover|Lexus|Lincoln|Lotus|Lucid|Maserati|Mazda|"
    "McLaren|Mercedes|Mini|Mitsubishi|Nissan|Opel|Peugeot|Polestar|Porsche|Prius|Renault|Rivian|"
    "Rolls-Royce|Saab|Seat|Skoda|Škoda|Smart|Subaru|Suzuki|Tesla|Toyota|Vauxhall|Volkswagen|Volvo|"
    "VW|Accord|Camry|Civic|Clio|Corolla|Fiesta|Golf|Jetta|Micra|Mustang|Outback|Passat|Polo|"
    "Yaris".split("|")
)
"""Makers of cars, and models that go by their own name."""

PEOPLE = tuple(
    "friend sister brother cousin colleague coworker co-worker neighbour neighbor aunt uncle "
    "mother "
    "father mom mum mommy dad daddy daughter son roommate flatmate housemate buddy wife husband "
    "partner boss manager boyfriend girlfriend fiancé fiancée fiance fiancee niece nephew "
    "grandmother "
    "grandfather grandma grandpa stepson stepdaughter stepbrother stepsister stepmother stepfather "
    "sister-in-law brother-in-law mother-in-law father-in-law teacher doctor dentist therapist "
    "classmate teammate client landlord landlady tutor mentor trainer coach ex ex-boss ex-wife "
    "ex-husband ex-boyfriend ex-girlfriend godson goddaughter godmother godfather student pal mate "
    "assistant intern employee lawyer".split()
)
"""What somebody can be to a speaker."""

DIETS = tuple(
    "vegetarian|vegan|pescatarian|pescetarian|flexitarian|kosher|halal|keto|paleo|gluten-free|"
    "dairy-free|low-carb|lactose-free|plant-based".split("|")
)
"""Ways to eat that have a name."""

ALLERGENS = tuple(
    "peanuts?|nuts|shellfish|shrimps?|prawns?|crab|lobster|fish|seafood|eggs?|milk|dairy|lactose|"
    "gluten|wheat|soya?|sesame|mustard|celery|lupin|sulphites|sulfites|strawberr(?:y|ies)|kiwis?|"
    "bananas?|avocados?|apples?|citrus|tomato(?:es)?|garlic|onions?|chocolate|corn|mushrooms?|"
    "almonds?|cashews?|walnuts?|hazelnuts?|pistachios?|pollen|grass|dust(?: mites)?|mold|mould|"
    "cats?|dogs?|horses?|fur|feathers|bees?|bee stings|wasps?|wasp stings|latex|nickel|penicillin|"
    "amoxicillin|aspirin|ibuprofen|codeine|morphine|sulfa|antibiotics|perfume|wool|caffeine|"
    "alcohol|honey|coconut|mangos?|mangoes|peaches|pineapples?|birch|ragweed".split("|")
)
"""What people are allergic to, as patterns."""

SPECIES = tuple(
    "dog|puppy|cat|kitten|parrot|budgie|canary|rabbit|bunny|hamster|guinea pig|gerbil|horse|pony|"
    "turtle|tortoise|snake|lizard|gecko|goldfish|ferret|hedgehog|chinchilla|cockatiel|chicken|"
    "goat|donkey|labrador|retriever|poodle|beagle|corgi|dachshund|terrier|bulldog|husky".split("|")
)
"""Animals that live with people."""

RELATIVES = tuple(
    "sister|brother|son|daughter|mother|father|mom|mum|dad|aunt|uncle|niece|nephew|cousin|"
    "grandmother|grandfather|grandma|grandpa|granddaughter|grandson|stepson|stepdaughter|"
    "sister-in-law|brother-in-law|mother-in-law|father-in-law|twin".split("|")
)
"""Whom one has in a family, apart from a wife or a husband."""
