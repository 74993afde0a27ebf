"""Peers and leaderboards: `snakemake peers` fits what people would use instead, and ranks all."""

from tabmixbench.leaderboard import BEYOND, CONFIRMATION, SEPARATE
from tabmixbench.leaderboard import BOARDS as RANKED
from tabmixbench.leaderboard import FIGURES as BOARD_FIGURES
from tabmixbench.leaderboard import POOLS
from tabmixbench.leaderboard import TABLES as BOARD_TABLES
from tabmixbench.leaderboard import files as board_files
from tabmixbench.leaderboard import find as find_board
from tabmixbench.members import Members, record_paths

MEMBERS = Members(PLAN)

#: The sources that leaderboards are drawn up by.
RANKED_BY = DIGESTS.of(
    *("leaderboard", "tables", "figures/files.py", "figures/style.py"),
    *("statistics.py", "metrics.py"),
)
BOARD_SUITES = list(
    dict.fromkeys(
        board.suite for board in RANKED.values() if board.suite not in SEPARATE
    )
)
#: The boards whose suite and protocol the configuration asks for.
BOARDS = [
    name
    for name, board in RANKED.items()
    if PLAN.splits[board.protocol]
    and board.suite in BOARD_SUITES
    and any(suite == board.suite for suite, _ in MEMBERS.of_boards(BOARD_SUITES))
]


rule peers:
    input:
        board_files(BOARDS),
        "results/leaderboard/reliability.svg" if "classification" in BOARDS else [],
        "results/leaderboard/baselines.md",
        "results/mlflow/peers.json",


#: The boards of each suite that has a target of its own.
SEPARATE_BOARDS = {
    suite: [
        name
        for name, board in RANKED.items()
        if board.suite == suite and PLAN.splits[board.protocol]
    ]
    for suite in SEPARATE
}


rule beyond:
    input:
        board_files(SEPARATE_BOARDS[BEYOND]),
        f"results/mlflow/{BEYOND}.json",


rule confirmation:
    input:
        board_files(SEPARATE_BOARDS[CONFIRMATION]),
        f"results/mlflow/{CONFIRMATION}.json",


rule board_metrics:
    input:
        unpack(lambda wildcards: MEMBERS.published()),
        records=lambda wildcards: record_paths(MEMBERS.of_boards(BOARD_SUITES)),
    output:
        metrics="results/leaderboard/metrics.csv",
        reasons="results/leaderboard/reasons.csv",
        entries="results/leaderboard/entries.csv",
    log:
        "results/logs/leaderboard/metrics.log",
    benchmark:
        "results/benchmarks/bench/leaderboard/metrics.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        members=lambda wildcards: MEMBERS.of_boards(BOARD_SUITES),
        entries=lambda wildcards: MEMBERS.entries(MEMBERS.of_boards(BOARD_SUITES)),
        sources=COLLECTED_BY,
    script:
        "../scripts/metrics.py"


use rule board_metrics as separate_metrics with:
    input:
        unpack(lambda wildcards: MEMBERS.published(f"{wildcards.suite}_")),
        records=lambda wildcards: record_paths(MEMBERS.of_suite(wildcards.suite)),
    output:
        metrics="results/leaderboard/{suite}_metrics.csv",
        reasons="results/leaderboard/{suite}_reasons.csv",
        entries="results/leaderboard/{suite}_entries.csv",
    log:
        "results/logs/leaderboard/{suite}_metrics.log",
    benchmark:
        "results/benchmarks/bench/leaderboard/{suite}_metrics.tsv"
    wildcard_constraints:
        suite="|".join(SEPARATE),
    params:
        members=lambda wildcards: MEMBERS.of_suite(wildcards.suite),
        entries=lambda wildcards: MEMBERS.entries(MEMBERS.of_suite(wildcards.suite)),
        sources=COLLECTED_BY,


use rule track as track_peers with:
    input:
        records=lambda wildcards: record_paths(MEMBERS.of_boards(BOARD_SUITES)),
    output:
        "results/mlflow/peers.json",
    log:
        "results/logs/leaderboard/track.log",
    benchmark:
        "results/benchmarks/bench/leaderboard/track.tsv"
    params:
        members=lambda wildcards: MEMBERS.of_boards(BOARD_SUITES),
        store=lambda wildcards, output: os.path.dirname(output[0]),
        sources=TRACKED_BY,


use rule track as track_separate with:
    input:
        records=lambda wildcards: record_paths(MEMBERS.of_suite(wildcards.suite)),
    output:
        "results/mlflow/{suite}.json",
    log:
        "results/logs/leaderboard/{suite}_track.log",
    benchmark:
        "results/benchmarks/bench/leaderboard/{suite}_track.tsv"
    wildcard_constraints:
        suite="|".join(SEPARATE),
    params:
        members=lambda wildcards: MEMBERS.of_suite(wildcards.suite),
        store=lambda wildcards, output: os.path.dirname(output[0]),
        sources=TRACKED_BY,


rule board_table:
    input:
        unpack(lambda wildcards: find_board(wildcards.board)[0].scores),
    output:
        csv="results/leaderboard/{board}_{table}.csv",
        md="results/leaderboard/{board}_{table}.md",
        tex="results/leaderboard/{board}_{table}.tex",
    log:
        "results/logs/leaderboard/{board}_{table}.log",
    benchmark:
        "results/benchmarks/bench/leaderboard/{board}_{table}.tsv"
    wildcard_constraints:
        board="|".join([*RANKED, *POOLS]),
        table="|".join(BOARD_TABLES),
    conda:
        "../../environment.yml"
    threads: 1
    params:
        registries=DIGESTS.registries,
        sources=RANKED_BY,
    script:
        "../scripts/board_table.py"


use rule baselines as board_baselines with:
    input:
        metrics="results/leaderboard/metrics.csv",
        reasons="results/leaderboard/reasons.csv",
        elsewhere="data/reference/baselines.csv",
    output:
        csv="results/leaderboard/baselines.csv",
        md="results/leaderboard/baselines.md",
        tex="results/leaderboard/baselines.tex",
    log:
        "results/logs/leaderboard/baselines.log",
    benchmark:
        "results/benchmarks/bench/leaderboard/baselines.tsv"


rule board_figure:
    input:
        unpack(lambda wildcards: find_board(wildcards.board)[0].scores),
    output:
        png="results/leaderboard/{board}_{figure}.png",
        svg="results/leaderboard/{board}_{figure}.svg",
    log:
        "results/logs/leaderboard/{board}_{figure}.log",
    benchmark:
        "results/benchmarks/bench/leaderboard/{board}_{figure}.tsv"
    wildcard_constraints:
        board="|".join([*RANKED, *POOLS]),
        figure="|".join(BOARD_FIGURES),
    conda:
        "../../environment.yml"
    threads: 1
    params:
        registries=DIGESTS.registries,
        sources=RANKED_BY,
    script:
        "../scripts/board_figure.py"


rule reliability:
    input:
        predictions=lambda wildcards: [
            path.replace(".json", ".parquet")
            for suite, path in MEMBERS.of_boards(BOARD_SUITES)
            if suite == "classification"
        ],
    output:
        png="results/leaderboard/reliability.png",
        svg="results/leaderboard/reliability.svg",
    log:
        "results/logs/leaderboard/reliability.log",
    benchmark:
        "results/benchmarks/bench/leaderboard/reliability.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        registries=DIGESTS.registries,
        sources=RANKED_BY,
    script:
        "../scripts/reliability.py"


#: The pools of boards whose protocol the configuration asks for.
POOLED = [name for name, pool in POOLS.items() if PLAN.splits[pool.protocol]]


rule overall:
    input:
        board_files(POOLED),
