"""What many rows cost; `snakemake results/benchmarks/speed.md` measures more of them."""

from tabmixbench.benchmarks.simulated import Sizes, measured


def test_a_network_keeps_little_of_its_rows_in_memory():
    found = measured("an epoch, linear", Sizes(rows=400_000, groups=40_000))
    # One array of 16 values a row, in doubles, is .05.
    assert (found["peak"] - found["before"]) / 1e9 < 0.32
