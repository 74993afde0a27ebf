"""The benchmark: datasets, splits, baselines, metrics, tables; it uses tabmixnn as users do."""
