"""Additive mixed models: a formula's model and the smooth terms that the data ask for.

Every term beyond the fixed effects is a random effect with one variance, estimated by restricted
likelihood: smooths of a predictor (`features`), their interactions, and what a group has of its
own. `candidates` lists the terms, `score` tests them, `search` lets them in, `crossval` decides
whether the richer model predicts better, and `engine` is ``inference="auto"``. Torch is
imported where networks are to learn, not before.
"""
