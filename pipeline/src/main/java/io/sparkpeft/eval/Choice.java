package io.sparkpeft.eval;

/**
 * One continuation that a document offers.
 *
 * @param continuation what is scored after the context, delimiter included
 * @param text the answer alone, without the delimiter: its length normalises {@link
 *     Metric#ACC_NORM} and {@link Metric#ACC_BYTES}
 * @param correct whether it answers the question
 */
public record Choice(String continuation, String text, boolean correct) {

  /** lm-eval's {@code target_delimiter} between context and choice. */
  private static final String DELIMITER = " ";

  /** A choice behind lm-eval's default delimiter, a blank. */
  static Choice delimited(String text, boolean correct) {
    return new Choice(DELIMITER + text, text, correct);
  }
}
