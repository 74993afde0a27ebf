"""Mixed-effects neural networks for tabular data."""
