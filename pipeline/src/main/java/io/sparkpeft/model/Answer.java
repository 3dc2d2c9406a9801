package io.sparkpeft.model;

import io.sparkpeft.adapter.Adapter;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/** A growing answer to a prompt. */
final class Answer {
  private final Prompt prompt;
  private final GenerationSettings settings;
  private final DecoderConfig config;
  private final int virtualTokens;
  private final int[] tokens;
  private int count;
  private boolean open;

  Answer(Prompt prompt, GenerationSettings settings, DecoderConfig config) {
    this.prompt = prompt;
    this.settings = settings;
    this.config = config;
    this.virtualTokens = Decoder.virtualTokens(prompt.adapter());
    int room = Math.max(0, config.contextLength() - virtualTokens - prompt.tokens().length);
    this.tokens = new int[Math.min(settings.maxNewTokens(), room)];
    this.open = tokens.length > 0;
  }

  Prompt prompt() {
    return prompt;
  }

  Optional<Adapter> adapter() {
    return prompt.adapter();
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
    open = count < tokens.length && !settings.stop().isReached(prompt.tokens(), tokens());
  }

  /** Where its newest token stands. */
  long lastPosition() {
    return prompt.tokens().length + Math.max(0, count - 1L);
  }

  /** The newest one; there must be one. */
  int lastToken() {
    return tokens[count - 1];
  }

  /** What decides its next token, if chance does. */
  long chance(Sampling sampling) {
    return sampling.number(prompt.number(), count);
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
    return IntStream.concat(Arrays.stream(prompt.tokens()), Arrays.stream(tokens())).toArray();
  }

  int[] tokens() {
    return Arrays.copyOf(tokens, count);
  }
}
