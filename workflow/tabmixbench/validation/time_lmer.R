# Median seconds of lmer() for each job of a JSON file; prints one line of JSON.
suppressPackageStartupMessages({
  library(jsonlite)
  library(lme4)
})
jobs <- fromJSON(commandArgs(trailingOnly = TRUE)[1], simplifyDataFrame = FALSE)
seconds <- list()
for (job in jobs) {
  data <- read.csv(job$csv)
  for (column in names(job$factors)) {
    data[[column]] <- factor(as.character(data[[column]]), levels = job$factors[[column]])
  }
  formula <- as.formula(job$formula)
  once <- function() {
    start <- proc.time()[["elapsed"]]
    suppressMessages(suppressWarnings(lmer(formula, data, REML = job$reml)))
    proc.time()[["elapsed"]] - start
  }
  first <- once()
  # The clock of proc.time() ticks in milliseconds, so short fits are timed in batches.
  batch <- if (first < 0.05) 20 else 1
  times <- if (first > 5) first else replicate(5, {
    start <- proc.time()[["elapsed"]]
    for (i in seq_len(batch)) once()
    (proc.time()[["elapsed"]] - start) / batch
  })
  seconds[[job$name]] <- median(times)
}
cat(toJSON(seconds, auto_unbox = TRUE, digits = 6), "\n")
