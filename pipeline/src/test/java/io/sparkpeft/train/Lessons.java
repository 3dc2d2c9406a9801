package io.sparkpeft.train;

import io.sparkpeft.data.TokenFile;
import io.sparkpeft.data.TokenFileWriter;
import io.sparkpeft.data.TokenizedExample;
import java.nio.file.Path;
import java.util.Random;

/** Examples in which every token follows from the one before it, of many lengths. */
final class Lessons {
  static final int VOCABULARY = 11;

  private Lessons() {}

  static TokenFile write(Path file, int examples, long seed) {
    Random random = new Random(seed);
    try (TokenFileWriter writer = TokenFileWriter.create(file)) {
      for (int i = 0; i < examples; i++) {
        writer.add(i, example(2 + random.nextInt(12), random));
      }
      writer.commit();
    }
    return TokenFile.open(file);
  }

  private static TokenizedExample example(int length, Random random) {
    int[] tokens = new int[length];
    boolean[] targets = new boolean[length];
    tokens[0] = random.nextInt(VOCABULARY);
    int prompt = random.nextInt(length - 1);
    for (int i = 1; i < length; i++) {
      tokens[i] = (tokens[i - 1] * 3 + 1) % VOCABULARY;
      targets[i] = i > prompt;
    }
    return new TokenizedExample(tokens, targets);
  }
}
