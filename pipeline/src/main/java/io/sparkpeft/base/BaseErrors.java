package io.sparkpeft.base;

import static io.sparkpeft.base.ExitCode.CANNOT_WRITE;
import static io.sparkpeft.base.ExitCode.MISSING_INPUT;
import static io.sparkpeft.base.ExitCode.TRY_AGAIN;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** The failures of files and folders. */
public final class BaseErrors {
  private BaseErrors() {}

  public static SparkPeftException cannotRead(Path path, IOException cause) {
    String reason = cause instanceof NoSuchFileException ? "It does not exist." : reason(cause);
    return SparkPeftException.of(
        MISSING_INPUT,
        "Cannot read " + path + ".",
        reason,
        "Check the path and its rights.",
        cause);
  }

  public static SparkPeftException cannotWrite(Path path, IOException cause) {
    return SparkPeftException.of(
        CANNOT_WRITE,
        "Cannot write " + path + ".",
        reason(cause),
        "Free space there or choose another place; nothing half-written was left behind.",
        cause);
  }

  static SparkPeftException alreadyExists(Path path) {
    return SparkPeftException.of(
        CANNOT_WRITE,
        "Cannot write " + path + ".",
        "It exists already, and results are never overwritten.",
        "Set output.path or run.id to a new place.");
  }

  static SparkPeftException held(String what, String holder) {
    return SparkPeftException.of(
        TRY_AGAIN,
        what + " is at work already: " + holder + ".",
        "Two drivers of one run would write over each other.",
        "Wait for it, or end it; what it has done is gone on with.");
  }

  private static String reason(IOException cause) {
    String text = cause.getMessage() == null ? "" : ": " + cause.getMessage();
    return cause.getClass().getSimpleName() + text + ".";
  }
}
