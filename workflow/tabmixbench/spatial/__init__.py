"""Random effects at irregular places: the SPDE beside a Gaussian process and glmmTMB."""
