package io.sparkpeft.model;

import io.sparkpeft.adapter.Adapter;
import java.util.List;
import java.util.Optional;

/** Continues prompts, token by token, with a cache of keys and values. */
@SuppressWarnings({"DoNotCallSuggester", "UnusedMethod"})
public final class Generator {
  private Generator() {}

  /**
   * The most likely continuation of a prompt, token by token.
   *
   * @return the new tokens alone, without the stop token; fewer than asked where the model's
   *     context ends
   * @throws io.sparkpeft.base.SparkPeftException (65) if the prompt is empty or does not leave room
   *     for one token
   */
  public static int[] generate(
      Decoder decoder, Optional<Adapter> adapter, int[] prompt, GenerationSettings settings) {
    return generate(decoder, adapter, List.of(prompt), settings).get(0);
  }

  /** The same for several prompts of any lengths at once, answers in the prompts' order. */
  public static List<int[]> generate(
      Decoder decoder,
      Optional<Adapter> adapter,
      List<int[]> prompts,
      GenerationSettings settings) {
    throw new UnsupportedOperationException("follows");
  }
}
