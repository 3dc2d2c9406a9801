package io.sparkpeft.api;

import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.model.Decoder;
import io.sparkpeft.model.GenerationSettings;
import io.sparkpeft.model.Generator;
import java.util.List;
import java.util.Optional;

/**
 * What a model makes of the probe prompts.
 *
 * @param logits after every token of every prompt
 * @param greedy the likeliest continuations
 */
record ProbeAnswers(List<float[]> logits, List<int[]> greedy) {
  static final int GREEDY_TOKENS = 16;

  static ProbeAnswers of(Decoder decoder, Optional<Adapter> adapter, List<int[]> prompts) {
    GenerationSettings settings =
        GenerationSettings.greedy(GREEDY_TOKENS, decoder.config().eosIds());
    return new ProbeAnswers(
        prompts.stream().map(prompt -> decoder.logits(adapter, prompt)).toList(),
        Generator.generate(decoder, adapter, prompts, settings));
  }

  /** Largest and mean absolute difference of two sets of logits. */
  record Distance(double largest, double mean) {}

  Distance distance(ProbeAnswers other) {
    double largest = 0;
    double sum = 0;
    long count = 0;
    for (int prompt = 0; prompt < logits.size(); prompt++) {
      float[] own = logits.get(prompt);
      float[] others = other.logits.get(prompt);
      for (int i = 0; i < own.length; i++) {
        double difference = Math.abs((double) own[i] - others[i]);
        largest = Math.max(largest, difference);
        sum += difference;
      }
      count += own.length;
    }
    return new Distance(largest, sum / count);
  }

  /** Tokens of the longer of two answers, over all prompts. */
  int greedyTokens(ProbeAnswers other) {
    int count = 0;
    for (int prompt = 0; prompt < greedy.size(); prompt++) {
      count += Math.max(greedy.get(prompt).length, other.greedy.get(prompt).length);
    }
    return count;
  }

  /** Tokens that are the same at the same place. */
  int equalGreedyTokens(ProbeAnswers other) {
    int equal = 0;
    for (int prompt = 0; prompt < greedy.size(); prompt++) {
      int[] own = greedy.get(prompt);
      int[] others = other.greedy.get(prompt);
      for (int i = 0; i < Math.min(own.length, others.length); i++) {
        equal += own[i] == others[i] ? 1 : 0;
      }
    }
    return equal;
  }
}
