"""Ways to fit a model: the paper's variational engine and the exact marginal likelihood."""
