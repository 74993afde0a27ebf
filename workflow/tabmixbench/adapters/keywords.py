"""Keywords of the estimators that adapters hand theirs on to; of LightGBM and GPBoost, see there.

Lists, so that a misspelt keyword is found when the workflow starts, before any of the packages is
imported; a test holds them against the packages. What an adapter sets itself is not among them.
They refuse, and decide no number.
"""

from __future__ import annotations

XGBOOST = frozenset(
    {
        *(
            "n_estimators",
            "learning_rate",
            "booster",
            "objective",
            "base_score",
            "num_parallel_tree",
        ),
        *("max_depth", "max_leaves", "grow_policy", "max_bin", "min_child_weight", "gamma"),
        *("max_delta_step", "reg_alpha", "reg_lambda", "scale_pos_weight", "missing", "device"),
        *("subsample", "sampling_method", "colsample_bytree", "colsample_bylevel"),
        *("colsample_bynode", "feature_weights", "monotone_constraints", "interaction_constraints"),
        *("max_cat_to_onehot", "max_cat_threshold"),
    }
)
"""Of ``xgboost.XGBRegressor`` and ``XGBClassifier``."""

CATBOOST = frozenset(
    {
        *("iterations", "learning_rate", "loss_function", "objective", "eval_metric"),
        *("depth", "max_depth", "grow_policy", "max_leaves", "num_leaves", "min_data_in_leaf"),
        *("min_child_samples", "border_count", "max_bin", "feature_border_type", "score_function"),
        *("l2_leaf_reg", "reg_lambda", "model_size_reg", "rsm", "colsample_bylevel"),
        *("random_strength", "bagging_temperature", "bootstrap_type", "subsample", "mvs_reg"),
        *("sampling_frequency", "sampling_unit", "boosting_type", "boost_from_average"),
        *("fold_len_multiplier", "fold_permutation_block", "approx_on_full_history", "has_time"),
        *("leaf_estimation_method", "leaf_estimation_iterations", "leaf_estimation_backtracking"),
        *("langevin", "diffusion_temperature", "posterior_sampling", "model_shrink_rate"),
        *("model_shrink_mode", "penalties_coefficient", "feature_weights", "monotone_constraints"),
        *("nan_mode", "allow_const_label", "simple_ctr", "combinations_ctr", "per_feature_ctr"),
        *("max_ctr_complexity", "counter_calc_method", "ctr_leaf_count_limit"),
        *("ctr_target_border_count", "store_all_simple_ctr"),
    }
)
"""Of ``catboost.CatBoostRegressor`` and ``CatBoostClassifier``."""

FOREST = frozenset(
    {
        *(
            "n_estimators",
            "criterion",
            "max_depth",
            "max_leaf_nodes",
            "max_features",
            "max_samples",
        ),
        *("min_samples_split", "min_samples_leaf", "min_weight_fraction_leaf"),
        *("min_impurity_decrease", "bootstrap", "oob_score", "ccp_alpha", "monotonic_cst"),
    }
)
"""Of ``sklearn.ensemble.RandomForestRegressor``."""

TABMIXNN = frozenset(
    {
        *("architecture", "hidden_dims", "manifold_configs", "manifold_aggregation"),
        *("embedding_dim", "activation", "layer_norm", "residual", "dropout"),
        *("use_static_structure", "use_dynamic_structure", "structure_order", "acyclicity"),
        *("n_heads", "attention_dim", "hybrid_steps", "lambda_dag", "lambda_sparse"),
        *("lambda_contract", "lambda_kl", "prior", "posterior", "expectation"),
        *("epochs", "lr", "batch_size", "patience", "clip_norm", "scheduler"),
        *("validation_fraction", "inference", "reml", "nagq", "cov_struct_map", "weights"),
        *("na_action", "unknown_strategy", "enforce_centering", "callbacks", "device", "verbose"),
    }
)
"""Of ``TabMixNNRegressor`` and ``TabMixNNClassifier``."""

TABMIXNN_GENERAL = TABMIXNN | {
    *("family", "link", "output_sem", "output_sem_mode", "lambda_output_sparse"),
}
"""Of ``TabMixNN``, which takes any outcomes."""
