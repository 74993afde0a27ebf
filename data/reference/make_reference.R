# Fit the models of the reference files again, as far as their packages are here.
#
#   Rscript data/reference/make_reference.R jobs.json remade.json
#
# jobs.json, written by `python -m tabmixbench.validation.remake`, names the models and the CSV
# files of their data. remade.json has for each of them either its numbers or the reason why it
# was left out. Optima are restarted with tight tolerances: the defaults stop at 1e-3 to 1e-5.
suppressPackageStartupMessages(library(jsonlite))
arguments <- commandArgs(trailingOnly = TRUE)
jobs <- fromJSON(arguments[1], simplifyDataFrame = FALSE)

named <- function(x) as.list(setNames(as.numeric(x), names(x)))
numbers <- function(fixef, vcov, sigma, logLik) list(
  fixef = named(fixef), se = named(setNames(sqrt(diag(as.matrix(vcov))), names(fixef))),
  sigma = sigma, logLik = as.numeric(logLik)
)

fit_lmer <- function(job, data) {
  formula <- as.formula(job$formula)
  reml <- job$method == "REML"
  first <- lme4::lmer(formula, data, REML = reml)
  tight <- lme4::lmerControl("bobyqa", optCtrl = list(rhobeg = 1e-2, rhoend = 1e-10, maxfun = 1e5))
  fit <- lme4::lmer(formula, data, REML = reml, start = lme4::getME(first, "theta"), control = tight)
  numbers(lme4::fixef(fit), vcov(fit), sigma(fit), logLik(fit))
}

fit_glmer <- function(job, data) {
  formula <- as.formula(job$formula)
  points <- if (startsWith(job$method, "AGQ")) as.integer(sub("AGQ", "", job$method)) else 1L
  first <- lme4::glmer(formula, data, family = job$family, nAGQ = points)
  start <- list(theta = lme4::getME(first, "theta"), fixef = lme4::fixef(first))
  # The inner iterations need it: at the default 1e-7 the Laplace value is off by up to 4e-4.
  for (tolerance in c(1e-13, 1e-12, 1e-11, 1e-10)) {
    tight <- lme4::glmerControl("bobyqa", tolPwrss = tolerance,
      optCtrl = list(rhobeg = 1e-3, rhoend = 1e-9, maxfun = 1e5))
    fit <- tryCatch(
      lme4::glmer(formula, data, family = job$family, nAGQ = points, start = start, control = tight),
      error = function(e) NULL)
    if (!is.null(fit)) break
  }
  y <- lme4::getME(fit, "y")
  w <- weights(fit)
  # With more than one point lme4 leaves out the likelihood of the saturated model.
  saturated <- if (points > 1) -0.5 * family(fit)$aic(y, w, y, w, 0) else 0
  numbers(lme4::fixef(fit), vcov(fit), 1, as.numeric(logLik(fit)) + saturated)
}

fit_tmb <- function(job, data) {
  families <- list(nbinom2 = quote(glmmTMB::nbinom2()), poisson = quote(poisson()),
    binomial = quote(binomial()))
  fit <- glmmTMB::glmmTMB(as.formula(job$formula), data, family = eval(families[[job$family]]))
  numbers(glmmTMB::fixef(fit)$cond, vcov(fit)$cond, sigma(fit), logLik(fit))
}

nlme_models <- list(
  gls_ar1_orthodont = function(f, d, m) nlme::gls(f, d, nlme::corAR1(form = ~ 1 | Subject), method = m),
  gls_cs_orthodont = function(f, d, m) nlme::gls(f, d, nlme::corCompSymm(form = ~ 1 | Subject), method = m),
  gls_hcs_orthodont = function(f, d, m) nlme::gls(f, d, nlme::corCompSymm(form = ~ 1 | Subject),
    nlme::varIdent(form = ~ 1 | agef), method = m),
  gls_un_orthodont = function(f, d, m) nlme::gls(f, d, nlme::corSymm(form = ~ 1 | Subject),
    nlme::varIdent(form = ~ 1 | agef), method = m),
  lme_int_ar1_orthodont = function(f, d, m) nlme::lme(f, d, ~ 1 | Subject,
    nlme::corAR1(form = ~ 1 | Subject), method = m),
  lme_slope_ar1_orthodont = function(f, d, m) nlme::lme(f, d, ~ age | Subject,
    nlme::corAR1(form = ~ 1 | Subject), method = m),
  lme_slopeonly_cs_orthodont = function(f, d, m) nlme::lme(f, d, ~ 0 + age | Subject,
    nlme::corCompSymm(form = ~ 1 | Subject), method = m),
  lme_hetvar_orthodont = function(f, d, m) nlme::lme(f, d, ~ 1 | Subject,
    weights = nlme::varIdent(form = ~ 1 | Sex), method = m),
  exp_gls_sim = function(f, d, m) nlme::gls(f, d,
    nlme::corExp(c(1, 0.2), form = ~ lon + lat, nugget = TRUE), method = m),
  exp_gls_wheat2 = function(f, d, m) nlme::gls(f, d,
    nlme::corExp(c(28, 0.1), form = ~ latitude + longitude, nugget = TRUE), method = m)
)

fit_nlme <- function(job, data) {
  fit <- nlme_models[[job$model]](as.formula(job$formula), data, job$method)
  fixef <- if (inherits(fit, "lme")) nlme::fixef(fit) else coef(fit)
  numbers(fixef, vcov(fit), fit$sigma, logLik(fit))
}

fitters <- list(lmer = fit_lmer, glmer = fit_glmer, tmb = fit_tmb, nlme = fit_nlme)
packages <- c(lmer = "lme4", glmer = "lme4", tmb = "glmmTMB", nlme = "nlme")
remade <- list()
for (job in jobs) {
  package <- packages[[job$fitter]]
  if (!requireNamespace(package, quietly = TRUE)) {
    remade[[job$name]] <- list(skipped = paste("R lacks the package", package))
    next
  }
  factors <- job$factors
  data <- read.csv(job$csv, colClasses = setNames(rep("character", length(factors)), names(factors)))
  for (column in names(factors)) {
    data[[column]] <- factor(data[[column]], levels = unlist(factors[[column]]))
  }
  remade[[job$name]] <- tryCatch(
    suppressWarnings(suppressMessages(fitters[[job$fitter]](job, data))),
    error = function(e) list(skipped = paste("R could not fit it:", conditionMessage(e))))
  if (is.null(remade[[job$name]]$skipped)) {
    remade[[job$name]]$package <- paste(package, packageVersion(package))
  }
}
writeLines(toJSON(remade, digits = NA, auto_unbox = TRUE), arguments[2])
