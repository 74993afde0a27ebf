"""Train the networks of several fits, those that are alike as one; with several processes, each."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tabmixnn.draws import single_precision
from tabmixnn.families import FAMILIES, Family
from tabmixnn.training import find_device, processes
from tabmixnn.training.stacked import StackedTrainer, few_touched, is_plain

if TYPE_CHECKING:
    from tabmixnn.inference.variational import VariationalEngine

STACK_ROWS = 2048
"""Rows in a step above which another replica no longer makes the others cheaper."""


def fit_prepared(engines: Sequence[VariationalEngine]) -> Sequence[VariationalEngine]:
    """Train prepared engines, each to the result it would have alone; return them.

    Several processes train one network after the other together.

    Raises
    ------
    TrainingError
        If the loss of one of them is not finite.
    """
    alike: dict[Hashable, list[VariationalEngine]] = {}
    for engine in engines:
        if engine.options.effects.expectation == "sampled" and is_plain(engine.network):
            alike.setdefault(_kind(engine), []).append(engine)
        else:
            engine.train_alone()
    for same in alike.values():
        alone = processes().count == 1
        height = max(1, STACK_ROWS // _rows_in_step(same[0])) if alone else 1
        for start in range(0, len(same), height):
            _train_stack(same[start : start + height])
    return engines


def _train_stack(engines: Sequence[VariationalEngine]) -> None:
    first = engines[0].options
    tasks = [engine.task for engine in engines]
    device = find_device(first.training.device, tasks)
    with single_precision():
        results = StackedTrainer(first.training, first.backbone, device, processes()).fit(tasks)
    for engine, trained in zip(engines, results, strict=True):
        engine.device = device
        engine.finish(trained)


def _rows_in_step(engine: VariationalEngine) -> int:
    return min(len(engine.task.train), engine.options.training.batch_size)


def _density(family: Family) -> Hashable:
    """Return what families have in common whose densities are the same.

    What a family of one's own keeps besides is not known, so that it is like itself alone.
    """
    return type(family) if type(family) in FAMILIES.values() else id(family)


def _kind(engine: VariationalEngine) -> Hashable:
    """Return what networks must share to be trained as one."""
    options, spec, task = engine.options, engine.spec, engine.task
    settings = options.training
    parameters: dict[str, Any] = engine.family.parameters
    return (
        # The plateau of one replica is not that of another.
        id(engine) if settings.scheduler == "plateau" else None,
        replace(settings, callbacks=(), progress=False),
        options.backbone,
        options.embedding_dim,
        options.effects.enforce_centering,
        (spec.n_cont, spec.cat_sizes, tuple(len(block.names) for block in spec.blocks)),
        _density(engine.family),
        tuple((name, each.size, each.predicted) for name, each in parameters.items()),
        task.train.y.shape[1:],
        task.valid is None,
        -(-len(task.train) // settings.batch_size),
        few_touched(task),
    )
