"""What can be wrong with a model file."""


class ModelFileError(ValueError):
    """A file is no model, is damaged, was changed, or comes from a later version."""
