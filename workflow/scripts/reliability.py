"""Rule `reliability`: are the probabilities of the classification suite to be trusted?"""

from pathlib import Path

from tabmixbench.adapters import load_models
from tabmixbench.figures.files import save
from tabmixbench.job import job
from tabmixbench.leaderboard.reliability import draw

with job(snakemake.log[0]) as report:
    predictions = {}
    for path in snakemake.input.predictions:
        predictions.setdefault(Path(path).stem, []).append(path)
    figure = draw(predictions, load_models("config/models.yaml"))
    save(figure, snakemake.output)
    report(f"drew the reliability of {len(predictions)} models")
