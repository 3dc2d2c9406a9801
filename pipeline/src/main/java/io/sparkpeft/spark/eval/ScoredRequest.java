package io.sparkpeft.spark.eval;

import java.io.Serializable;

/**
 * One model's answer to a request.
 *
 * @param index the request's place among all
 * @param variant which model answered
 * @param contextTokens tokens of the context
 * @param continuationTokens tokens that were scored
 * @param cutTokens tokens of the context that the model did not see
 * @param logLikelihood of the continuation, in nats
 * @param greedy whether greedy decoding gives the continuation
 */
record ScoredRequest(
    int index,
    Variant variant,
    int contextTokens,
    int continuationTokens,
    int cutTokens,
    double logLikelihood,
    boolean greedy)
    implements Serializable {}
