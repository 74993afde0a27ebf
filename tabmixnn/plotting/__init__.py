"""Plots, one a file: each takes numbers, draws on an Axes (``ax=``) and returns it.

The estimators' ``plot_...`` methods hand their numbers over. Matplotlib is imported when the first
plot is drawn: ``pip install 'tabmixnn[plots]'``. Colours are Okabe and Ito's, which people with any
colour vision can tell apart, and viridis.
"""

from __future__ import annotations

from tabmixnn.deferred import deferred

_PUBLIC = {
    "plot_attention": "tabmixnn.plotting.attention",
    "plot_calibration": "tabmixnn.plotting.calibration",
    "plot_caterpillar": "tabmixnn.plotting.caterpillar",
    "plot_dag": "tabmixnn.plotting.dag",
    "plot_dependence": "tabmixnn.plotting.dependence",
    "plot_qq": "tabmixnn.plotting.qq",
    "plot_ranked_slopes": "tabmixnn.plotting.ranked_slopes",
    "plot_residuals": "tabmixnn.plotting.residuals",
    "plot_shap_line": "tabmixnn.plotting.shap_line",
    "plot_shap_summary": "tabmixnn.plotting.shap_summary",
    "plot_slope_distribution": "tabmixnn.plotting.slope_distribution",
    "plot_variance": "tabmixnn.plotting.variance",
    "plot_waterfall": "tabmixnn.plotting.waterfall",
}

__all__ = list(_PUBLIC)

__getattr__, __dir__ = deferred(__name__, _PUBLIC)
