"""Places by country: what is a place at all, and what lies in what.

The lists name the countries and the cities that people most often live in; a place that is not
among them is told by its shape or by what is said of it (`objects.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

_CITIES = """
Argentina: Buenos Aires|Cordoba|Rosario|Mendoza|La Plata|Salta
Australia: Sydney|Melbourne|Brisbane|Perth|Adelaide|Canberra|Hobart|Darwin|Cairns|Gold Coast|\
Geelong|Newcastle|Queensland|Victoria|Tasmania|New South Wales
Austria: Vienna|Graz|Linz|Salzburg|Innsbruck|Klagenfurt|Tyrol
Bangladesh: Dhaka|Chittagong
Belgium: Brussels|Antwerp|Ghent|Bruges|Leuven|Liege|Namur
Brazil: Sao Paulo|São Paulo|Rio|Rio de Janeiro|Brasilia|Salvador|Recife|Fortaleza|Curitiba|\
Porto Alegre|Florianopolis|Belo Horizonte
Bulgaria: Sofia|Plovdiv|Varna
Canada: Toronto|Montreal|Vancouver|Calgary|Ottawa|Edmonton|Winnipeg|Halifax|Quebec|Quebec City|\
Victoria|Hamilton|Ontario|Alberta|British Columbia|Manitoba|Saskatchewan|Nova Scotia|Kelowna|\
Whistler|Banff
Chile: Santiago|Valparaiso|Concepcion
China: Beijing|Shanghai|Shenzhen|Guangzhou|Chengdu|Hangzhou|Wuhan|Nanjing|Tianjin|Chongqing|Suzhou|\
Xian|Xi'an|Qingdao|Dalian|Xiamen|Harbin|Kunming|Hong Kong|Macau
Colombia: Bogota|Bogotá|Medellin|Medellín|Cali|Cartagena
Croatia: Zagreb|Split|Dubrovnik|Rijeka
Czechia: Prague|Brno|Ostrava|Plzen
Denmark: Copenhagen|Aarhus|Odense|Aalborg
Egypt: Cairo|Alexandria|Giza|Luxor
England: London|Manchester|Birmingham|Liverpool|Leeds|Sheffield|Bristol|Newcastle|Nottingham|\
Leicester|Oxford|Cambridge|York|Bath|Brighton|Southampton|Portsmouth|Plymouth|Exeter|Norwich|\
Reading|Coventry|Hull|Derby|Durham|Kent|Essex|Surrey|Sussex|Cornwall|Devon|Dorset|Somerset|\
Yorkshire|Lancashire|Hackney|Camden|Brixton|Croydon|Wimbledon|Canterbury|Winchester|Dover|\
Sunderland|Bolton|Luton|Swindon|Cheltenham|Bradford|Wakefield|Cumbria|Norfolk|Suffolk
Estonia: Tallinn|Tartu
Ethiopia: Addis Ababa
Finland: Helsinki|Tampere|Turku|Espoo|Oulu
France: Paris|Lyon|Marseille|Toulouse|Nice|Nantes|Strasbourg|Montpellier|Bordeaux|Lille|Rennes|\
Grenoble|Dijon|Reims|Rouen|Tours|Annecy|Avignon|Cannes|Provence|Brittany|Normandy|Alsace|Montmartre
Germany: Berlin|Munich|Hamburg|Cologne|Frankfurt|Stuttgart|Dusseldorf|Düsseldorf|Leipzig|Dresden|\
Bremen|Hanover|Hannover|Nuremberg|Bonn|Munster|Münster|Karlsruhe|Mannheim|Freiburg|Heidelberg|\
Mainz|Kiel|Potsdam|Aachen|Bochum|Dortmund|Essen|Wuppertal|Augsburg|Regensburg|Jena|Weimar|Erfurt|\
Rostock|Lübeck|Bavaria|Saxony|Kreuzberg|Neukölln
Ghana: Accra|Kumasi
Greece: Athens|Thessaloniki|Patras|Crete|Rhodes|Corfu
Hungary: Budapest|Debrecen|Szeged
Iceland: Reykjavik
India: Mumbai|Delhi|New Delhi|Bangalore|Bengaluru|Chennai|Kolkata|Hyderabad|Pune|Ahmedabad|Jaipur|\
Goa|Kerala|Kochi|Lucknow|Noida|Gurgaon|Chandigarh|Punjab|Gujarat|Tamil Nadu
Indonesia: Jakarta|Bali|Surabaya|Bandung|Yogyakarta
Iran: Tehran|Isfahan|Shiraz
Iraq: Baghdad|Erbil
Ireland: Dublin|Cork|Galway|Limerick|Waterford|Kilkenny
Israel: Tel Aviv|Jerusalem|Haifa
Italy: Rome|Milan|Naples|Turin|Florence|Venice|Bologna|Genoa|Verona|Palermo|Pisa|Siena|Padua|\
Trieste|Bari|Catania|Sicily|Sardinia|Tuscany|Perugia|Parma|Modena|Trento
Jamaica: Kingston
Japan: Tokyo|Osaka|Kyoto|Nagoya|Sapporo|Fukuoka|Yokohama|Kobe|Hiroshima|Sendai|Nara|Okinawa|\
Hokkaido|Shibuya|Shinjuku
Kenya: Nairobi|Mombasa
Latvia: Riga
Lebanon: Beirut
Lithuania: Vilnius|Kaunas
Malaysia: Kuala Lumpur|Penang|Johor Bahru
Malta: Valletta
Mexico: Mexico City|Guadalajara|Monterrey|Cancun|Oaxaca|Tijuana|Merida|Puebla|Queretaro
Morocco: Casablanca|Rabat|Marrakesh|Marrakech|Fez|Tangier
Nepal: Kathmandu|Pokhara
Netherlands: Amsterdam|Rotterdam|The Hague|Utrecht|Eindhoven|Groningen|Leiden|Delft|Maastricht|\
Haarlem|Nijmegen|Tilburg
New Zealand: Auckland|Wellington|Christchurch|Dunedin|Queenstown
Nigeria: Lagos|Abuja|Ibadan
Northern Ireland: Belfast|Derry
Norway: Oslo|Bergen|Trondheim|Stavanger|Tromsø|Tromso
Pakistan: Karachi|Lahore|Islamabad
Peru: Lima|Cusco|Arequipa
Philippines: Manila|Cebu|Davao|Quezon City
Poland: Warsaw|Krakow|Kraków|Gdansk|Gdańsk|Wroclaw|Wrocław|Poznan|Poznań|Lodz|Łódź|Katowice
Portugal: Lisbon|Porto|Coimbra|Braga|Faro|Madeira|Algarve|Azores|Sintra
Romania: Bucharest|Cluj|Timisoara|Iasi|Brasov
Russia: Moscow|St. Petersburg|Saint Petersburg|Kazan|Novosibirsk|Vladivostok|Sochi
Saudi Arabia: Riyadh|Jeddah|Mecca
Scotland: Edinburgh|Glasgow|Aberdeen|Dundee|Inverness|Stirling|Perth
Serbia: Belgrade|Novi Sad
Singapore: Jurong
Slovakia: Bratislava|Kosice
Slovenia: Ljubljana|Maribor
South Africa: Cape Town|Johannesburg|Durban|Pretoria
South Korea: Seoul|Busan|Incheon|Daegu|Jeju
Spain: Madrid|Barcelona|Valencia|Seville|Bilbao|Malaga|Málaga|Granada|Zaragoza|Alicante|Murcia|\
Cadiz|Cordoba|Salamanca|Toledo|Ibiza|Mallorca|Tenerife|Andalusia|Catalonia|San Sebastian|Girona
Sweden: Stockholm|Gothenburg|Malmo|Malmö|Uppsala|Lund
Switzerland: Zurich|Zürich|Geneva|Basel|Bern|Lausanne|Lucerne|Lugano|Zug|Winterthur
Taiwan: Taipei|Kaohsiung|Taichung|Tainan
Thailand: Bangkok|Chiang Mai|Phuket|Pattaya
Tunisia: Tunis
Turkey: Istanbul|Ankara|Izmir|Antalya|Bursa
UAE: Dubai|Abu Dhabi|Sharjah
Ukraine: Kyiv|Kiev|Lviv|Odesa|Odessa|Kharkiv
Uruguay: Montevideo
Vietnam: Hanoi|Ho Chi Minh City|Saigon|Da Nang|Hue
Wales: Cardiff|Swansea|Newport|Wrexham
Alabama: Birmingham|Montgomery|Huntsville|Mobile
Alaska: Anchorage|Juneau|Fairbanks
Arizona: Phoenix|Tucson|Scottsdale|Tempe|Mesa|Flagstaff|Sedona
California: Los Angeles|LA|L.A.|San Francisco|San Diego|San Jose|Sacramento|Oakland|Berkeley|\
Fresno|Pasadena|Santa Monica|Malibu|Palo Alto|Long Beach|Irvine|Anaheim|Santa Barbara|Santa Cruz|\
Hollywood|Silicon Valley|Mountain View|Venice|Napa
Colorado: Denver|Boulder|Aurora|Colorado Springs|Aspen|Fort Collins
Connecticut: Hartford|New Haven|Stamford
Florida: Miami|Orlando|Tampa|Jacksonville|Tallahassee|Fort Lauderdale|Sarasota|Naples|Key West|\
Gainesville
Georgia: Atlanta|Savannah|Augusta|Athens
Hawaii: Honolulu|Maui|Oahu|Kauai
Idaho: Boise
Illinois: Chicago|Springfield|Peoria|Naperville|Evanston
Indiana: Indianapolis|Bloomington|Fort Wayne
Iowa: Des Moines|Iowa City
Kansas: Wichita|Topeka|Kansas City
Kentucky: Louisville|Lexington
Louisiana: New Orleans|Baton Rouge
Maine: Portland|Bangor
Maryland: Baltimore|Annapolis|Bethesda
Massachusetts: Boston|Cambridge|Worcester|Salem|Somerville|Springfield
Michigan: Detroit|Ann Arbor|Grand Rapids|Lansing
Minnesota: Minneapolis|St. Paul|Duluth
Missouri: St. Louis|Kansas City|Springfield
Montana: Bozeman|Missoula|Billings
Nebraska: Omaha|Lincoln
Nevada: Las Vegas|Vegas|Reno
New Hampshire: Concord
New Jersey: Newark|Jersey City|Hoboken|Princeton|Trenton
New Mexico: Albuquerque|Santa Fe
New York: New York City|NYC|Brooklyn|Queens|Manhattan|The Bronx|Bronx|Harlem|Staten Island|Buffalo|\
Albany|Rochester|Syracuse|Ithaca|Long Island|Williamsburg
North Carolina: Charlotte|Raleigh|Durham|Asheville|Greensboro|Chapel Hill
Ohio: Columbus|Cleveland|Cincinnati|Dayton|Toledo|Akron
Oklahoma: Tulsa|Oklahoma City|Norman
Oregon: Portland|Eugene|Salem|Bend
Pennsylvania: Philadelphia|Pittsburgh|Harrisburg|Scranton|Allentown
Rhode Island: Providence|Newport
South Carolina: Charleston|Columbia|Greenville
Tennessee: Nashville|Memphis|Knoxville|Chattanooga
Texas: Austin|Houston|Dallas|San Antonio|Fort Worth|El Paso|Plano|Lubbock
Utah: Salt Lake City|Provo|Park City|Moab
Vermont: Burlington
Virginia: Richmond|Norfolk|Arlington|Alexandria|Charlottesville
Washington: Seattle|Tacoma|Spokane|Bellevue|Redmond|Olympia
Wisconsin: Milwaukee|Madison
Wyoming: Cheyenne|Jackson
"""
_PARTS = {
    "bavaria": "munich|nuremberg|augsburg|regensburg|würzburg|ingolstadt|passau|bamberg",
    "saxony": "leipzig|dresden|chemnitz|görlitz", "hesse": "frankfurt|wiesbaden|kassel|darmstadt",
    "tuscany": "florence|pisa|siena|lucca", "sicily": "palermo|catania|messina|syracuse",
    "lombardy": "milan|bergamo|brescia", "veneto": "venice|verona|padua",
    "catalonia": "barcelona|girona|tarragona", "andalusia": "seville|granada|malaga|cordoba|cadiz",
    "brittany": "rennes|brest", "provence": "marseille|avignon|aix-en-provence", "alsace":
    "strasbourg|colmar", "normandy": "rouen|caen", "kent": "canterbury|dover", "yorkshire":
    "york|leeds|sheffield|hull|bradford|wakefield", "devon": "exeter|plymouth", "east anglia":
    "norwich|cambridge|norfolk|suffolk", "ontario": "toronto|ottawa|hamilton|kingston", "quebec":
    "montreal|quebec city", "british columbia": "vancouver|victoria|kelowna|whistler", "alberta":
    "calgary|edmonton|banff", "manitoba": "winnipeg", "nova scotia": "halifax", "new south wales":
    "sydney|newcastle", "victoria": "melbourne|geelong", "queensland":
    "brisbane|cairns|gold coast", "tasmania": "hobart", "kerala": "kochi", "tamil nadu": "chennai",
    "punjab": "lahore|chandigarh|amritsar", "gujarat": "ahmedabad", "hokkaido": "sapporo",
    "new york city": "manhattan|brooklyn|queens|bronx|harlem|staten island|williamsburg|astoria|"
    "greenwich village|soho|tribeca|chelsea|bushwick",
    "london": "hackney|camden|brixton|croydon|wimbledon|islington|shoreditch|greenwich|richmond|"
    "notting hill|kensington|chelsea|soho|peckham|clapham|stratford|tottenham|walthamstow",
    "berlin": "kreuzberg|neukölln|mitte|prenzlauer berg|friedrichshain|charlottenburg|wedding|"
    "moabit|schöneberg|pankow|spandau",
    "paris": "montmartre|le marais|marais|belleville|montparnasse|bastille",
    "tokyo": "shibuya|shinjuku|ginza|akihabara|asakusa|roppongi",
    "los angeles": "hollywood|venice|santa monica|silver lake|echo park|koreatown|pasadena",
    "san francisco": "mission district|haight|castro|nob hill|chinatown",
    "usa": "alabama|alaska|arizona|california|colorado|connecticut|florida|georgia|hawaii|idaho|"
    "illinois|indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|"
    "minnesota|missouri|montana|nebraska|nevada|new hampshire|new jersey|new mexico|new york|"
    "north carolina|ohio|oklahoma|oregon|pennsylvania|rhode island|south carolina|tennessee|"
    "texas|utah|vermont|virginia|washington|wisconsin|wyoming|washington, dc|dc|"
    "mississippi|delaware|arkansas|north dakota|south dakota|west virginia|new england",
    "uk": "england|scotland|wales|northern ireland",
    "europe": "austria|belgium|bulgaria|croatia|czechia|denmark|estonia|finland|france|germany|"
    "greece|hungary|iceland|ireland|italy|latvia|lithuania|malta|netherlands|norway|poland|"
    "portugal|romania|serbia|slovakia|slovenia|spain|sweden|switzerland|ukraine|uk|cyprus|"
    "luxembourg|monaco|albania|scandinavia|montenegro|bosnia|moldova|belarus",
    "asia": "bangladesh|china|india|indonesia|iran|iraq|israel|japan|lebanon|malaysia|nepal|"
    "pakistan|philippines|saudi arabia|singapore|south korea|taiwan|thailand|uae|vietnam|"
    "cambodia|mongolia|sri lanka|qatar|kuwait|jordan|laos|myanmar|kazakhstan|syria|afghanistan",
    "africa": "egypt|ethiopia|ghana|kenya|morocco|nigeria|south africa|tunisia|uganda|tanzania|"
    "senegal|algeria|rwanda|zambia|zimbabwe|cameroon|namibia|botswana|sudan|somalia",
    "north america": "usa|canada|mexico",
    "south america": "argentina|brazil|chile|colombia|peru|uruguay|ecuador|bolivia|paraguay|"
    "venezuela",
    "central america": "costa rica|panama|guatemala|honduras|nicaragua|el salvador|cuba|jamaica|"
    "haiti|dominican republic|puerto rico|bahamas|barbados",
    "oceania": "australia|new zealand|fiji|samoa",
}  # fmt: skip
_SAME = {
    "us": "usa", "u.s": "usa", "u.s.": "usa", "united states": "usa", "america": "usa",
    "states": "usa", "united kingdom": "uk", "britain": "uk", "great britain": "uk",
    "holland": "netherlands", "czech republic": "czechia", "korea": "south korea",
    "emirates": "uae", "nyc": "new york city", "la": "los angeles", "l.a": "los angeles",
    "kiev": "kyiv", "bengaluru": "bangalore", "new delhi": "delhi", "vegas": "las vegas",
    "rio": "rio de janeiro", "münchen": "munich", "köln": "cologne", "wien": "vienna",
    "rom": "rome", "roma": "rome", "mailand": "milan", "milano": "milan", "venedig": "venice",
    "florenz": "florence", "lissabon": "lisbon", "lisboa": "lisbon", "warschau": "warsaw",
    "prag": "prague", "praga": "prague", "londres": "london", "paris": "paris",
    "nueva york": "new york", "berlín": "berlin", "sevilla": "seville", "viena": "vienna",
    "moskau": "moscow", "moscú": "moscow", "brüssel": "brussels", "bruselas": "brussels",
    "kopenhagen": "copenhagen", "genf": "geneva", "ginebra": "geneva", "nürnberg": "nuremberg",
    "athen": "athens", "atenas": "athens", "neapel": "naples", "turín": "turin",
    "deutschland": "germany", "alemania": "germany", "österreich": "austria",
    "schweiz": "switzerland", "suiza": "switzerland", "spanien": "spain", "españa": "spain",
    "italien": "italy", "italia": "italy", "frankreich": "france", "francia": "france",
    "méxico": "mexico", "ciudad de méxico": "mexico city", "bogotá": "bogota",
    "medellín": "medellin", "são paulo": "sao paulo", "málaga": "malaga", "zürich": "zurich",
    "düsseldorf": "dusseldorf", "hannover": "hanover", "kraków": "krakow", "wrocław": "wroclaw",
    "北京": "beijing", "上海": "shanghai", "深圳": "shenzhen", "广州": "guangzhou",
    "成都": "chengdu", "杭州": "hangzhou", "武汉": "wuhan", "南京": "nanjing", "天津": "tianjin",
    "重庆": "chongqing", "苏州": "suzhou", "西安": "xian", "香港": "hong kong", "台北": "taipei",
    "巴黎": "paris", "伦敦": "london", "罗马": "rome", "柏林": "berlin", "东京": "tokyo",
    "纽约": "new york", "新加坡": "singapore", "首尔": "seoul", "悉尼": "sydney",
    "多伦多": "toronto", "马德里": "madrid", "美国": "usa", "英国": "uk", "中国": "china",
    "德国": "germany", "法国": "france", "日本": "japan", "意大利": "italy", "加拿大": "canada",
}  # fmt: skip
_NEAR = re.compile(
    r"^(?:greater|downtown|central|inner|metro) |(?: metropolitan)? area$|, (?:the )?(?:us|usa|uk)$"
)
_REGION_WORDS = frozenset(
    "county state province region island islands valley coast district north south east west "
    "midwest countryside suburbs".split()
)


@lru_cache(maxsize=1)
def _parents() -> Mapping[str, frozenset[str]]:
    """Every known place → the places right around it."""
    found: dict[str, set[str]] = {}
    for line in _CITIES.strip().splitlines():
        around, _, cities = line.partition(": ")
        for city in cities.split("|"):
            name = city.casefold().removeprefix("the ")
            found.setdefault(name, set()).add(around.casefold())
        found.setdefault(around.casefold(), set())
    for around, parts in _PARTS.items():
        for part in parts.split("|"):
            found.setdefault(part, set()).add(around)
        found.setdefault(around, set())
    return {place: frozenset(around) for place, around in found.items()}


def plain_place(value: str) -> str:
    """Return the name of a place as the lists have it: case-folded, in English, without "the"."""
    name = _NEAR.sub("", value.casefold().strip(" .").removeprefix("the ")).strip()
    return _SAME.get(name, name)


def is_known(value: str) -> bool:
    """Return whether a place, or each part of "Rome, Italy" that matters, is in the lists."""
    name = plain_place(value)
    return name in _parents() or any(plain_place(p) in _parents() for p in name.split(","))


def _all_around(name: str) -> set[str]:
    around, queue = set[str](), [name]
    while queue:
        for outer in _parents().get(queue.pop(), ()):
            if outer not in around:
                around.add(outer)
                queue.append(outer)
    return around


def may_contain(one: str, other: str) -> bool:
    """Return whether one of two places may lie in the other, as far as the lists can tell.

    A place that is not listed may lie in any country, state or continent.
    """
    first, second = plain_place(one), plain_place(other)
    if first == second or first in _all_around(second) or second in _all_around(first):
        return True
    return (_is_region(first) and second not in _parents()) or (
        _is_region(second) and first not in _parents()
    )


@lru_cache(maxsize=1)
def _regions() -> frozenset[str]:
    return frozenset(outer for around in _parents().values() for outer in around)


def _is_region(name: str) -> bool:
    return name in _regions() or not _REGION_WORDS.isdisjoint(name.split())
