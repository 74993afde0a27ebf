"""Named errors and warnings of the exact likelihood, so that a caller can catch one by its name."""

from __future__ import annotations


class DesignError(ValueError):
    """The arrays given to a fit do not describe a model that can be fitted."""


class IdentifiabilityError(DesignError):
    """A random-effects term has at least as many effects as there are observations."""


class NoOptimumError(ValueError):
    """The likelihood cannot be evaluated, or has no maximum that could be found."""


class SingularFitWarning(UserWarning):
    """A variance is estimated as zero, or a correlation as plus or minus one."""


class RankDeficientWarning(UserWarning):
    """Columns of the fixed-effects design were dropped because others determine them."""


class RedundantEffectsWarning(UserWarning):
    """Several covariances of the random effects of a group are the same model."""


class GroupLevelResponseWarning(UserWarning):
    """The response is one of groups, whose rows repeat it."""


class SeparationWarning(UserWarning):
    """A linear combination of the columns predicts a binary outcome perfectly."""


class ConvergenceWarning(UserWarning):
    """The optimiser stopped before its gradient vanished."""
