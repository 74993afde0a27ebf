#!/bin/sh
# What a new user does: an empty environment, `pip install .`, then a model that is fitted,
# explained, drawn, saved and read again, in Python and on the command line. Says how long it took,
# and fails beyond five minutes.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
unset PYTHONPATH VIRTUAL_ENV || true
start=$(date +%s)

"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check "$root[plots,shap]"
installed=$(date +%s)

cat > try.py <<'PYTHON'
import numpy as np
import pandas as pd

from tabmixnn import TabMixNNRegressor

rng = np.random.default_rng(0)
subject, day = np.divmod(np.arange(180), 10)
level, slope = 250 + 25 * rng.normal(size=18), 10 + 6 * rng.normal(size=18)
reaction = level[subject] + slope[subject] * day + 25 * rng.normal(size=180)
sleep = pd.DataFrame({"reaction": reaction, "day": day, "subject": subject + 300})
sleep.to_csv("sleep.csv", index=False)

model = TabMixNNRegressor("reaction ~ day + (day | subject)", random_state=1).fit(sleep)
print(model.summary())
table = model.predict(sleep, interval=0.9)
inside = sleep["reaction"].between(table["lower"], table["upper"]).mean()
assert 0.8 < inside < 1.0, inside
parts = model.shapley_values(sleep)
total = parts["base_value"] + parts["values"].sum(axis=1)
np.testing.assert_allclose(total, parts["prediction"], rtol=1e-3)
model.plot_ranef(term="day").figure.savefig("effects.png")
model.save("sleep.tmx")
again = TabMixNNRegressor.load("sleep.tmx")
np.testing.assert_array_equal(again.predict(sleep), model.predict(sleep))
PYTHON
venv/bin/python try.py

venv/bin/tabmixnn fit sleep.csv "reaction ~ day + (day | subject)" -o again.tmx --quiet
venv/bin/tabmixnn summary again.tmx
venv/bin/tabmixnn predict again.tmx sleep.csv --interval 0.9 -o predictions.csv
venv/bin/tabmixnn explain again.tmx sleep.csv
test "$(wc -l < predictions.csv)" -eq 181

done=$(date +%s)
echo "Installed in $((installed - start)) s, used in $((done - installed)) s."
test $((done - start)) -lt 300
