package io.sparkpeft.data;

import static io.sparkpeft.base.ExitCode.DATA;

import io.sparkpeft.base.SparkPeftException;
import java.nio.file.Path;

/** The failures of token files. */
final class DataErrors {
  private DataErrors() {}

  static SparkPeftException brokenTokenFile(Path path, long bytes) {
    return SparkPeftException.of(
        DATA,
        path + " (" + bytes + " bytes) is not a whole token file.",
        "Its footer is missing: the writing was cut off, or the file is another's.",
        "Delete it; it is made anew from the token table.");
  }
}
