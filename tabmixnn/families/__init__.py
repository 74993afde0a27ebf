"""Outcome families (section 3.3 of the paper), one file each, found by name in `FAMILIES`.

A new family subclasses `Family`: a name, a data type and a link; the number of columns of its
response if that is not one; the ``parameters`` with their links; ``distribution``, which returns
a torch distribution; ``check_values``, which refuses unsuitable responses. Then one line here.
The tests that hold for every family find it in `FAMILIES`; they ask for its density by other code
in ``tests/tabmixnn/families/test_densities.py``, and for its line in ``docs/families.md`` and
``docs/api/families.md``.
"""

from __future__ import annotations

from tabmixnn.families.base import Family, Parameter, ResponseScale
from tabmixnn.families.beta import Beta
from tabmixnn.families.binomial import Binomial
from tabmixnn.families.gamma import Gamma
from tabmixnn.families.gaussian import Gaussian
from tabmixnn.families.multilabel_binomial import MultiLabelBinomial
from tabmixnn.families.multinomial import Multinomial
from tabmixnn.families.multivariate_gaussian import MultivariateGaussian
from tabmixnn.families.negative_binomial import NegativeBinomial
from tabmixnn.families.ordinal import Ordinal
from tabmixnn.families.poisson import Poisson
from tabmixnn.families.student_t import StudentT
from tabmixnn.families.weibull import Weibull
from tabmixnn.families.zero_inflated_poisson import ZeroInflatedPoisson
from tabmixnn.formula.errors import suggest

FAMILIES: dict[str, type[Family]] = {
    family.name: family
    for family in (
        Gaussian,
        Binomial,
        Multinomial,
        Poisson,
        NegativeBinomial,
        MultivariateGaussian,
        MultiLabelBinomial,
        Gamma,
        Beta,
        Ordinal,
        StudentT,
        ZeroInflatedPoisson,
        Weibull,
    )
}

__all__ = [
    "FAMILIES",
    "Beta",
    "Binomial",
    "Family",
    "Gamma",
    "Gaussian",
    "MultiLabelBinomial",
    "Multinomial",
    "MultivariateGaussian",
    "NegativeBinomial",
    "Ordinal",
    "Parameter",
    "Poisson",
    "ResponseScale",
    "StudentT",
    "Weibull",
    "ZeroInflatedPoisson",
    "get_family",
]


def get_family(family: str | Family) -> Family:
    """Return a family from its name or unchanged.

    Raises
    ------
    ValueError
        If no family has this name.
    TypeError
        If `family` is neither a name nor a `Family`.
    """
    if isinstance(family, Family):
        return family
    if not isinstance(family, str):
        raise TypeError(
            f"family must be a name or a Family such as Gaussian(), not {type(family).__name__}."
        )
    if family not in FAMILIES:
        names = ", ".join(sorted(FAMILIES))
        raise ValueError(
            f"There is no family {family!r}; choose one of {names}.{suggest(family, FAMILIES)}"
        )
    return FAMILIES[family]()
