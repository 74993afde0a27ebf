"""The prediction function as a program of torch, for serving (section 4.5 of the paper)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from sklearn.utils.validation import check_is_fitted

from tabmixnn.formula import Design
from tabmixnn.inference import get_entry
from tabmixnn.option_checks import choice

if TYPE_CHECKING:
    from torch import Tensor

KINDS = ("response", "link")


class ExportingMixin:
    """Exporting, and what an exported program is fed."""

    def export(
        self, path: str | os.PathLike[str], *, kind: str = "response", re_form: str = "all"
    ) -> None:
        """Write the prediction function to a ``.pt2`` file of `torch.export`.

        Such a program predicts without this library, wherever torch runs: in Python, or compiled
        ahead of time for C++. It is a network's (``inference="variational"``); the model itself,
        to be trained on or asked about, is kept by `save`. Its inputs are tensors of n rows, one
        or more, given by name:

        ``numbers``, float64, shape (n, p)
            The numeric columns of the formula's fixed part, transforms applied, unscaled.
        ``categories``, int64, shape (n, k)
            Positions of the categorical columns' levels, -1 for a level unseen when fitting.
        ``groups``, int64, shape (n, t)
            For each random-effects term, the position of the row's level, -1 for a new group.
        ``slopes``, float64, shape (n, q)
            What multiplies the random effects, terms side by side: ones for intercepts.
        ``offset``, float64, shape (n,)
            Zeros without an offset.

        The names of the columns, and the levels by position, are in the file as JSON, the extra
        file ``tabmixnn.json``; `program_inputs` makes the tensors of data. The program returns
        what `predict` does: a tensor of shape (n,) or (n, K), for several outcomes a dict of
        them; of a classifier with two classes, the probability of the second.

        Parameters
        ----------
        path : str or path
            Ending in ``.pt2``. An existing file is replaced.
        kind : {"response", "link"}
            The outcome's mean, for classes their probabilities; or the linear predictor.
        re_form : {"all", "none"}
            Conditional on the groups' effects, or at the population level.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If the model's predictions are no program of torch: those of an exact fit, and those
            where `cov_struct_map` places the levels of a group.

        Examples
        --------
        >>> model.export("model.pt2")
        >>> program = torch.export.load("model.pt2").module()
        >>> program(**model.program_inputs(new))
        """
        check_is_fitted(self)
        choice("kind", kind, KINDS)
        if not hasattr(self.engine_, "program"):
            raise ValueError(
                f"inference={self.inference_!r} predicts by linear algebra without torch, so there "
                "is no program to export; use save(path), or fit with inference='variational'."
            )
        choice("re_form", re_form, get_entry(self.inference_).re_forms)
        if not str(path).endswith(".pt2"):
            raise ValueError(f"An exported program is a .pt2 file; got {str(path)!r}.")
        from tabmixnn.inference.program import write_program

        described = {"kind": kind, "re_form": re_form, **self._described()}
        write_program(self.engine_.program(re_form, kind), described, path)

    def program_inputs(self, X: Any) -> dict[str, Tensor]:
        """Return rows as an exported program takes them.

        Parameters
        ----------
        X : DataFrame or array, n rows
            As for `predict`.

        Returns
        -------
        dict of str to Tensor
            The inputs by name; see `export`.
        """
        check_is_fitted(self)
        from tabmixnn.inference.program import inputs_of

        return inputs_of(self._frame(X))

    def _described(self) -> dict[str, Any]:
        """Return what the columns of a program's inputs are, as JSON can have it."""
        design, terms = self._design, []
        if isinstance(design, Design):
            for block, levels in zip(self.engine_.spec.blocks, design.group_levels, strict=True):
                names = {"group": block.group, "slopes": list(block.names)}
                terms.append({**names, "levels": levels.tolist()})
        found = {
            "numbers": list(design.cont_names),
            "categories": [
                {"column": name, "levels": [str(level) for level in levels]}
                for name, levels in zip(design.cat_names, design.cat_levels, strict=True)
            ],
            "groups": terms,
        }
        if hasattr(self, "classes_"):
            found["classes"] = [str(each) for each in self.classes_]
        return found
