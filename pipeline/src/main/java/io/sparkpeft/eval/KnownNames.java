package io.sparkpeft.eval;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Lists of task names that stand beside this class, one per line, sorted. */
final class KnownNames {
  private KnownNames() {}

  static List<String> of(String group) {
    String resource = group + ".txt";
    try (InputStream in = KnownNames.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new AssertionError("the jar lacks its resource " + resource);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
