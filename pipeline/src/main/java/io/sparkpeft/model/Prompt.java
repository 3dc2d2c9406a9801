package io.sparkpeft.model;

import io.sparkpeft.adapter.Adapter;
import java.util.Optional;

/**
 * A text to continue.
 *
 * @param number with the seed it decides all chances of the answer, see {@link Sampling}
 * @param adapter that answers; empty for the base model alone
 */
public record Prompt(int[] tokens, long number, Optional<Adapter> adapter) {}
