"""Shapley values of some rows, and what can be read off them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.interpret.names import told_apart
from tabmixnn.interpret.shapley.players import Feature, Player, RandomEffect


@dataclass(frozen=True, eq=False)
class Explanation:
    """Shapley values: for every row ``base + values.sum() == prediction``.

    Attributes
    ----------
    values : ndarray, shape (n, M, number of outputs)
        What each player adds to each row's prediction.
    base : ndarray, shape (number of outputs,)
        The mean prediction of the background with all random effects zero.
    prediction : ndarray, shape (n, number of outputs)
    players : list of Feature and RandomEffect, length M
    outputs : list of str
        The outcomes, or the classes.
    columns : DataFrame, n rows
        The features' values.
    levels : dict of str to ndarray, shape (n,)
        For each group the level of every row; None for a level that was not seen when fitting.
    kind, background, method : str
        The scale (``"link"`` or ``"response"``), what replaces absent features, and how the
        values were found.
    """

    values: np.ndarray
    base: np.ndarray
    prediction: np.ndarray
    players: list[Player]
    outputs: list[str]
    columns: pd.DataFrame
    levels: dict[str, np.ndarray]
    kind: str
    background: str
    method: str

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.values)

    @property
    def labels(self) -> list[str]:
        """The players' names."""
        return [player.label for player in self.players]

    def output(self, name: str | None = None) -> int:
        """Return the position of an output; it must be named if there are several.

        Raises
        ------
        ValueError
            If it is not named, or there is none of this name.
        """
        if name is None and len(self.outputs) == 1:
            return 0
        if name not in self.outputs:
            shown = ", ".join(repr(each) for each in self.outputs)
            raise ValueError(f"output must be one of {shown}; got {name!r}.")
        return self.outputs.index(name)

    def frame(self, output: str | None = None) -> pd.DataFrame:
        """Return the values of one output: rows by players."""
        values = self.values[:, :, self.output(output)]
        return pd.DataFrame(values, index=self.columns.index, columns=self.labels)

    def importance(self) -> pd.Series | pd.DataFrame:
        """Return each player's mean absolute value; a column an output if there are several."""
        means = np.abs(self.values).mean(axis=0)
        return self._per_output(pd.DataFrame(means, index=self.labels, columns=self.outputs))

    def additivity_error(self) -> float:
        """Return the largest difference between a prediction and the sum of its parts."""
        parts = self.base + self.values.sum(axis=1)
        return float(np.abs(parts - self.prediction).max(initial=0.0))

    def of_column(self, column: str, output: str | None = None) -> np.ndarray:
        """Return what a column adds, in the fixed part and through random slopes, shape (n,).

        Random slopes count if they are players of their own (``random_effects="terms"``).

        Raises
        ------
        ValueError
            If no player reads the column.
        """
        chosen = [column in player.columns for player in self.players]
        if not any(chosen):
            known = sorted({name for player in self.players for name in player.columns})
            shown = ", ".join(repr(name) for name in known)
            raise ValueError(f"No player reads the column {column!r}; they read {shown}.")
        return self.values[:, chosen, self.output(output)].sum(axis=1)

    def slopes(self, column: str, group: str, output: str | None = None) -> pd.DataFrame:
        """Return the line through a column's values against the column, for every level of a group.

        In a linear mixed model the slope is the fixed plus the random slope of the level.

        Parameters
        ----------
        column : str
            A numeric feature.
        group : str
        output : str, optional

        Returns
        -------
        DataFrame
            ``slope``, ``intercept``, ``r_squared`` (the share of the values' variance within the
            level that the line has; NaN where they do not vary) and ``n``, a row a level.
        """
        if group not in self.levels:
            shown = ", ".join(repr(name) for name in self.levels) or "none"
            raise ValueError(f"There is no group {group!r}; the groups are {shown}.")
        if column not in self.columns or not pd.api.types.is_numeric_dtype(self.columns[column]):
            raise ValueError(f"slopes need a numeric feature; {column!r} is none.")
        table = pd.DataFrame(
            {
                "level": self.levels[group],
                "x": self.columns[column].to_numpy(dtype=np.float64),
                "y": self.of_column(column, output),
            }
        )
        return pd.DataFrame(
            {level: _line(rows) for level, rows in table.groupby("level", sort=False)}
        ).T.rename_axis(index=group)

    def by_level(self, group: str) -> pd.DataFrame:
        """Return what each level of a group adds to its rows on average.

        Returns
        -------
        DataFrame
            A row a level: a column for each of the group's players, their ``total`` if there are
            several, ``importance``, the mean absolute total, and the number ``n`` of rows; a group
            called like one of these is in parentheses. With several outputs the columns are pairs
            of output and quantity.
        """
        chosen = [
            isinstance(player, RandomEffect) and player.group == group for player in self.players
        ]
        names = [label for label, own in zip(self.labels, chosen, strict=True) if own]
        labels = [told_apart(name, ("total", "importance", "n")) for name in names]
        if not any(chosen):
            raise ValueError(f"The effects of {group!r} are no player of their own here.")
        levels = pd.Series(self.levels[group], name=group)
        tables = {}
        for position, output in enumerate(self.outputs):
            values = pd.DataFrame(self.values[:, chosen, position], columns=labels)
            total = values.sum(axis=1)
            if len(labels) > 1:
                values["total"] = total
            by_level = values.assign(importance=total.abs()).groupby(levels, sort=False)
            tables[output] = by_level.mean().assign(n=by_level.size())
        return pd.concat(tables, axis=1) if len(tables) > 1 else tables[self.outputs[0]]

    def to_dict(self) -> dict[str, Any]:
        """Return the paper's dictionary (section 4.4).

        Returns
        -------
        dict
            ``features``, ``random_effects``: mean absolute values, a Series, or a DataFrame with
            a column an output. ``base_value``: a number, or a Series by output. ``prediction``:
            a Series, or a DataFrame. ``values``: rows by players, or a dict of such by output.
        """
        importance = self.importance()
        is_feature = np.array([isinstance(player, Feature) for player in self.players], dtype=bool)
        index = self.columns.index
        prediction = pd.DataFrame(self.prediction, index=index, columns=self.outputs)
        base = pd.Series(self.base, index=self.outputs)
        several = len(self.outputs) > 1
        return {
            "features": importance[is_feature],
            "random_effects": importance[~is_feature],
            "base_value": base if several else float(self.base[0]),
            "prediction": self._per_output(prediction),
            "values": {name: self.frame(name) for name in self.outputs}
            if several
            else self.frame(),
        }

    def _per_output(self, table: pd.DataFrame) -> pd.Series | pd.DataFrame:
        return table.iloc[:, 0] if len(self.outputs) == 1 else table


def _line(rows: pd.DataFrame) -> pd.Series:
    """Return the least-squares line through the columns x and y."""
    x = rows["x"] - rows["x"].mean()
    y = rows["y"] - rows["y"].mean()
    spread, variation = float(x @ x), float(y @ y)
    slope = float(x @ y) / spread if spread > 0 else np.nan
    left = float(((y - slope * x) ** 2).sum())
    return pd.Series(
        {
            "slope": slope,
            "intercept": rows["y"].mean() - slope * rows["x"].mean(),
            "r_squared": 1.0 - left / variation if variation > 0 else np.nan,
            "n": len(rows),
        }
    )


def outputs_in(found: Any, classes: Sequence[Any] | None, levels: dict, name: str) -> list[str]:
    """Return what the outputs of a prediction are called.

    Parameters
    ----------
    found : ndarray or dict of ndarray
        From an engine.
    classes : sequence or None
        The classes of a classifier.
    levels : dict
        Levels of the outcomes of a model of several.
    name : str
        Of a single outcome.
    """
    if isinstance(found, dict):
        names = []
        for outcome, values in found.items():
            width = 1 if values.ndim == 1 else values.shape[1]
            known = levels.get(outcome)
            labels = known if known is not None and len(known) == width else range(width)
            names += [outcome] if values.ndim == 1 else [f"{outcome}[{each}]" for each in labels]
        return names
    if found.ndim == 1:
        return [name if classes is None else str(classes[-1])]
    known = range(found.shape[1]) if classes is None else classes
    return [str(each) for each in known]
