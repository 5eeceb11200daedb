"""Passages: the answer is in what is left of a text, whatever the text is made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from combray import Memory
from combray.core.items import Hit, Item
from combray.core.text import count_tokens
from combray.recall.answer.context import build
from combray.recall.answer.passages import Sought, Source, is_question

FACTS = (
    ("safe_code", "What is the safe_code?", "8472"),
    ("wifi_password", "What is the wifi password?", "heron-42"),
    ("gate", "Which gate does it leave from?", "B17"),
    ("backup_port", "On which port does the backup run?", "49222"),
    ("landlord", "Who is the landlord?", "Mr Okonkwo"),
    ("budget", "How big is the budget?", "12400"),
    ("dentist", "When is the dentist appointment?", "2026-03-09"),
    ("blood_type", "What is my blood type?", "0-negative"),
    ("release", "Which release is deployed?", "v4.11.3"),
    ("shelf", "On which shelf does the violin lie?", "row 9"),
)
NOISE = 90


def among(line: str, noise: Callable[[int], str], sep: str = "\n") -> str:
    """A line after sixty others and before thirty more."""
    return sep.join([*map(noise, range(60)), line, *map(noise, range(60, NOISE))])


def log(key: str, value: str) -> str:
    """Lines of a log."""
    return among(
        f"2026-02-01 12:00:00,123 WARN  config - {key} set to {value}",
        lambda i: (
            f"2026-02-01 11:{i % 60:02d}:07,{i:03d} INFO  worker-{i} - job {i} done in {i} ms"
        ),
    )


def csv(key: str, value: str) -> str:
    """Rows below a header."""
    rows = among(f"{key},{value},ops", lambda i: f"item {i},value {i},team {i}")
    return f"name,setting,owner\n{rows}"


def table(key: str, value: str) -> str:
    """A Markdown table."""
    rows = among(f"| {key} | {value} | ops |", lambda i: f"| item {i} | value {i} | team {i} |")
    return f"| name | setting | owner |\n|---|---|---|\n{rows}"


def yaml(key: str, value: str) -> str:
    """Settings below the service that they belong to."""
    noise = among("house:\n  kept: true\n  " + f"{key}: {value}", lambda i: f"svc{i}:\n  size: {i}")
    return f"services:\n{noise}"


def sql(key: str, value: str) -> str:
    """Statements."""
    return among(
        f"INSERT INTO settings (name, value) VALUES ('{key}', '{value}');",
        lambda i: f"INSERT INTO visits (page, seconds) VALUES ('/page/{i}', {i});",
    )


def data(key: str, value: str) -> str:
    """JSON on one line."""
    before = {f"field_{i}": f"text {i}" for i in range(60)}
    return json.dumps({**before, key: value, **{f"tail_{i}": i for i in range(40)}})


def bullets(key: str, value: str) -> str:
    """A list."""
    return among(f"- {key}: {value} is kept here", lambda i: f"- item {i}: buy thing number {i}")


def traceback(key: str, value: str) -> str:
    """Frames of a traceback with its error at the end."""
    frames = "\n".join(
        f'  File "/srv/app/part{i}.py", line {i}, in step{i}\n    return step{i + 1}(payload)'
        for i in range(60)
    )
    error = f"ConfigError: {key} must be a word, not {value}"
    return f"Traceback (most recent call last):\n{frames}\n{error}"


def long_line(key: str, value: str) -> str:
    """Words without a stop."""
    told = key.replace("_", " ")
    return among(f"and the {told} is {value} as agreed", lambda i: f"then they did task {i}", " ")


def prose(key: str, value: str) -> str:
    """Sentences."""
    told = key.replace("_", " ")
    return among(f"The {told} is {value}.", lambda i: f"They spoke about topic {i}.", " ")


KINDS = (log, csv, table, yaml, sql, data, bullets, traceback, long_line, prose)
CHINESE = (
    ("保险箱的密码是什么？", "保险箱的密码是8472。", "8472"),
    ("我的医生叫什么？", "我的医生叫王建国。", "王建国"),
    ("会议在哪个房间？", "会议改到三楼的梅花房间。", "梅花"),
    ("小猫吃什么药？", "小猫每天要吃半片阿莫西林。", "阿莫西林"),
    ("火车几点出发？", "火车早上七点二十出发。", "七点二十"),
    ("钥匙放在哪里？", "钥匙放在门口的蓝色花盆下面。", "蓝色花盆"),
    ("房租多少钱？", "每个月的房租是四千五百块。", "四千五百"),
    ("谁负责翻译？", "翻译的工作由陈梅负责。", "陈梅"),
    ("我对什么过敏？", "我对花生过敏。", "花生"),
    ("新的服务器端口是多少？", "新的服务器端口是49222。", "49222"),
)
JAPANESE = (
    ("金庫の番号は何ですか？", "金庫の番号は8472です。", "8472"),
    ("担当の先生は誰ですか？", "担当の先生は佐藤さんです。", "佐藤"),
    ("会議室はどこですか？", "会議室は三階の桜の間に変わりました。", "桜の間"),
    ("猫の薬は何ですか？", "猫の薬はアモキシシリンです。", "アモキシシリン"),
    ("新幹線は何時に出ますか？", "新幹線は七時二十分に出ます。", "七時二十分"),
    ("鍵はどこにありますか？", "鍵は青い植木鉢の下にあります。", "青い植木鉢"),
    ("家賃はいくらですか？", "家賃は月に八万円です。", "八万円"),
    ("翻訳は誰がしますか？", "翻訳は田中さんがします。", "田中"),
    ("アレルギーは何ですか？", "アレルギーはピーナッツです。", "ピーナッツ"),
    ("サーバーのポートは何番ですか？", "サーバーのポートは49222番です。", "49222"),
)
THAI = (
    ("รหัสตู้เซฟคืออะไร", "รหัสตู้เซฟคือ8472", "8472"),
    ("หมอประจำตัวชื่ออะไร", "หมอประจำตัวชื่อสมชาย", "สมชาย"),
    ("ห้องประชุมอยู่ที่ไหน", "ห้องประชุมอยู่ที่ชั้นสาม", "ชั้นสาม"),
    ("แมวกินยาอะไร", "แมวกินยาอะม็อกซีทุกวัน", "อะม็อกซี"),
    ("รถไฟออกกี่โมง", "รถไฟออกเจ็ดโมงเช้า", "เจ็ดโมง"),
    ("กุญแจบ้านวางไว้ที่ไหน", "กุญแจบ้านวางไว้ใต้กระถางสีฟ้า", "กระถางสีฟ้า"),
    ("ค่าเช่าบ้านเท่าไร", "ค่าเช่าบ้านเดือนละเก้าพันบาท", "เก้าพันบาท"),
    ("ใครรับผิดชอบงานแปล", "มาลีรับผิดชอบงานแปล", "มาลี"),
    ("ฉันแพ้อาหารอะไร", "ฉันแพ้อาหารทะเลและถั่วลิสง", "ถั่วลิสง"),
    ("พอร์ตเซิร์ฟเวอร์คือเลขอะไร", "พอร์ตเซิร์ฟเวอร์คือเลข49222", "49222"),
)


def scripts() -> Iterator[tuple[str, str, str]]:
    """Long texts in three scripts: the question, the text and its answer."""
    for question, told, answer in CHINESE:
        yield question, among(told, lambda i: f"第{i}天大家讨论了模块。", ""), answer
    for question, told, answer in JAPANESE:
        yield question, among(told, lambda i: f"第{i}回は天気の話をした。", ""), answer
    for question, told, answer in THAI:
        yield question, among(told, lambda i: f"วันที่{i}เราคุยเรื่องอากาศ", ""), answer


def shown(text: str, question: str, tokens: int) -> str:
    """The context of one memory."""
    hit = Hit(item=Item(id="a", text=text, name="Ann"), score=1.0, evidence=("a",))
    block = build([hit], tokens, question=question)
    assert count_tokens(block.text) <= tokens
    return block.text


@pytest.mark.parametrize("fact", FACTS, ids=[fact[0] for fact in FACTS])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("tokens", [100, 300])
def test_the_answer_is_in_the_context(
    kind: Callable[[str, str], str], fact: tuple[str, str, str], tokens: int
) -> None:
    """Of a long text of any make, the part that answers is shown, and no line of it is broken."""
    key, question, answer = fact
    text = kind(key, answer)
    block = shown(text, question, tokens)
    assert answer in block
    if kind not in (data, long_line, prose):
        whole = {*text.split("\n"), "…"}
        first, *rest = block.split("\n")
        assert first.partition("Ann: ")[2] in whole
        assert whole.issuperset(rest)


@pytest.mark.parametrize(("question", "text", "answer"), list(scripts()))
def test_the_answer_is_in_the_context_in_scripts_without_spaces(
    question: str, text: str, answer: str
) -> None:
    """Chinese and Japanese are cut at their own stops, Thai between letters."""
    assert answer in shown(text, question, 150)


@pytest.mark.parametrize(
    ("kind", "heads"),
    [
        (csv, ["name,setting,owner"]),
        (table, ["| name | setting | owner |", "|---|---|---|"]),
        (yaml, ["house:"]),
    ],
)
def test_what_explains_a_line_comes_with_it(
    kind: Callable[[str, str], str], heads: list[str]
) -> None:
    """The header of a row, and the parents of a setting, are shown above it."""
    lines = shown(kind("gate", "B17"), "Which gate?", 100).partition("Ann: ")[2].split("\n")
    assert [head for head in heads if head in lines] == heads


def test_code_keeps_its_lines_and_indents() -> None:
    """A fence that fits is whole (report vellum-ai/vellum-assistant#8541)."""
    code = "def area(r):\n    if r < 0:\n        raise ValueError\n    return 3.14 * r * r"
    text = f"Here it is:\n```python\n{code}\n```"
    memory = Memory(embedder="hashed")
    memory.add([{"role": "assistant", "content": text}])
    assert memory.context("What was the area function?", tokens=300).text.endswith(text)


def test_of_a_long_fence_the_lines_around_the_match_are_shown() -> None:
    """They keep their indents, and stand between the marks of the fence."""
    body = "\n".join(f"def f{i}(x):\n    return x + {i}\n" for i in range(80))
    body += "\ndef volume(r):\n    return 4.19 * r**3\n"
    text = f"So:\n```python\n{body}```\nThat is all."
    block = shown(text, "How is the volume computed?", 80)
    assert "\ndef volume(r):\n    return 4.19 * r**3\n```" in block
    assert "```python\n…\n" in block


@pytest.mark.parametrize(
    ("report", "role", "text", "question", "tokens"),
    [
        ("MemPalace/mempalace#791", "user", bullets("safe code", "8472"), "the safe code?", 300),
        (
            "NousResearch/hermes-agent#108868, zilliztech/memsearch#374",
            "user",
            among("最后，保险箱的密码是8472。", lambda i: f"第{i}段：今天我们讨论了模块{i}。", ""),
            "保险箱的密码是什么？",
            500,
        ),
        (
            "CoderofTheWest/openclaw-plugin-continuity#2",
            "tool",
            data("safe_code", "8472"),
            "What is the safe_code setting?",
            300,
        ),
    ],
)
def test_long_notes_of_reports_are_answered(
    report: str, role: str, text: str, question: str, tokens: int
) -> None:
    """Bullets, Chinese and tool output lost the answer, as the report says."""
    memory = Memory(embedder="hashed")
    memory.add([{"role": role, "content": text}])
    memory.add("It rained today.")
    block = memory.context(question, tokens=tokens)
    assert "8472" in block.text, report
    assert block.tokens <= tokens


def test_a_statement_is_preferred_to_a_question_of_the_same_words() -> None:
    """Of a turn that asks and tells, what it tells is shown."""
    text = f"Where is my violin now? {'We went home. ' * 30}The violin is under the stairs."
    assert (
        Source(text, Sought("Where is my violin?")).passage(12).text.startswith("… The violin is")
    )


def test_a_passage_holds_both_things_asked_for() -> None:
    """What adds to what is held already comes before what repeats it."""
    herons = "Two grey herons nest here. Three grey herons nest there. "
    text = f"{herons}{'We went home. ' * 30}A boat left. {'We went home. ' * 30}"
    shown = Source(text, Sought("Where do grey herons nest and what of the boat?")).passage(14).text
    assert "herons nest here" in shown
    assert "boat left" in shown
    assert "herons nest there" not in shown


def test_a_number_is_preferred_when_one_is_asked_for() -> None:
    """Of two sentences with the same words, the one with a figure answers "how many"."""
    text = f"I like my herons. {'We went home. ' * 30}I saw 14 herons."
    assert "14 herons" in Source(text, Sought("How many herons?")).passage(10).text
    assert "I like my" in Source(text, Sought("Which herons?")).passage(10).text


def test_words_of_one_stem_are_alike() -> None:
    """An allergy answers what somebody is allergic to."""
    text = f"{'We went home. ' * 30}An allergy to walnuts. {'We went home. ' * 30}"
    assert "walnuts" in Source(text, Sought("What am I allergic to?")).passage(12).text


def test_a_sentence_that_is_too_long_is_cut_to_words_around_the_match() -> None:
    """The smallest form of all is a few words."""
    text = (
        "we walked on and on and on until the heron flew over the mill and then home again at last"
    )
    cut = Source(text, Sought("heron")).passage(5)
    assert "heron" in cut.text
    assert count_tokens(cut.text) <= 5 + 4
    assert cut.text.startswith("… ")
    assert cut.text.endswith(" …")


def test_the_share_says_how_much_of_the_match_is_held() -> None:
    """All of it in the whole, some in a part, nothing where nothing matched."""
    text = f"A heron came. {'We went home. ' * 30}A boat left."
    source = Source(text, Sought("heron and boat"))
    assert source.passage(500).share == 1
    assert 0 < source.passage(6).share < 1
    assert Source("We went home.", Sought("heron")).passage(9).share == 0
    assert not Source("We went home.", Sought("heron")).matched


def test_what_only_asks_is_a_question() -> None:
    """One statement makes it none."""
    assert is_question("Where is it? Do you know?")
    assert is_question("我的钥匙在哪里？")
    assert not is_question("I lost it. Where is it?")
    assert not is_question(" ")


ROWS = "\n".join(f"| srv{n} | 10.1.{n}.4 | team{n % 5} |" for n in range(40))
FIELDS = "\n".join(f"Field {n}:\n    value {n}" for n in range(40))
HELPERS = "\n\n".join(f"def helper_{n}(x):\n    y = x + {n}\n    return y" for n in range(40))


@pytest.mark.parametrize(
    ("text", "question", "answer", "size"),
    [
        (f"| host | ip | owner |\n|---|---|---|\n{ROWS}\n| vaultbox | 10.9.9.77 | Priya |\n{ROWS}",
         "What is the ip of vaultbox?", "10.9.9.77", 16),
        (f"{FIELDS}\nEmergency contact:\n    Ines Duarte\n{FIELDS}",
         "Who is the emergency contact?", "Ines Duarte", 8),
        (f"{HELPERS}\n\ndef retry_limit():\n    return 17\n\n{HELPERS}",
         "What does retry_limit return?", "17", 8),
    ],
)  # fmt: skip
def test_a_head_that_matches_leads_to_what_stands_under_it(
    text: str, question: str, answer: str, size: int
) -> None:
    """A row is taken before its header, and a line under a colon with the one above it."""
    assert answer in Source(text, Sought(question)).passage(size).text
