"""Algorithm 1 with its derivatives written out, for one plain network or several at once.

Reads in the order of a step: `rows` are the batches, `noise` what is random, `fixed` and `effects`
(whose posteriors are kept in `tables`) the encoder, `hidden` a layer of the backbone, `head` and
`likelihood` the loss, `adam` the update of the parameters in their `pool`. Every part has
``forward`` and ``backward`` and stands for the ``nn.Module`` of the same name, one a replica;
the tests compare its derivatives with those of automatic differentiation. `network` is a step of
them, on every device; `compiled` is the same step on the processor, as `loops`, with `indexed`
tables. `replicas` adds up what belongs to one.
"""

from tabmixnn.training.stacked.plain import is_plain
from tabmixnn.training.stacked.trainer import StackedTrainer, few_touched

__all__ = ["StackedTrainer", "few_touched", "is_plain"]
