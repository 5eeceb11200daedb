"""Secrets and personal identifiers in a text: what they look like, and what only looks like them.

A pattern proposes and a check decides: cards have Luhn's digit, bank accounts the remainder of
ISO 7064, phone numbers a shape; numbers of books, orders, versions and log lines are none of them.
Every pattern is bounded and begins where a word does, so the time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Check = Callable[[re.Match[str]], bool]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of secret or identifier: its name, its pattern, and what decides about a match."""

    name: str
    pattern: re.Pattern[str]
    check: Check | None = None

    def found(self, text: str) -> Iterator[re.Match[str]]:
        """Yield each place of a text that holds one."""
        check = self.check
        return (m for m in self.pattern.finditer(text) if check is None or check(m))


_KEY = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----")
_OTHER_NUMBER = re.compile(
    r"\b(?:isbn|issn|ean|sku|order|invoice|ref|reference|ticket|case|version|serial|part|tracking|"
    r"customer|item|article|bestell\w{0,8}|rechnung\w{0,8}|commande|facture|pedido|factura|ordine|"
    r"fattura|订单|注文)\b[\s\w.:#°-]{0,12}$|#$",
    re.I,
)
_NUMBERED = ("section", "chapter", "clause", "article", "figure", "§", "abschnitt", "kapitel")
"""What precedes the number of a part of a document, which has the form of an address."""
_LOG_LINE = re.compile(r"\b\d\d:\d\d:\d\d\b|\bHTTP/\d|\bport \d|\b(?:GET|POST|PUT|DELETE|HEAD) /")


def _is_card(match: re.Match[str]) -> bool:
    digits = [int(digit) for digit in match.group() if digit.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return digits[0] in (2, 3, 4, 5, 6) and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def _is_account(match: re.Match[str]) -> bool:
    plain = match.group().replace(" ", "")
    number = "".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])
    return 15 <= len(plain) <= 34 and int(number) % 97 == 1


def _is_phone(match: re.Match[str]) -> bool:
    text, start = match.string, match.start()
    digits = sum(letter.isdigit() for letter in match.group())
    return 7 <= digits <= 15 and _OTHER_NUMBER.search(text[max(0, start - 32) : start]) is None


def _is_address(match: re.Match[str]) -> bool:
    """Return whether four numbers are a public address outside a log, and not a version."""
    parts = [int(part) for part in match.group().split(".")]
    private = parts[0] in (0, 10, 127) or parts[:2] in ([192, 168], [169, 254])
    private = private or (parts[0] == 172 and 16 <= parts[1] < 32)
    text, start = match.string, match.start()
    line = text[max(0, start - 80, text.rfind("\n", 0, start) + 1) : start + 80].partition("\n")[0]
    before = text[max(0, start - 12) : start].lower()
    named = any(
        word in before
        for word in ("version", "release", "build", "firmware", "v.", " v", *_NUMBERED)
    )
    return max(parts) < 256 and not private and not named and _LOG_LINE.search(line) is None


def _kind(name: str, pattern: str, check: Check | None = None) -> Kind:
    return Kind(name, re.compile(pattern), check)


SECRETS = (
    _kind("access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    _kind(
        "token",
        r"\b(?:ghp|gho|ghs|ghu|github_pat|glpat|xox[abprs]|hf|pypi)[-_][\w-]{16,255}",
    ),
    _kind("API key", r"\bsk-[\w-]{20,255}|\bAIza[\w-]{35}\b"),
    _kind("web token", r"(?<![\w-])eyJ[\w-]{8,4096}+\.[\w-]{8,8192}+\.[\w-]{8,1024}"),
    _kind(
        "password",
        r"(?i:\b(?:password|passwd|passphrase|pwd|api[_ ]?key|secret)\b"
        r"(?: is|:|=)[ \t]{0,8})[\"']?(?P<part>[^\s\"',;]{6,255})",
    ),
    _kind("address with a password", r"\b\w{2,20}://[^\s:/@]{1,64}:[^\s:/@]{1,128}@[^\s]{1,255}"),
)
PERSONAL = (
    _kind(
        "e-mail",
        r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}\b",
    ),
    _kind("bank account", r"(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?!\w)", _is_account),
    _kind("card number", r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])", _is_card),
    _kind(
        "phone number",
        r""
        r""
        r"(?<![\w.+-])(?<!\d/)"
        r"(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ ./-]?\d{2,4}){1,5}"
        r"|\(\d{3}\) ?\d{3}[-. ]\d{4}|\d{3}[-. ]\d{3}[-. ]\d{4}"
        r"|0\d{1,4}[ /-]\d{3,8}(?: \d{2,4}){0,3})(?![\w-]|[.:]\d)",
        _is_phone,
    ),
    _kind(
        "social security number", r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])"
    ),
    _kind("network address", r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)", _is_address),
)


def private_keys(text: str) -> list[tuple[int, int]]:
    """Return where private keys begin and end; one that is cut off goes to the end of the text."""
    spans: list[tuple[int, int]] = []
    place = 0
    while (start := _KEY.search(text, place)) is not None:
        end = text.find("-----END ", start.end())
        close = text.find("-----", end + 9) if end >= 0 else -1
        place = close + 5 if close >= 0 else len(text)
        spans.append((start.start(), place))
    return spans
