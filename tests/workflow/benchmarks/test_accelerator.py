"""The accelerator benchmark: the same fit beside itself, and a page that says what was found."""

import pandas as pd
import pytest

from tabmixbench.benchmarks import accelerator

SIZES = {"rows": 1000, "groups": 50, "features": 3, "epochs": 2, "batches": [512]}


def test_without_an_accelerator_the_page_says_why(monkeypatch):
    monkeypatch.setattr(
        accelerator,
        "FIT",
        "from tabmixnn.training.device import ACCELERATORS as FOUND\n"
        "FOUND.clear()\n" + accelerator.FIT,
    )
    table = accelerator.accelerator_table(accelerator.measure(SIZES))
    assert table.rows == []
    assert table.notes == ["Not measured: torch finds no accelerator on this machine."]


def test_the_same_device_gives_the_same_fits(monkeypatch):
    # The CPU in place of an accelerator, in a few networks.
    code = accelerator.FIT.replace(
        "[name for name, has in ACCELERATORS.items() if has()]", "['cpu']"
    )
    monkeypatch.setattr(accelerator, "FIT", code)
    some = ("[64, 32]", "[64, 32], 15 stacked")
    monkeypatch.setattr(
        accelerator, "NETWORKS", {name: accelerator.NETWORKS[name] for name in some}
    )
    told = []
    found = accelerator.measure(SIZES, told.append)
    assert found["network"].tolist() == list(some)
    assert len(told) == len(some)
    assert (found[["loss_difference", "difference"]] == 0).all(axis=None)
    assert (found["rounding"] < 1e-3).all()
    assert (found[["cpu_seconds", "accelerator_seconds"]] > 0).all(axis=None)


@pytest.mark.parametrize(("difference", "count"), [(1e-6, 1), (0.1, 0)])
def test_the_page_says_how_many_fits_are_the_same(difference, count):
    found = pd.DataFrame(
        [
            {"network": "[64, 32]", "batch": 1024, "accelerator": "GPU", "torch": "2.13.0"}
            | {"threads": 2, "cpu_seconds": 2.0, "accelerator_seconds": 0.5, "auto": "cuda"}
            | {"loss_difference": difference, "loss_rounding": 1e-6}
            | {"difference": 1e-4, "rounding": 1e-4}
        ]
    )
    table = accelerator.accelerator_table(found)
    cells = [cell.value for cell in table.rows[0]]
    assert cells[4:6] == ["4", "accelerator"]
    assert table.rows[0][6].bold == (count == 0)
    assert table.notes[0].startswith(f"{count} of 1 fits")
