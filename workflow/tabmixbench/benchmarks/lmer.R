# Fit lmer() when told to: reads lines "frame 5" or "alone 5" and prints the processor seconds of
# one of five fits, from the data frame or from matrices made beforehand.
suppressPackageStartupMessages({
  library(jsonlite)
  library(lme4)
})
job <- fromJSON(commandArgs(trailingOnly = TRUE)[1], simplifyDataFrame = FALSE)
data <- read.csv(job$csv)
for (column in names(job$factors)) {
  data[[column]] <- factor(as.character(data[[column]]), levels = job$factors[[column]])
}
formula <- as.formula(job$formula)
parsed <- lFormula(formula, data)
frame <- function() lmer(formula, data)
alone <- function() {
  deviance <- do.call(mkLmerDevfun, parsed)
  mkMerMod(environment(deviance), optimizeLmer(deviance), parsed$reTrms, fr = parsed$fr)
}
fits <- list(frame = frame, alone = alone)
input <- file("stdin", "r")
while (length(line <- readLines(input, n = 1)) > 0) {
  asked <- strsplit(line, " ")[[1]]
  fit <- fits[[asked[1]]]
  start <- sum(proc.time()[c("user.self", "sys.self")])
  for (i in seq_len(as.integer(asked[2]))) suppressMessages(suppressWarnings(fit()))
  used <- sum(proc.time()[c("user.self", "sys.self")]) - start
  cat(used / as.integer(asked[2]), "\n")
  flush(stdout())
}
