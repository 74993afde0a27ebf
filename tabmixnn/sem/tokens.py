"""The words of lavaan's model syntax (Rosseel 2012)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tabmixnn.sem.errors import LavaanSyntaxError

_PATTERN = re.compile(
    r"(?P<space>[ \t\r]+|[#!][^\n]*)"
    r"|(?P<end>[;\n])"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>(?:[^\W\d_]|\.(?!\d))[\w.]*)"
    r'|(?P<string>"[^"\n]*"|\'[^\'\n]*\')'
    r"|(?P<operator>~\*~|=~|<~|~~|:=|==|<=|>=|[~<>|%:])"
    r"|(?P<sign>[-+*/^(),?])"
)


@dataclass(frozen=True)
class Token:
    """One word.

    Parameters
    ----------
    kind : str
        ``"number"``, ``"name"``, ``"string"``, ``"operator"`` (of the model) or ``"sign"``.
    text : str
        As written.
    line, column : int
        Of its first character, counted from 1.
    """

    kind: str
    text: str
    line: int
    column: int


def statements(text: str) -> list[list[Token]]:
    """Split a model string into its formulas.

    A formula ends at a semicolon or a line break, unless what follows has no operator of its own:
    then it is continued, as in lavaan.

    Raises
    ------
    LavaanSyntaxError
        At a character that the syntax does not have, or if the first formula has no operator.
    """
    found: list[list[Token]] = []
    for piece in _pieces(text):
        has_operator = any(token.kind == "operator" for token in piece)
        if has_operator:
            found.append(piece)
        elif found:
            found[-1] += piece
        else:
            first = piece[0]
            raise LavaanSyntaxError(
                f"{first.text!r} begins a formula that has no operator such as =~, ~ or ~~",
                text,
                first.line,
                first.column,
            )
    return found


def _pieces(text: str) -> list[list[Token]]:
    pieces: list[list[Token]] = [[]]
    line, start, position, depth = 1, 0, 0, 0
    while position < len(text):
        match = _PATTERN.match(text, position)
        column = position - start + 1
        if match is None:
            raise LavaanSyntaxError(
                f"{text[position]!r} is not part of the model syntax", text, line, column
            )
        kind, word = str(match.lastgroup), match.group()
        position = match.end()
        if kind == "end":
            if depth == 0:
                pieces.append([])
            if word == "\n":
                line, start = line + 1, position
        elif kind != "space":
            depth += (word == "(") - (word == ")")
            pieces[-1].append(Token(kind, word, line, column))
    return [piece for piece in pieces if piece]
