"""Which sources of the benchmark a file depends on by its imports, those inside functions too."""

import ast
from contextlib import suppress
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "workflow/tabmixbench"

#: What decides no number: how a job runs and writes, how messages are worded, and how the files in
#: config/ are read. What those files say about a dataset or a model, rules have as a parameter.
INFRASTRUCTURE = {
    *("code.py", "files.py", "job.py", "warm.py", "threads.py", "schema.py", "suggest.py"),
    *("registry.py", "adapters/__init__.py", "adapters/specs.py", "adapters/keywords.py"),
}


def closure(path):
    """Paths below `PACKAGE` of all that a file depends on, itself left out."""
    found, todo = set(), [path]
    while todo:
        for name in _imported(todo.pop()) - found - INFRASTRUCTURE:
            found.add(name)
            todo.append(PACKAGE / name)
    return found


def listed(paths):
    """The same of a digest's paths, which may be folders."""
    found = set()
    for path in (ROOT / path for path in paths):
        files = path.rglob("*.py") if path.is_dir() else [path]
        found |= {str(f.relative_to(PACKAGE)) for f in files if f.is_relative_to(PACKAGE)}
    return found


@cache
def _imported(path):
    found = set()
    for node in _imports(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            found |= set(_package_of(node).glob("*.py"))
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
            found |= {_file(m) for m in modules if m.startswith("tabmixbench.")}
        elif (node.module or "").partition(".")[0] == "tabmixbench":
            found |= set().union(*(_origins(node.module, alias.name) for alias in node.names))
    return frozenset(str(file.relative_to(PACKAGE)) for file in found)


def _imports(node):
    """What imports below a node when the code runs, that of code for a process of its own too."""
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return
    if isinstance(node, ast.Import | ast.ImportFrom) or _package_of(node):
        yield node
    if isinstance(node, ast.Constant) and "tabmixbench" in str(node.value):
        with suppress(SyntaxError):  # it is prose
            yield from _imports(ast.parse(node.value))
    for child in ast.iter_child_nodes(node):
        yield from _imports(child)


def _package_of(node):
    """Folder whose modules are imported by names that are not known before: all of them may be."""
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
        written = ast.unparse(node.args[0]).strip("f'\"")
        if written.startswith("tabmixbench."):
            return PACKAGE.joinpath(*written.split(".")[1:-1])
    return None


def _file(module):
    """File of a module or package; None for what is neither."""
    path = PACKAGE.joinpath(*module.split(".")[1:])
    files = (path / "__init__.py", path.with_suffix(".py"))
    return next((file for file in files if file.exists()), None)


def _origins(module, name):
    """The file where a name is defined; where a package hands it on, also what that registers."""
    file = _file(module)
    if (own := _file(f"{module}.{name}")) is not None:
        return {own}
    if file.name == "__init__.py":
        nodes = _imports(ast.parse(file.read_text(encoding="utf-8")))
        imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
        names = {(each.asname or each.name): i.module for i in imports for each in i.names}
        if name in names:
            whole = [each.name for i in imports if i.module == module for each in i.names]
            modules = {_file(f"{module}.{each}") for each in whole} - {None}
            return modules | _origins(names[name], name)
    return {file}
