"""Separable covariance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .errors import CovarianceMapError


class Kronecker:
    """Product of a structure over the levels and one over the effects of a level (eq. 13).

    It is no structure of its own: its entry in ``cov_struct_map`` stands for one entry of each
    factor. ``group`` is an entry over the levels, or ``K_group`` a matrix whose rows are
    ``train_levels``; ``slope`` is an entry over the effects, or ``K_slope`` a matrix of them, in
    their order unless it is a frame whose index names them. One factor may be absent.
    """

    type: ClassVar[str] = "Kronecker"
    keys: ClassVar[tuple[str, ...]] = ("group", "K_group", "train_levels", "slope", "K_slope")

    @classmethod
    def expand(cls, entry: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
        """Entries of the factors.

        Parameters
        ----------
        entry : mapping
            With ``type``, `keys`, ``over`` and ``hold`` only.
        where : str
            Which entry, for the message.

        Raises
        ------
        CovarianceMapError
            No factor, a factor that is given twice or is no entry, or ``over`` and ``hold``, which
            are the factors'.
        """
        if "over" in entry:
            raise CovarianceMapError(
                f"{where}: Kronecker always lies over levels and effects; drop 'over'"
            )
        if "hold" in entry:
            raise CovarianceMapError(
                f"{where}: Kronecker has no parameters of its own; put 'hold' into 'group' or "
                "'slope'"
            )
        out = []
        for over, factor, matrix in (
            ("levels", "group", "K_group"),
            ("effects", "slope", "K_slope"),
        ):
            if factor in entry and matrix in entry:
                raise CovarianceMapError(
                    f"{where}: Kronecker takes one of {factor!r} and {matrix!r}, not both"
                )
            if factor in entry:
                out.append(_factor(entry[factor], f"{where}: {factor!r} of Kronecker", over))
            elif matrix in entry:
                out.append({"type": "K", "over": over, "K_group": entry[matrix]})
        if not out:
            raise CovarianceMapError(
                f"{where}: Kronecker needs a factor; give 'group' or 'K_group', 'slope' or "
                "'K_slope', or both"
            )
        if "train_levels" in entry:
            if "K_group" not in entry:
                raise CovarianceMapError(
                    f"{where}: 'train_levels' says whose rows those of 'K_group' are; give both"
                )
            out[0]["train_levels"] = entry["train_levels"]
        return out


def _factor(part: Any, where: str, over: str) -> dict[str, Any]:
    if not isinstance(part, Mapping):
        raise CovarianceMapError(f"{where} must be a dict with a 'type', not {part!r}")
    if part.get("over", over) != over:
        raise CovarianceMapError(f"{where} lies over {over}, so 'over' cannot be {part['over']!r}")
    return {**part, "over": over}
