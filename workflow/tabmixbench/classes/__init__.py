"""Outcomes of three classes or more: the default beside the paper's network and other models."""
