"""Configuration files against their JSON schemas, with errors that name the nearest valid word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tabmixbench.suggest import nearest, unknown

SCHEMAS = Path(__file__).resolve().parents[1] / "schemas"


class SchemaError(ValueError):
    """A configuration says something that its schema does not allow."""


def validate(instance: Any, schema: str, filename: str) -> None:
    """Check a configuration.

    Parameters
    ----------
    instance
        What the YAML file holds.
    schema : str
        Name of a file in ``workflow/schemas`` without ``.schema.yaml``.
    filename : str
        How the message calls the configuration.

    Raises
    ------
    SchemaError
        With one sentence that names the place, and for a misspelt word the nearest valid one.
    """
    import jsonschema

    rules = yaml.safe_load((SCHEMAS / f"{schema}.schema.yaml").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(rules)
    errors = sorted(validator.iter_errors(instance), key=lambda error: list(map(str, error.path)))
    if errors:
        raise SchemaError(f"{filename}: {_sentence(errors[0])}")


def _sentence(error: Any) -> str:
    """Put one error of jsonschema into a sentence that says where and what to do."""
    where = ".".join(str(part) for part in error.absolute_path)
    place = f"{where!r}" if where else "the file"
    if error.validator == "additionalProperties":
        valid = error.schema["properties"]
        wrong = sorted(set(error.instance) - set(valid))[0]
        close = nearest(wrong, valid)
        hint = f"did you mean {close!r}?" if close else f"the keys are {', '.join(sorted(valid))}."
        return f"{place} has no key {wrong!r}: {hint}"
    if error.validator == "enum" and isinstance(error.instance, str):
        return f"{place}: {unknown('value', error.instance, error.validator_value)}"
    return f"{place}: {error.message}."
