# Fit lmer() or glmer() to data.csv in a folder; write fixef.csv, ranef.csv and fit.csv there.
# Arguments: folder, formula, "gaussian" or "binomial".
suppressPackageStartupMessages(library(lme4))
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
data <- read.csv(file.path(folder, "data.csv"))
for (column in grep("^g[0-9]+$", names(data), value = TRUE)) {
  data[[column]] <- factor(data[[column]])
}
formula <- as.formula(arguments[2])
# The formula has already named what the model needs: warn about sizes, do not refuse them.
fit <- if (arguments[3] == "binomial") {
  glmer(formula, data, family = binomial)
} else {
  lmer(formula, data, REML = TRUE, control = lmerControl(check.nobs.vs.nRE = "warning",
                                                         check.nobs.vs.nlev = "warning"))
}
beta <- fixef(fit)
write.csv(data.frame(column = names(beta), value = as.numeric(beta)),
          file.path(folder, "fixef.csv"), row.names = FALSE)
write.csv(as.data.frame(ranef(fit, condVar = FALSE))[c("grpvar", "term", "grp", "condval")],
          file.path(folder, "ranef.csv"), row.names = FALSE)
messages <- fit@optinfo$conv$lme4$messages
write.csv(data.frame(version = as.character(packageVersion("lme4")), singular = isSingular(fit),
                     messages = paste(messages, collapse = "; ")),
          file.path(folder, "fit.csv"), row.names = FALSE)
