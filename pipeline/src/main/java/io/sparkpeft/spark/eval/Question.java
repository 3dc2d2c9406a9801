package io.sparkpeft.spark.eval;

import java.io.Serializable;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A prompt and who is asked.
 *
 * @param adapter folder of the adapter; empty text for the base model alone
 */
public record Question(String prompt, String adapter) implements Serializable {

  public static Question of(String prompt, Optional<Path> adapter) {
    return new Question(prompt, adapter.map(Path::toString).orElse(""));
  }

  public Optional<Path> adapterFolder() {
    return adapter.isEmpty() ? Optional.empty() : Optional.of(Path.of(adapter));
  }
}
