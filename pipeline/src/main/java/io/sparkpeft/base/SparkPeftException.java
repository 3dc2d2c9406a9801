package io.sparkpeft.base;

import java.io.Serializable;
import java.util.Optional;

/**
 * A failure that a user can understand: what happened, why, and what to do, with the exit code it
 * ends a job with. Each room makes its own in one factory named after it ({@code DataErrors}).
 */
public final class SparkPeftException extends RuntimeException {
  private final ExitCode exitCode;

  private final Sentences sentences;

  private SparkPeftException(
      ExitCode exitCode, String message, Sentences sentences, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
    this.sentences = sentences;
  }

  /**
   * @param what what happened, with the values concerned; a sentence with its full stop
   * @param why the rule or the fact behind it
   * @param whatToDo the way out
   */
  public record Sentences(String what, String why, String whatToDo) implements Serializable {
    private static final Sentences UNKNOWN = new Sentences("", "", "");

    private String text() {
      return what + " " + why + " " + whatToDo;
    }
  }

  /** A failure in its three sentences, see {@link Sentences}. */
  public static SparkPeftException of(ExitCode code, String what, String why, String whatToDo) {
    return of(code, what, why, whatToDo, null);
  }

  /** The same, with the exception that lies beneath it. */
  public static SparkPeftException of(
      ExitCode code, String what, String why, String whatToDo, Throwable cause) {
    Sentences sentences = new Sentences(what, why, whatToDo);
    return new SparkPeftException(code, sentences.text(), sentences, cause);
  }

  /** A failure of another process, told again here with its own message. */
  public static SparkPeftException retold(ExitCode code, String message) {
    return new SparkPeftException(code, message, Sentences.UNKNOWN, null);
  }

  public ExitCode exitCode() {
    return exitCode;
  }

  /** The message in its parts; of a failure that is told again only the whole is known. */
  public Optional<Sentences> sentences() {
    return Optional.of(sentences).filter(known -> !known.equals(Sentences.UNKNOWN));
  }

  /** The exit code of any failure: its own, or that of the nearest cause that has one. */
  public static ExitCode exitCodeOf(Throwable failure) {
    return knownIn(failure).map(SparkPeftException::exitCode).orElse(ExitCode.INTERNAL);
  }

  /** The failure itself or the nearest cause that was made for people. */
  public static Optional<SparkPeftException> knownIn(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof SparkPeftException known) {
        return Optional.of(known);
      }
    }
    return Optional.empty();
  }
}
