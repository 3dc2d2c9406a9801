package io.sparkpeft.model;

/**
 * How likely a continuation is.
 *
 * @param sum the natural logarithm of its probability
 * @param greedy whether each of its tokens is the most likely one in its place
 */
public record LogLikelihood(double sum, boolean greedy) {}
