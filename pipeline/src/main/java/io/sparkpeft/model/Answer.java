package io.sparkpeft.model;

import io.sparkpeft.adapter.Adapter;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/** A growing answer to a prompt. */
final class Answer {
  private final int[] prompt;
  private final long number;
  private final Optional<Adapter> adapter;
  private final GenerationSettings settings;
  private final DecoderConfig config;
  private final int virtualTokens;
  private final int[] tokens;
  private int count;
  private boolean open;

  Answer(Prompt asked, GenerationSettings settings, DecoderConfig config) {
    this.prompt = asked.tokens();
    this.number = asked.number();
    this.adapter = asked.adapter();
    this.settings = settings;
    this.config = config;
    this.virtualTokens = Decoder.virtualTokens(adapter);
    int room = Math.max(0, config.contextLength() - virtualTokens - prompt.length);
    this.tokens = new int[Math.min(settings.maxNewTokens(), room)];
    this.open = tokens.length > 0;
  }

  Optional<Adapter> adapter() {
    return adapter;
  }

  /** Whether it wants another token. */
  boolean isOpen() {
    return open;
  }

  void accept(int token) {
    if (settings.stopIds().contains(token)) {
      open = false;
      return;
    }
    tokens[count++] = token;
    open = count < tokens.length && !settings.stop().isReached(prompt, tokens());
  }

  /** Where its newest token stands. */
  long lastPosition() {
    return prompt.length + Math.max(0, count - 1L);
  }

  /** The newest one; there must be one. */
  int lastToken() {
    return tokens[count - 1];
  }

  /** What decides its next token, if chance does. */
  long chance(Sampling sampling) {
    return sampling.number(number, count);
  }

  /**
   * Whether its newest token changes the positions of all others, so that what is cached of them is
   * of no use any more.
   */
  boolean outgrowsItsPositions() {
    return config.outgrownLength().orElse(0) == virtualTokens + lastPosition() + 1;
  }

  /** Prompt and answer. */
  int[] text() {
    return IntStream.concat(Arrays.stream(prompt), Arrays.stream(tokens())).toArray();
  }

  int[] tokens() {
    return Arrays.copyOf(tokens, count);
  }
}
