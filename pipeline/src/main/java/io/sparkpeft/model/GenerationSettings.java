package io.sparkpeft.model;

import java.util.Optional;
import java.util.Set;

/**
 * How to continue a prompt.
 *
 * @param maxNewTokens the most tokens to add
 * @param stopIds tokens that end the answer (usually the model's end of sequence); they are not
 *     part of it
 * @param sampling how tokens are chosen; empty for the likeliest
 * @param stop what else ends the answer
 */
public record GenerationSettings(
    int maxNewTokens, Set<Integer> stopIds, Optional<Sampling> sampling, Stop stop) {
  public GenerationSettings {
    stopIds = Set.copyOf(stopIds);
  }

  /** Looks at an answer after every token. */
  @FunctionalInterface
  public interface Stop {
    /** Ends no answer. */
    Stop NEVER = (prompt, answer) -> false;

    /** Whether the answer is at its end; its last token then stays part of it. */
    boolean isReached(int[] prompt, int[] answer);
  }

  /** The likeliest tokens, up to a number of them or a stop token. */
  public static GenerationSettings greedy(int maxNewTokens, Set<Integer> stopIds) {
    return new GenerationSettings(maxNewTokens, stopIds, Optional.empty(), Stop.NEVER);
  }
}
