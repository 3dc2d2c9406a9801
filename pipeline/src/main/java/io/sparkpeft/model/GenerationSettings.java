package io.sparkpeft.model;

import java.util.Set;

/**
 * How to continue a prompt.
 *
 * @param maxNewTokens the most tokens to add
 * @param stopIds tokens that end the answer (usually the model's end of sequence); they are not
 *     part of it
 */
public record GenerationSettings(int maxNewTokens, Set<Integer> stopIds) {
  public GenerationSettings {
    stopIds = Set.copyOf(stopIds);
  }
}
