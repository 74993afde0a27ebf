"""The prediction function of a trained network as a program of torch, without this library.

A program of `torch.export` has the weights and the arithmetic, and runs wherever torch does: in
Python, or compiled ahead of time for C++. What it is fed is said in
`tabmixnn.estimators.exporting`; what that is in a given model stands in its file (`FILE`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from tabmixnn.encoder import EncoderInputs, GroupRows
from tabmixnn.encoder.random import contribution
from tabmixnn.encoder.scaling import Affine
from tabmixnn.families import ResponseScale
from tabmixnn.families.joint import JointScale

FILE = "tabmixnn.json"
"""Name of the extra file that says what a program's inputs are."""
DYNAMIC = torch.export.Dim.DYNAMIC


class PredictionProgram(nn.Module):
    """A trained network at given random effects, from unscaled columns to predictions.

    Parameters
    ----------
    engine : VariationalEngine
        Fitted.
    effects : list of Tensor, each of shape (G + 1, q, d)
        Random effects of each term, those of unseen levels last.
    kind : {"response", "link", "probability"}
    """

    def __init__(self, engine: Any, effects: list[Tensor], kind: str) -> None:
        super().__init__()
        network = engine.network
        self.kind, self.widths = kind, [len(block.names) for block in engine.spec.blocks]
        # Copies, since a program's weights are constants and the network's are not.
        self.fixed = deepcopy(network.encoder.fixed)
        self.backbone, self.head = deepcopy(network.backbone), deepcopy(network.head)
        self.tables = nn.ParameterList(table.detach() for table in effects)
        self.requires_grad_(False)
        self._has_numbers = len(engine.scaling.cont.loc) > 0
        self._cont = _tensors(engine.scaling.cont)
        self._slopes = [_tensors(each) for each in engine.scaling.slopes]
        self._response = _scale(engine.response_scale)

    def forward(
        self, numbers: Tensor, categories: Tensor, groups: Tensor, slopes: Tensor, offset: Tensor
    ) -> Tensor | dict[str, Tensor]:
        """Predict n rows; `ExportingMixin.export` says what the arguments are."""
        terms = []
        for k, (stop, width) in enumerate(zip(accumulate(self.widths), self.widths, strict=True)):
            codes, unseen = groups[:, k], len(self.tables[k]) - 1
            z = self._slopes[k](slopes[:, stop - width : stop])
            terms.append(GroupRows(torch.where(codes < 0, unseen, codes), z))
        inputs = EncoderInputs(
            # A matrix without columns is left alone: torch traces no arithmetic with it.
            cont=self._cont(numbers) if self._has_numbers else numbers,
            cat=categories + 1,
            groups=tuple(terms),
            offset=self._response.scale_offset(offset),
        )
        hidden = self.fixed(inputs)
        for rows, table in zip(terms, self.tables, strict=True):
            hidden = hidden + contribution(rows, table)
        found = self.head.predict(self.kind, self.backbone(hidden, None), inputs.offset)
        return self._response.restore(found)


def inputs_of(frame: Any) -> dict[str, Tensor]:
    """Return the rows of a frame as a program takes them, by name.

    Parameters
    ----------
    frame : ModelFrame or ColumnFrame
        n rows.
    """
    n = len(frame.offset)
    arrays = {
        "numbers": frame.cont,
        "categories": frame.cat,
        "groups": np.column_stack([np.empty((n, 0), np.int64), *(b.codes for b in frame.blocks)]),
        "slopes": np.column_stack([np.empty((n, 0)), *(b.Z for b in frame.blocks)]),
        "offset": frame.offset,
    }
    return {name: torch.tensor(np.asarray(value)) for name, value in arrays.items()}


def write_program(
    program: PredictionProgram, described: Mapping[str, Any], path: str | os.PathLike[str]
) -> None:
    """Trace a program and write it to a file.

    Parameters
    ----------
    program : PredictionProgram
    described : mapping
        What `FILE` says; the inputs' widths are read off it.
    path : str or path
    """
    # Any few rows do to trace with, but not one: their number would be taken for a constant.
    n, width = 3, sum(program.widths)
    example = {
        "numbers": torch.zeros(n, len(described["numbers"]), dtype=torch.float64),
        "categories": torch.zeros(n, len(described["categories"]), dtype=torch.int64),
        "groups": torch.zeros(n, len(program.widths), dtype=torch.int64),
        "slopes": torch.ones(n, width, dtype=torch.float64),
        "offset": torch.zeros(n, dtype=torch.float64),
    }
    rows = {name: {0: DYNAMIC} for name in example}
    with torch.no_grad(), _unchecked_distributions():
        exported = torch.export.export(program.eval(), (), example, dynamic_shapes=rows)
    text = json.dumps(described, indent=2)
    torch.export.save(exported, os.fspath(path), extra_files={FILE: text})


@contextmanager
def _unchecked_distributions() -> Iterator[None]:
    """Trace no checks of torch's distributions, whose outcome depends on the rows."""
    checked = Distribution._validate_args
    Distribution.set_default_validate_args(False)
    try:
        yield
    finally:
        Distribution.set_default_validate_args(checked)


def _tensors(scaling: Affine) -> Affine:
    return Affine(torch.as_tensor(scaling.loc), torch.as_tensor(scaling.scale))


def _scale(scale: ResponseScale | JointScale) -> ResponseScale | JointScale:
    """Return a response's scale that restores tensors."""
    if isinstance(scale, JointScale):
        return replace(scale, scales={name: _scale(each) for name, each in scale.scales.items()})
    if np.ndim(scale.scale) == 0:
        return scale
    return ResponseScale(torch.as_tensor(scale.loc), torch.as_tensor(scale.scale))
