"""What checks read."""

from tabmixbench.claims import judge
from tabmixbench.claims.checks.evidence import READ_WHERE_MADE
from tabmixbench.claims.evidence import Evidence
from tests.workflow.snakefile import rules


def test_what_checks_read_is_made_before_them_or_makes_them_anew(claims, results, tmp_path):
    read = []

    class Noted(Evidence):
        def frame(self, name):
            read.append(f"results/{name}")

    judge(claims, Noted(results, tmp_path))
    with rules() as found:
        inputs = {str(path) for path in found["claims"].input}
    assert "results/tables/coverage.csv" in read
    assert set(read) <= inputs | {f"results/{name}" for name in READ_WHERE_MADE}
