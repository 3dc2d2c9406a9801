package io.sparkpeft.recipe;

import java.util.List;

/** PEFT's {@code Union[list[str], str]}: names, or one pattern that a whole name must match. */
public sealed interface TextOrList {

  /** A regular expression, or PEFT's word {@code all-linear}. */
  record Text(String value) implements TextOrList {}

  /** Names, each matching a module called so or ending with a dot and it. */
  record Texts(List<String> values) implements TextOrList {}

  static TextOrList of(String... names) {
    return new Texts(List.of(names));
  }
}
