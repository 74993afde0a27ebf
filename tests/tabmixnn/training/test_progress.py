"""The progress line."""

import io
import sys

import pytest

from tabmixnn.training.progress import ProgressLine


class Terminal(io.StringIO):
    def isatty(self):
        return True


def write(stream, monkeypatch, *, enabled):
    monkeypatch.setattr(sys, "stderr", stream)
    line = ProgressLine(10, enabled=enabled)
    line.update(3, {"loss": 1.25})
    line.close()
    return stream.getvalue()


def test_a_terminal_sees_the_epoch_and_the_loss(monkeypatch):
    assert "epoch 3/10  loss 1.2500" in write(Terminal(), monkeypatch, enabled=True)


@pytest.mark.parametrize(("stream", "enabled"), [(io.StringIO, True), (Terminal, False)])
def test_files_and_the_uninterested_see_nothing(stream, enabled, monkeypatch):
    assert write(stream(), monkeypatch, enabled=enabled) == ""
