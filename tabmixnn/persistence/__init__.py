"""Models in files: one zip of a JSON manifest and arrays in safetensors; reading executes nothing.

**The protocol.** What can be saved has two methods. ``state()`` returns a *tree*: dicts, lists and
tuples of str, int, float, bool, None, numpy scalars and arrays, pandas objects, and the library's
own families, frames and records (`tabmixnn.persistence.objects`). ``from_state(state, ...)`` is a
class method that makes an equal object of the tree. An engine supplies

    def state(self) -> dict[str, Any]
    @classmethod
    def from_state(cls, state, options, design, family) -> Engine

where `options` are the estimator's options as the engine was fitted with, `design` the fitted
design and `family` the bound family, none of which it has to store again. What a fit did not
compute yet need not be in the tree, as long as the new object can compute it; whatever point
predictions depend on must be, so that they stay the same to the last bit. Intervals of a
generalised mixed model agree to rounding: modes and curvatures are found again. ``from_state`` may
raise anything: the reader turns it into a `ModelFileError`. It must not allocate by a size that the
tree merely states: sizes have to agree with arrays that are there.

`tree` turns trees into JSON and named arrays and back, `archive` writes and reads the file.
"""

from tabmixnn.persistence.archive import FORMAT, read_archive, write_archive
from tabmixnn.persistence.errors import ModelFileError

__all__ = ["FORMAT", "ModelFileError", "read_archive", "write_archive"]
