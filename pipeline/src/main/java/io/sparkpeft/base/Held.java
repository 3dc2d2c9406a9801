package io.sparkpeft.base;

import java.util.Optional;

/** What at most one process holds at a time. */
public interface Held extends AutoCloseable {
  /** Who held it and ended without giving it back. */
  Optional<String> earlierHolder();

  /**
   * @throws SparkPeftException (75) if it was lost to another process
   */
  void requireHeld();

  /** Gives it back. */
  @Override
  void close();
}
