package io.sparkpeft.base;

/**
 * A failure that a user can understand: what happened, why, and what to do, with the exit code it
 * ends a job with. Each room makes its own in one factory named after it ({@code DataErrors}).
 */
public final class SparkPeftException extends RuntimeException {
  private final ExitCode exitCode;

  private SparkPeftException(ExitCode exitCode, String message, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /**
   * @param what what happened, with the values concerned; a sentence with its full stop
   * @param why the rule or the fact behind it
   * @param whatToDo the way out
   */
  public static SparkPeftException of(ExitCode code, String what, String why, String whatToDo) {
    return new SparkPeftException(code, what + " " + why + " " + whatToDo, null);
  }

  /** The same, with the exception that lies beneath it. */
  public static SparkPeftException of(
      ExitCode code, String what, String why, String whatToDo, Throwable cause) {
    return new SparkPeftException(code, what + " " + why + " " + whatToDo, cause);
  }

  /** A failure of another process, told again here with its own message. */
  public static SparkPeftException retold(ExitCode code, String message) {
    return new SparkPeftException(code, message, null);
  }

  public ExitCode exitCode() {
    return exitCode;
  }

  /** The exit code of any failure: its own, or that of the nearest cause that has one. */
  public static ExitCode exitCodeOf(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof SparkPeftException known) {
        return known.exitCode();
      }
    }
    return ExitCode.INTERNAL;
  }
}
