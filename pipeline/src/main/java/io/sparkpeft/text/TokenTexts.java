package io.sparkpeft.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What each token of a text stands for. For a person to read: quadratic in the text's length. */
public final class TokenTexts {
  /** What a tokenizer writes for bytes that are no character yet. */
  private static final String UNFINISHED = "\uFFFD";

  private TokenTexts() {}

  /**
   * A text per token which, joined, are the whole text, special tokens included. Of a character in
   * several tokens the last has it and the others are empty.
   *
   * @param ids [T]
   */
  public static List<String> of(Tokenizer tokenizer, int[] ids) {
    List<String> texts = new ArrayList<>();
    String before = "";
    for (int length = 1; length <= ids.length; length++) {
      String text = tokenizer.decode(Arrays.copyOf(ids, length), false);
      boolean unfinished = length < ids.length && text.endsWith(UNFINISHED);
      texts.add(unfinished ? "" : text.substring(commonLength(before, text)));
      before = unfinished ? before : text;
    }
    return texts;
  }

  private static int commonLength(String before, String text) {
    int length = 0;
    while (length < Math.min(before.length(), text.length())
        && before.charAt(length) == text.charAt(length)) {
      length++;
    }
    return length;
  }
}
