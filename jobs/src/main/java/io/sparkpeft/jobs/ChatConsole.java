package io.sparkpeft.jobs;

import java.util.Optional;

/** The other side of a conversation. */
interface ChatConsole extends AutoCloseable {

  /** Its next line; empty when it has left. */
  Optional<String> line(String prompt);

  void print(String text);

  /** What happens, from now on, when it interrupts an answer. */
  void onInterrupt(Runnable action);

  @Override
  void close();
}
