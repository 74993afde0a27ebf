"""What the levels of a group do to a network's predictions, with the posterior's uncertainty."""

from __future__ import annotations

import pandas as pd

from tabmixnn.interpret.network import NetworkView


def level_effects(view: NetworkView, group: str) -> pd.DataFrame:
    """Return the mean change of the linear predictor that a group's effects make, by level.

    A network's effects are vectors in a hidden space; what can be compared between levels is
    what they do to the rows of each.

    Parameters
    ----------
    view : NetworkView
        With rows of the group's levels.
    group : str

    Returns
    -------
    DataFrame
        ``effect``, at the posterior means, and ``error``, its standard deviation over draws of
        the posterior, a row a level that has rows.
    """
    terms = [k for k, block in enumerate(view.frame.blocks) if block.group == group]
    encoder = view.network.encoder
    population = view._eta(view.frame, encoder.population())

    def of(effects: list) -> pd.Series:
        chosen = list(encoder.population())
        for term in terms:
            chosen[term] = effects[term]
        return pd.Series(view._eta(view.frame, chosen) - population).groupby(codes).mean()

    block = view.frame.blocks[terms[0]]
    codes = block.codes
    draws = pd.concat([of(effects) for effects in view._draws()], axis=1)
    table = pd.DataFrame({"effect": of(encoder.posterior_mean()), "error": draws.std(axis=1)})
    table = table.loc[table.index >= 0]
    return table.set_axis(pd.Index(block.levels[table.index], name=group))
