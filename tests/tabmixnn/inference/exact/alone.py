"""The formula's model alone, of lme4's sleepstudy."""

FORMULA = "Reaction ~ Days + (Days | Subject)"
EXACT = {"inference": "marginal", "hidden_dims": []}
