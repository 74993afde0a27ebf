"""What a forward pass has to say to the objective, besides its result."""

from __future__ import annotations

from torch import Tensor


class Penalties(dict[str, Tensor]):
    """Unweighted penalties by the name of their weight: ``dag`` goes with ``lambda_dag``.

    Modules add to it while they compute, because some penalties (eq. 52) depend on the rows that
    pass through, and the objective weighs what it finds.
    """

    def add(self, name: str, value: Tensor) -> None:
        """Add a scalar to the penalty called `name`; layers add up."""
        self[name] = self[name] + value if name in self else value
