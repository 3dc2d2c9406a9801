package io.sparkpeft.jobs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.TerminalBuilder;

/** Where a person sits, or a script writes: lines with history and editing, and Ctrl-C. */
final class ChatTerminal implements ChatConsole {
  private final Terminal terminal;
  private final LineReader reader;

  private ChatTerminal(Terminal terminal) {
    this.terminal = terminal;
    // A question may hold an exclamation mark, which means nothing here.
    this.reader =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            .build();
  }

  /** The process's own; where it is none, lines are read as they come. */
  static ChatTerminal open() {
    try {
      return new ChatTerminal(TerminalBuilder.builder().system(true).jna(false).dumb(true).build());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Optional<String> line(String prompt) {
    while (true) {
      try {
        return Optional.of(reader.readLine(prompt));
      } catch (UserInterruptException e) {
        if (e.getPartialLine().isEmpty()) {
          return Optional.empty();
        }
      } catch (EndOfFileException e) {
        return Optional.empty();
      }
    }
  }

  @Override
  public void print(String text) {
    terminal.writer().print(text);
    terminal.flush();
  }

  @Override
  public void onInterrupt(Runnable action) {
    terminal.handle(Signal.INT, signal -> action.run());
  }

  @Override
  public void close() {
    try {
      terminal.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
