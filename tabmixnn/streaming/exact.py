"""The exact likelihood of a linear mixed model whose rows are read from a file in batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, NoReturn

import numpy as np

from tabmixnn.formula.groups import RandomBlock
from tabmixnn.inference.exact.effects import IndependentEffects
from tabmixnn.inference.exact.engine import MarginalEngine
from tabmixnn.inference.exact.families import ExactFamily
from tabmixnn.inference.exact.joint import OneFactor
from tabmixnn.inference.exact.linear import fit_summed_linear
from tabmixnn.inference.marginal import Summed, fit_summed, sum_rows
from tabmixnn.inference.marginal.fit import MixedFit
from tabmixnn.streaming.absent import AbsentRows
from tabmixnn.streaming.errors import RowsNotKeptError
from tabmixnn.streaming.rows import FileRows
from tabmixnn.streaming.stored import stored_sums, sums_of
from tabmixnn.streaming.sums import SummedRows


@dataclass(frozen=True, eq=False)
class AbsentFrame:
    """The frame of training rows that stayed in their file; see `ModelFrame`."""

    X: AbsentRows
    offset: AbsentRows
    rows: AbsentRows
    blocks: list[RandomBlock]

    def __len__(self) -> int:
        return len(self.rows)


class StreamedEngine(MarginalEngine):
    """A linear mixed model by REML or ML, from sums over the rows.

    What asks for the training rows afterwards raises `RowsNotKeptError`.

    Attributes
    ----------
    summed : Summed
        The sufficient statistics.
    source : str
        Where the rows are.
    n_left_out : int
        Number of rows that were left out for missing values; known after `fit_rows`.
    """

    keeps_rows = False
    places = None

    def fit_rows(
        self,
        design: Any,
        rows: FileRows,
        family: ExactFamily,
        seed: int = 0,
        codes: np.ndarray | None = None,
    ) -> StreamedEngine:
        """Fit a file: one pass over its rows after those that its levels needed.

        Parameters
        ----------
        design : Design
            Learned from the rows.
        rows : FileRows
        family : ExactFamily
            Gaussian.
        seed : int
            Not used: nothing here is random.
        codes : ndarray, optional
            Of classes, which are refused.

        Raises
        ------
        ValueError
            If the model is not linear with independent levels, or the likelihood cannot be
            evaluated for these data.
        """
        self._check_streams(family)
        summing = SummedRows(design, rows)
        sample = summing.reader(rows.sample)
        summed = sum_rows(summing, sample, sample.blocks, design.fixed_names)
        family.check_response(rows.counted(np.unique([summed.fixed.low, summed.fixed.high])))
        self.n_left_out = rows.total - rows.n
        self._take(design, family, summed, sample.blocks, rows.source.name)
        self._search()
        self._warn_if_perfect(max(abs(summed.fixed.low), abs(summed.fixed.high)))
        return self

    def _check_streams(self, family: ExactFamily) -> None:
        if family.distribution is not None:
            raise ValueError(
                f"A file is fitted exactly where the outcome is gaussian, whose likelihood needs "
                f"sums over rows alone; a {family.name} one needs the rows again and again. Use "
                "inference='variational', or read the file into a data frame."
            )
        if self.options.cov_struct_map is not None:
            raise ValueError(
                "cov_struct_map needs all rows at once; read the file into a data frame, or leave "
                "it out."
            )

    def _take(
        self, design: Any, family: ExactFamily, summed: Summed, blocks: Any, source: str
    ) -> None:
        """Keep the sums, and what says that the rows are elsewhere."""
        n = summed.fixed.n
        absent = AbsentRows(n, source)
        heads = [
            replace(block, codes=absent, Z=AbsentRows(n, source, len(block.names)))
            for block in blocks
        ]
        self.design, self.family, self.summed, self.source = design, family, summed, source
        X = AbsentRows(n, source, len(design.fixed_names))
        self.frame = AbsentFrame(X, absent, absent, heads)
        self.y, self.weights = absent, absent if summed.fixed.log_weights else None
        self.effects = IndependentEffects(heads)

    def _likelihood(self) -> Callable[..., MixedFit]:
        if self.options.nagq > 1:
            raise ValueError(
                "A gaussian model needs no quadrature: its likelihood is exact. Leave nagq=1."
            )
        options = {"reml": self.options.reml, "names": self.design.fixed_names}
        if not self.frame.blocks:
            return partial(fit_summed_linear, self.summed.fixed, self.y, **options)
        return partial(fit_summed, self.summed, self.frame.blocks, self.y, **options)

    def refit(self, y: np.ndarray | None = None, *, reml: bool | None = None) -> StreamedEngine:
        """Fit the same rows by another likelihood; see `MarginalEngine.refit`."""
        if y is not None:
            raise RowsNotKeptError(
                f"Other responses need the training rows, which were read from {self.source} and "
                "are not kept; fit a data frame."
            )
        reml = self.options.reml if reml is None else reml
        engine = StreamedEngine(replace(self.options, reml=reml))
        engine._take(self.design, self.family, self.summed, self.frame.blocks, self.source)
        engine._search()
        return engine

    @property
    def row_weights(self) -> AbsentRows:
        """Weights of the rows, which are not kept."""
        return self.y

    @cached_property
    def joint(self) -> OneFactor:
        """What the fit leaves unknown of fixed and random effects together (`JointEffects`)."""
        if len(self.summed.groupings) > 1:
            raise RowsNotKeptError(
                "Intervals of a model with several grouping factors need the training rows, which "
                f"were read from {self.source} and are not kept; fit a data frame, or predict "
                "with re_form='none'."
            )
        (grouping,) = self.summed.groupings
        factors = self.result.factors
        # Columns of the terms times their factors, in terms of the whitened ones.
        turn = np.zeros((grouping.size, grouping.size))
        for term in grouping.terms:
            turn[term.columns, term.columns] = term.whitening @ factors[term.position]
        crossed = np.matmul(grouping.crossed[:, :, :-1].transpose(0, 2, 1), turn)
        products = np.matmul(turn.T, np.matmul(grouping.products, turn))
        return OneFactor.of_sums(factors, products, np.matmul(self.summed.fixed.root.T, crossed))

    @property
    def calibration(self) -> NoReturn:
        """How far off predictions of rows left out are, which only rows given can tell."""
        raise RowsNotKeptError(
            "Conformal intervals need rows that the model was not fitted to, and its own were read "
            f"from {self.source} and are not kept; give a data frame of others to calibrate() "
            "first."
        )

    def state(self) -> dict[str, Any]:
        """Return the sums and the optimum, for a model file (`tabmixnn.persistence`)."""
        return {
            "summed": stored_sums(self.summed, self.frame.blocks),
            "source": self.source,
            "result": self.result.state(),
        }

    @classmethod
    def from_state(
        cls, state: dict[str, Any], options: Mapping[str, Any], design: Any, family: ExactFamily
    ) -> StreamedEngine:
        """Return an engine at the optimum that was found; see `tabmixnn.persistence`."""
        engine = cls.from_options(options)
        engine._check_streams(family)
        summed, blocks = sums_of(state["summed"], design)
        engine._take(design, family, summed, blocks, state["source"])
        engine._restore(state["result"])
        return engine
