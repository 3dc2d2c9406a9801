/**
 * Scoring by lm-evaluation-harness's rules (EleutherAI, version 0.4.13): what its tasks ask, how
 * text becomes tokens to score, and how log-likelihoods become metrics with standard errors. Knows
 * neither Spark nor a tensor: whoever asks brings the model's answers.
 */
package io.sparkpeft.eval;
