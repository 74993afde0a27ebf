"""A table of models by datasets beside the paper's two columns: Tables 3 and 4."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan

import pandas as pd

from tabmixbench.metrics import LARGER_IS_BETTER
from tabmixbench.statistics import p_said
from tabmixbench.tables.cell import best
from tabmixbench.tables.results import Results
from tabmixbench.tables.table import Table, Text

OURS = "tabmixnn_paper"
RIVALS = ("xgboost", "xgboost_ids")


@dataclass(frozen=True)
class Comparison:
    """What to compare, and where the paper's numbers stand.

    Attributes
    ----------
    title, suite, metric : str
        Caption, suite of datasets, score of the cells.
    paper : str
        Key of the table in ``config/paper.yaml``.
    paper_ours, paper_rival : str
        Its fields for TabMixNN and XGBoost.
    improvements : bool
        Whether to give improvements in percent, the paper's and ours.
    """

    title: str
    suite: str
    metric: str
    paper: str
    paper_ours: str
    paper_rival: str
    improvements: bool = True

    def build(self, results: Results) -> Table:
        """Render from the scores of random row splits."""
        models = results.models_of(self.suite)
        printed = results.paper.get(self.paper, {})
        larger = LARGER_IS_BETTER[self.metric]
        rows, records, reasons = [], [], {}
        for dataset in results.datasets(self.suite):
            cells = {m: results.cell(self.suite, dataset, m, self.metric) for m in models}
            for model, cell in cells.items():
                if not cell.splits or not cell.is_whole:
                    reasons.setdefault((model, cell.reason), []).append((dataset, cell.splits))
            bold = best(list(cells.values()), larger)
            paper = printed.get(dataset, {})
            record = {"dataset": dataset}
            for model, cell in cells.items():
                record |= {f"{model}_mean": cell.mean, f"{model}_sd": cell.sd}
            record |= {
                "paper_tabmixnn": paper.get(self.paper_ours),
                "paper_xgboost": paper.get(self.paper_rival),
            }
            if self.improvements:
                record["paper_improvement"] = paper.get("improvement")
                record |= self._improvements(results, dataset, cells)
            records.append(record)
            rows.append(
                [
                    Text(results.registry[dataset].title),
                    *(Text(c.text(), b) for c, b in zip(cells.values(), bold, strict=True)),
                    *self._paper_texts(paper),
                    *self._improvement_texts(record),
                ]
            )
        header = [
            "Dataset",
            *(results.models[model].label for model in models),
            "paper: TabMixNN",
            "paper: XGBoost",
        ]
        if self.improvements:
            header += ["paper: improvement"]
            header += [f"ours over {results.models[rival].label}" for rival in RIVALS]
        return Table(self.title, header, rows, pd.DataFrame(records), self._notes(results, reasons))

    def _improvements(self, results: Results, dataset: str, cells) -> dict:
        """Improvement in percent over each XGBoost, with the p-value of the difference."""
        found: dict[str, float] = {}
        for rival in RIVALS:
            found[f"improvement_{rival}"] = found[f"p_{rival}"] = float("nan")
            if OURS in cells and rival in cells:
                gain = results.gain(self.suite, dataset, OURS, rival, self.metric)
                test = results.difference(self.suite, dataset, OURS, rival, self.metric)
                found[f"improvement_{rival}"] = gain
                found[f"p_{rival}"] = test.p if test else float("nan")
        return found

    def _paper_texts(self, paper: dict) -> list[Text]:
        digits = 2 if self.metric == "RMSE" else 3
        return [
            Text(f"{paper[key]:.{digits}f}" if key in paper else "–")
            for key in (self.paper_ours, self.paper_rival)
        ]

    def _improvement_texts(self, record: dict) -> list[Text]:
        if not self.improvements:
            return []
        printed = record["paper_improvement"]
        texts = [Text("–" if printed is None else f"{printed:+.1f}%")]
        for rival in RIVALS:
            gain, p = record[f"improvement_{rival}"], record[f"p_{rival}"]
            tail = "" if isnan(p) else f" ({p_said(p)})"
            texts.append(Text("–" if isnan(gain) else f"{gain:+.1f}%{tail}"))
        return texts

    def _notes(self, results: Results, reasons: dict) -> list[str]:
        unit = "in training standard deviations, " if self.metric in ("RMSE", "MAE") else ""
        notes = [
            f"{self.metric.replace('R2', 'R²')}, {unit}mean ± standard deviation over the random "
            "80/20 row splits; the best mean is in bold. A mean over some of the splits, which are "
            "counted beside it, is not compared.",
            "The paper's columns are as printed: one split, and ids given to XGBoost on some "
            "datasets and not on others.",
        ]
        if self.improvements:
            ours = results.models[OURS].label
            notes.append(
                f"Improvements are of {ours} over XGBoost, positive when {ours} is better, over "
                "the splits that both have; p is the corrected resampled t-test (Nadeau and Bengio "
                "2003)."
            )
        for (model, reason), where in reasons.items():
            names = ", ".join(
                results.registry[d].title + (f" (on {k} splits it ran)" if k else "")
                for d, k in where
            )
            notes.append(f"{results.models[model].label}, {names}: {reason}")
        return notes


table3 = Comparison(
    title="Table 3. Regression: RMSE, TabMixNN beside its baselines and the paper's numbers",
    suite="regression",
    metric="RMSE",
    paper="table3",
    paper_ours="rmse",
    paper_rival="rmse_xgboost",
)
table3_r2 = Comparison(
    title="Table 3 (R²). Regression: R², TabMixNN beside its baselines and the paper's numbers",
    suite="regression",
    metric="R2",
    paper="table3",
    paper_ours="r2",
    paper_rival="r2_xgboost",
    improvements=False,
)
table4 = Comparison(
    title="Table 4. Classification: AUROC, TabMixNN beside its baselines and the paper's numbers",
    suite="classification",
    metric="AUROC",
    paper="table4",
    paper_ours="auc",
    paper_rival="auc_xgboost",
)
