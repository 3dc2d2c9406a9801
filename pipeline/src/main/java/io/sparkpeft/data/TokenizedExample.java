package io.sparkpeft.data;

/**
 * A training text as numbers.
 *
 * @param tokens ids [T]
 * @param targets whether the token is to be predicted from those before it [T]
 */
public record TokenizedExample(int[] tokens, boolean[] targets) {
  public TokenizedExample {
    if (tokens.length != targets.length) {
      throw new IllegalArgumentException(
          "%d tokens, %d targets".formatted(tokens.length, targets.length));
    }
  }

  public int targetCount() {
    int count = 0;
    for (boolean target : targets) {
      count += target ? 1 : 0;
    }
    return count;
  }
}
