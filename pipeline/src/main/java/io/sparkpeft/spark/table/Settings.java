package io.sparkpeft.spark.table;

import java.util.Locale;

/** Values of settings as recipes spell them. */
final class Settings {
  private Settings() {}

  static String name(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
