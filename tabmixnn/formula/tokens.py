"""Formula text to tokens, with R's lexical rules for names and numbers."""

from __future__ import annotations

import re
from typing import NamedTuple

from tabmixnn.formula.errors import FormulaSyntaxError


class Token(NamedTuple):
    """A piece of formula text.

    Attributes
    ----------
    kind : str
        ``"name"``, ``"number"``, ``"string"``, ``"operator"`` or ``"end"``.
    text : str
        The text, without backticks or quotation marks.
    position : int
        Offset of the first character in the formula.
    """

    kind: str
    text: str
    position: int


_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<name>(?:[^\W\d_]|\.(?!\d))[\w.]*)
  | (?P<quoted>`[^`]*`)
  | (?P<string>"[^"\\]*"|'[^'\\]*')
  | (?P<operator>%in%|\*\*|\|\||[<>=!]=|[-~+*/:^()|,=<>])
    """,
    re.VERBOSE,
)

_REFUSED = {
    "`": "this backtick is not closed",
    '"': "this string is not closed, or holds a backslash",
    "'": "this string is not closed, or holds a backslash",
    "_": "a name cannot start with '_'; put the column's name in backticks",
    "$": "'$' is not part of the formula language; name the column itself",
    "@": "'@' is not part of the formula language",
    "[": "indexing is not part of the formula language",
    "{": "braces are not part of the formula language; use I() for arithmetic",
    "%": "the only %operator% of the formula language is %in%",
}


def tokenize(source: str) -> list[Token]:
    """Split a formula into tokens; the last one has the kind ``"end"``.

    Raises
    ------
    FormulaSyntaxError
        At a character which is no part of the formula language.
    """
    tokens: list[Token] = []
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            character = source[position]
            reason = _REFUSED.get(character, f"{character!r} is not part of the formula language")
            raise FormulaSyntaxError(reason, source, position)
        if match.lastgroup != "space":
            tokens.append(_token(match, source))
        position = match.end()
    tokens.append(Token("end", "", len(source)))
    return tokens


def _token(match: re.Match[str], source: str) -> Token:
    kind, text, position = match.lastgroup, match.group(), match.start()
    if kind == "number" and re.match(r"[\w.]", source[match.end() : match.end() + 1]):
        raise FormulaSyntaxError(
            "a name cannot start with a digit; put the column's name in backticks",
            source,
            position,
        )
    if kind == "name" and ".__" in text:
        raise FormulaSyntaxError(
            "attributes are not part of the formula language; put the name in backticks "
            "if it is a column",
            source,
            position,
        )
    if kind == "quoted":
        if len(text) == 2:
            raise FormulaSyntaxError("a name in backticks cannot be empty", source, position)
        return Token("name", text[1:-1], position)
    if kind == "string":
        return Token("string", text[1:-1], position)
    return Token(str(kind), "^" if text == "**" else text, position)
