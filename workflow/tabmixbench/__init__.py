"""The benchmark: datasets, splits, baselines, metrics, tables. It uses tabmixnn as any user would."""
