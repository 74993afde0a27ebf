"""The library's exact fits beside those of lme4 and glmmTMB, number by number."""
