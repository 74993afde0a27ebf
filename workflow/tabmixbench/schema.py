"""Configuration files: read, and held against their schemas; errors name the nearest valid word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tabmixbench.suggest import nearest, unknown

SCHEMAS = Path(__file__).resolve().parents[1] / "schemas"


# The same loader upon libyaml, where PyYAML has it: every job reads the registry first.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class SchemaError(ValueError):
    """A configuration says something that its schema does not allow."""


def read_yaml(path: str | Path) -> dict[str, Any]:
    """Read a configuration file.

    Raises
    ------
    SchemaError
        When it is not valid YAML, no mapping, or has a key twice.
    """
    path = Path(path)
    with path.open(encoding="utf-8") as stream:
        loader = _SafeLoader(stream)
        try:
            node = loader.get_single_node()
            _refuse_repeats(node, path.name)
            entries = loader.construct_document(node) if node is not None else None
        except yaml.YAMLError as error:
            raise SchemaError(f"{path.name} is not valid YAML: {error}") from error
        finally:
            loader.dispose()
    if not isinstance(entries, dict):
        raise SchemaError(f"{path.name} must map names to their entries.")
    return entries


def _refuse_repeats(node: yaml.Node | None, filename: str) -> None:
    """YAML lets a later key overwrite an earlier one without a word; a configuration must not."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeats(item, filename)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                raise SchemaError(
                    f"{filename}: key {key.value!r} appears a second time, line {line}."
                )
            seen.add(key.value)
            _refuse_repeats(value, filename)


def read_config(path: str | Path, schema: str) -> dict[str, Any]:
    """Read a configuration file and check it (see `read_yaml` and `validate`)."""
    entries = read_yaml(path)
    validate(entries, schema, Path(path).name)
    return entries


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

    text = (SCHEMAS / f"{schema}.schema.yaml").read_text(encoding="utf-8")
    rules = yaml.load(text, Loader=_SafeLoader)
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
    rules = error.validator_value if error.validator == "oneOf" else [error.schema]
    if isinstance(error.instance, str) and any(rule.get("type") == "array" for rule in rules):
        wanted = error.schema["description"] if error.validator == "oneOf" else "a list"
        return f"{place} must be {wanted}: write [{error.instance}]."
    if error.validator == "oneOf":
        return f"{place} must be {error.schema['description']}."
    return f"{place}: {error.message}."
