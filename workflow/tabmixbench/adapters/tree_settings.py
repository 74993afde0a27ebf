"""Keywords of the boosted trees of LightGBM and GPBoost, which refuse none that they do not know.

By their names in the packages' documentation, or scikit-learn's; a test holds them against the
packages. Lists, so that a misspelt keyword is found before either package is imported.
"""

from __future__ import annotations

TREES = frozenset(
    {
        *("boosting", "boosting_type", "learning_rate", "num_leaves", "max_depth", "linear_tree"),
        *("min_data_in_leaf", "min_child_samples", "min_sum_hessian_in_leaf", "min_child_weight"),
        *("min_gain_to_split", "min_split_gain", "max_delta_step", "path_smooth", "extra_trees"),
        *("lambda_l1", "reg_alpha", "lambda_l2", "reg_lambda", "linear_lambda"),
        *("bagging_fraction", "subsample", "bagging_freq", "subsample_freq"),
        *("pos_bagging_fraction", "neg_bagging_fraction", "top_rate", "other_rate"),
        *("feature_fraction", "colsample_bytree", "feature_fraction_bynode", "feature_contri"),
        *("drop_rate", "max_drop", "skip_drop", "uniform_drop", "xgboost_dart_mode"),
        *("min_data_per_group", "max_cat_threshold", "cat_l2", "cat_smooth", "max_cat_to_onehot"),
        *("max_bin", "max_bin_by_feature", "min_data_in_bin", "bin_construct_sample_cnt"),
        *("subsample_for_bin", "enable_bundle", "use_missing", "zero_as_missing"),
        *("monotone_constraints", "monotone_constraints_method", "monotone_penalty"),
        *("interaction_constraints", "is_unbalance", "scale_pos_weight", "boost_from_average"),
    }
)
"""Of both packages: how trees are grown, on which bins of which rows and columns."""

LIGHTGBM = TREES | {
    *("n_estimators", "num_iterations", "objective", "alpha", "fair_c", "class_weight"),
    *("data_sample_strategy", "use_quantized_grad", "num_grad_quant_bins"),
    *("quant_train_renew_leaf", "stochastic_rounding"),
}
GPBOOST = TREES | {
    *("line_search_step_length", "leaves_newton_update", "train_gp_model_cov_pars"),
    *("use_nesterov_acc", "nesterov_acc_rate", "momentum_offset", "momentum_schedule_version"),
}
