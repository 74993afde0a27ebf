"""The criterion of a fitted linear model at any parameters in lme4's units."""

from __future__ import annotations

import numpy as np


def criterion(fit, theta, *, reml=None):
    """Profiled criterion, and its gradient ``(n_theta,)``."""
    value, gradient, _ = fit.likelihood.evaluate(fit.parameters.working(theta), reml=reml)
    return value, fit.parameters.theta_gradient(theta, gradient)


def deviance(fit, theta, sigma, *, reml=None):
    """Criterion with only beta profiled, and its gradient in ``theta``, then ``sigma``."""
    value, gradient, _ = fit.at(fit.parameters.working(theta), sigma, reml=reml)
    by_theta = fit.parameters.theta_gradient(theta, gradient[:-1])
    return value, np.append(by_theta, gradient[-1] / sigma)
