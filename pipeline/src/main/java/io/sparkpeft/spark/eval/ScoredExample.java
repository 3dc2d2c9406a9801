package io.sparkpeft.spark.eval;

import java.io.Serializable;

/**
 * One model's log-likelihood of an example's targets.
 *
 * @param sample its index in the token table
 * @param tokens of the example
 * @param targets tokens that were scored
 * @param logLikelihood their sum, in nats
 * @param greedy whether each is the most likely in its place
 */
record ScoredExample(
    long sample, Variant variant, int tokens, int targets, double logLikelihood, boolean greedy)
    implements Serializable {}
