package io.sparkpeft.text;

import java.io.Serializable;
import java.util.List;

/**
 * Texts that end an answer wherever they turn up in it, across tokens too; they and what follows
 * are no part of it.
 *
 * @param strings none of them empty
 */
public record StopStrings(List<String> strings) implements Serializable {
  public StopStrings {
    strings = List.copyOf(strings);
    if (strings.contains("")) {
      throw new IllegalArgumentException("an empty text is everywhere");
    }
  }

  public boolean isEmpty() {
    return strings.isEmpty();
  }

  public boolean areIn(String text) {
    return strings.stream().anyMatch(text::contains);
  }

  /** The text without an end that may be the beginning of one of them. */
  public String certain(String text) {
    int end = text.length();
    for (String string : strings) {
      for (int start = Math.max(0, text.length() - string.length() + 1); start < end; start++) {
        if (string.startsWith(text.substring(start))) {
          end = start;
        }
      }
    }
    return text.substring(0, end);
  }

  /** The text up to the first of them. */
  public String cut(String text) {
    int end =
        strings.stream()
            .mapToInt(text::indexOf)
            .filter(place -> place >= 0)
            .min()
            .orElse(text.length());
    return text.substring(0, end);
  }
}
