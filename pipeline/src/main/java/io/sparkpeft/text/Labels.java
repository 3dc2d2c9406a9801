package io.sparkpeft.text;

import java.util.Arrays;
import java.util.List;

/**
 * A training text's tokens and which of them the model is to predict.
 *
 * <p>The whole text is tokenized at once. A token is a target when it lies wholly in an answer by
 * its character offsets; one that straddles prompt and answer is masked and counted. The
 * end-of-sequence token stands once at the end and is a target.
 *
 * @param tokens ids [T]
 * @param targets [T]; the first never is one
 * @param straddling tokens that lie partly in an answer
 * @param unknown tokens that stand for text the vocabulary does not know
 */
public record Labels(int[] tokens, boolean[] targets, int straddling, int unknown) {

  /**
   * @param trainOnPrompt whether the prompt's tokens are targets too
   * @throws io.sparkpeft.base.SparkPeftException (65) if the tokenizer has no end-of-sequence
   *     token, or BOS came out doubled
   */
  public static Labels of(
      Tokenizer tokenizer, PromptTemplate template, Example example, boolean trainOnPrompt) {
    RenderedText rendered = template.render(example);
    Encoding text = encode(tokenizer, rendered.text());
    int length = withoutAddedEnd(text);
    boolean addEnd = !rendered.complete();
    int[] tokens = Arrays.copyOf(text.ids(), length + (addEnd ? 1 : 0));
    boolean[] targets = new boolean[tokens.length];
    int straddling = 0;
    for (int i = 0; i < length; i++) {
      Place place = place(text.starts()[i], text.ends()[i], rendered.answers());
      targets[i] = i > 0 && (trainOnPrompt || place == Place.INSIDE);
      straddling += place == Place.STRADDLING ? 1 : 0;
    }
    if (addEnd) {
      tokens[length] =
          tokenizer.eosId().orElseThrow(() -> TextErrors.noEos(tokenizer.files().folder()));
      targets[length] = true;
    }
    return new Labels(tokens, targets, straddling, unknown(tokenizer, tokens));
  }

  /**
   * The tokens of a prompt that is to be answered: begins as the training text of the same example
   * does.
   */
  public static int[] prompt(Tokenizer tokenizer, PromptTemplate template, Example example) {
    return raw(tokenizer, template.prompt(example));
  }

  /** The tokens of a text as it is, after BOS where the tokenizer has one; may be empty text. */
  public static int[] raw(Tokenizer tokenizer, String text) {
    Encoding encoding = encode(tokenizer, text);
    return Arrays.copyOf(encoding.ids(), withoutAddedEnd(encoding));
  }

  /** Encodes with the tokenizer's own special tokens unless the text begins with BOS already. */
  private static Encoding encode(Tokenizer tokenizer, String text) {
    boolean begun =
        tokenizer
            .files()
            .bosText()
            .filter(bos -> !bos.isEmpty())
            .map(text::startsWith)
            .orElse(false);
    Encoding encoding = tokenizer.encode(text, !begun);
    int[] ids = encoding.ids();
    if (ids.length > 1
        && tokenizer.bosId().isPresent()
        && ids[0] == tokenizer.bosId().getAsInt()
        && ids[1] == ids[0]) {
      throw TextErrors.doubledBos(tokenizer.files().folder(), ids[0]);
    }
    return encoding;
  }

  /** How many tokens are left when those that the tokenizer added at the end are taken away. */
  private static int withoutAddedEnd(Encoding encoding) {
    int length = encoding.ids().length;
    while (length > 1 && encoding.starts()[length - 1] == Encoding.ADDED) {
      length--;
    }
    return length;
  }

  private enum Place {
    OUTSIDE,
    STRADDLING,
    INSIDE
  }

  private static Place place(int start, int end, List<RenderedText.Span> answers) {
    if (start == Encoding.ADDED) {
      return Place.OUTSIDE;
    }
    for (RenderedText.Span answer : answers) {
      if (answer.start() <= start && end <= answer.end()) {
        return Place.INSIDE;
      }
      if (start < answer.end() && answer.start() < end) {
        return Place.STRADDLING;
      }
    }
    return Place.OUTSIDE;
  }

  private static int unknown(Tokenizer tokenizer, int[] tokens) {
    if (tokenizer.unknownId().isEmpty()) {
      return 0;
    }
    int unknownId = tokenizer.unknownId().getAsInt();
    return (int) Arrays.stream(tokens).filter(id -> id == unknownId).count();
  }
}
