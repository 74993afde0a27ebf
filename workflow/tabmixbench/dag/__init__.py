"""Recovery of known graphs: `tabmixnn.learn_dag` beside NOTEARS and causal-learn."""
