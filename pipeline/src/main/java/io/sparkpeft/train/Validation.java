package io.sparkpeft.train;

import io.sparkpeft.data.TokenBatch;
import io.sparkpeft.data.TokenFile;
import java.util.function.ToDoubleFunction;

/**
 * Examples held back from training, to watch the loss on.
 *
 * @param examples at least one, each with at least one target
 * @param loss the sum of the negative log-likelihoods (nats) of a batch's targets, without dropout;
 *     called by several threads at once
 */
public record Validation(TokenFile examples, ToDoubleFunction<TokenBatch> loss) {}
