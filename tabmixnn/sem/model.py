"""A Gaussian structural equation model given by lavaan's syntax, fitted by maximum likelihood."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from tabmixnn.caller import warn_caller
from tabmixnn.sem.constraints import Conditions, LabelledValues
from tabmixnn.sem.data import check_rank, read_observed
from tabmixnn.sem.fit_measures import fit_measures
from tabmixnn.sem.labels import labelled_values, path_entries
from tabmixnn.sem.likelihood import GaussianLikelihood, SampleMoments
from tabmixnn.sem.parser import PATHS, parse_model
from tabmixnn.sem.ram import Array, Ram
from tabmixnn.sem.scoring import Maximum, maximise
from tabmixnn.sem.start import starting_values
from tabmixnn.sem.table import TableOptions, parameter_table
from tabmixnn.sem.variables import VariableNames


class SEM:
    """Structural equation model, path model or confirmatory factor analysis.

    The model string alone says everything: see `tabmixnn.sem.parser.parse_model`. What it leaves
    unsaid is added as lavaan's ``sem()`` adds it (`tabmixnn.sem.table.TableOptions`). Estimates
    are those of maximum likelihood for complete Gaussian data with divisor n, standard errors
    those of the expected information, and definitions (``:=``) have them by the delta method.

    Parameters
    ----------
    model : str
        In lavaan's syntax.
    meanstructure : bool or None
        Whether there are intercepts; None if the model names one.
    fixed_x : bool
        Whether exogenous observed variables are taken as given.
    std_lv : bool
        Fix the latent variances to one instead of the first loadings.
    orthogonal : bool
        Fix the covariances of exogenous latent variables to zero.

    Attributes
    ----------
    table_ : DataFrame
        The parameter table (`parameter_table`) with the columns ``est``, ``se``, ``z``, ``pvalue``.
        Rows of constraints have how far they are from equality as their estimate.
    loglik_, aic_, bic_ : float
        Log-likelihood (given the exogenous variables with `fixed_x`) and information criteria.
    n_obs_, n_parameters_, df_ : int
        Rows, free parameters less constraints, degrees of freedom.
    fit_measures_ : dict of float
        ``chisq``, ``pvalue``, ``cfi``, ``tli``, ``rmsea``, ``srmr`` and what they are made of.
    implied_covariance_, implied_mean_ : DataFrame, Series
        Moments of the observed variables under the model.
    n_iter_ : int
        Scoring steps.

    Examples
    --------
    >>> fit = SEM('''
    ...     visual  =~ x1 + x2 + x3
    ...     textual =~ x4 + x5 + x6
    ... ''').fit(data)
    >>> fit.table_[["lhs", "op", "rhs", "est", "se"]]

    """

    def __init__(
        self,
        model: str,
        *,
        meanstructure: bool | None = None,
        fixed_x: bool = True,
        std_lv: bool = False,
        orthogonal: bool = False,
    ) -> None:
        self.parsed = parse_model(model)
        self.options = TableOptions(
            meanstructure=meanstructure, fixed_x=fixed_x, std_lv=std_lv, orthogonal=orthogonal
        )
        self.names = VariableNames.of(self.parsed.elements)
        self.table = parameter_table(self.parsed, self.options)

    def fit(self, data: pd.DataFrame) -> SEM:
        """Fit to complete rows.

        Parameters
        ----------
        data : DataFrame
            With a numeric column for every observed variable.

        Returns
        -------
        self

        Raises
        ------
        ModelError
            If a column is not there, not numeric or has missing values, or the observed variables
            are linearly dependent.
        ConvergenceError
            If the likelihood has no maximum that could be found.
        """
        values = read_observed(data, self.names.observed)
        sample = SampleMoments.of(values)
        check_rank(values, self.names.observed)
        paths = self.table[self.table["op"].isin((*PATHS, "~1"))].reset_index(drop=True)
        fixed = starting_values(paths, self.names, sample)
        parameter = path_entries(paths, self.table)
        ram = Ram(paths, self.names.observed, self.names.latent, fixed, parameter)
        start = np.zeros(ram.n_parameters)
        free = parameter >= 0
        start[parameter[free][::-1]] = fixed[free][::-1]
        likelihood = GaussianLikelihood(ram, sample, bool((paths["op"] == "~1").any()))
        labels = labelled_values(paths, parameter, fixed, self.parsed.constraints)
        conditions = Conditions(self.parsed.constraints, labels)
        maximum = maximise(likelihood, conditions, start)
        self.n_iter_ = maximum.n_steps
        self._report(likelihood, labels, conditions, maximum)
        return self

    def _report(
        self,
        likelihood: GaussianLikelihood,
        labels: LabelledValues,
        conditions: Conditions,
        maximum: Maximum,
    ) -> None:
        ram, sample, theta = likelihood.ram, likelihood.sample, maximum.theta
        exogenous = [self.names.observed.index(name) for name in self.names.exogenous]
        given = sample.loglik(np.array(exogenous)) if exogenous and self.options.fixed_x else 0.0
        self.n_obs_ = sample.n
        self.n_parameters_ = ram.n_parameters - maximum.n_conditions
        self.loglik_ = maximum.loglik - given
        self.aic_ = -2 * self.loglik_ + 2 * self.n_parameters_
        self.bic_ = -2 * self.loglik_ + np.log(sample.n) * self.n_parameters_
        moments = ram.moments(theta)
        observed = list(self.names.observed)
        self.implied_covariance_ = pd.DataFrame(moments.covariance, observed, observed)
        mean = moments.mean if likelihood.meanstructure else sample.mean
        self.implied_mean_ = pd.Series(mean, observed)
        self.fit_measures_ = fit_measures(
            likelihood,
            replace(moments, mean=mean),
            maximum.loglik,
            exogenous if self.options.fixed_x else [],
            self.n_parameters_,
        )
        self.df_ = int(self.fit_measures_["df"])
        self.table_ = self._estimates(ram, labels, conditions, theta, maximum.covariance)
        _warn_of_negative_variances(self.table_)

    def _estimates(
        self,
        ram: Ram,
        labels: LabelledValues,
        conditions: Conditions,
        theta: Array,
        covariance: Array,
    ) -> pd.DataFrame:
        table = self.table.copy()
        error = np.append(np.sqrt(np.clip(np.diag(covariance), 0, None)), 0.0)
        n_paths = len(ram.parameter)
        estimate, se = np.zeros(len(table)), np.zeros(len(table))
        estimate[:n_paths] = ram.values(theta)
        se[:n_paths] = error[ram.parameter]
        values, gradients = labels.evaluate(theta)
        distance = iter(conditions.evaluate(theta)[0])
        for row in range(n_paths, len(table)):
            if table.at[row, "op"] == ":=":
                name = table.at[row, "lhs"]
                estimate[row] = values[name]
                slope = gradients[name]
                se[row] = np.sqrt(max(slope @ covariance @ slope, 0.0))
            elif table.at[row, "user"] == 1:
                estimate[row] = next(distance)
        table["est"], table["se"] = estimate, se
        tested = se > 0
        table["z"] = np.divide(estimate, se, out=np.full(len(table), np.nan), where=tested)
        table["pvalue"] = 2 * stats.norm.sf(np.abs(table["z"]))
        return table


def _warn_of_negative_variances(table: pd.DataFrame) -> None:
    variance = (table["op"] == "~~") & (table["lhs"] == table["rhs"])
    for row in table[variance & (table["est"] < 0)].itertuples():
        warn_caller(
            f"The estimated variance of {row.lhs!r} is negative ({row.est:.3g}): the model does "
            "not fit these data, or has more latent variables than they support.",
        )
