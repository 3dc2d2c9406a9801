package io.sparkpeft.notebook;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.jobs.Sessions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Optional;
import org.rapaio.jupyter.kernel.MainApp;
import org.rapaio.jupyter.kernel.channels.Channels;
import org.rapaio.jupyter.kernel.core.ConnectionProperties;
import org.rapaio.jupyter.kernel.core.Transform;
import org.rapaio.jupyter.kernel.global.Global;

/**
 * The Java kernel that Jupyter starts: rapaio-jupyter-kernel with a start of our own, under
 * spark-submit, so that a cell's {@code SparkSession.builder().getOrCreate()} has what the jobs
 * have. It ends when Jupyter asks for it, and when Jupyter is gone.
 */
public final class KernelMain {
  private static final long LOOK_AFTER_MILLIS = 50;

  private KernelMain() {}

  public static void main(String... arguments) throws InterruptedException {
    System.setProperty("java.awt.headless", "true");
    try {
      Sessions.setDefaults("spark-peft-notebook");
      serve(connection(arguments));
    } catch (SparkPeftException e) {
      System.err.println(e.getMessage());
      System.exit(e.exitCode().number());
    }
    // Cells may have left threads that run for ever.
    System.exit(ExitCode.OK.number());
  }

  private static ConnectionProperties connection(String... arguments) {
    if (arguments.length != 1) {
      throw NotebookErrors.notStartedByJupyter(arguments.length);
    }
    Path file = Path.of(arguments[0]);
    try {
      return Transform.fromJson(Files.readString(file), ConnectionProperties.class);
    } catch (IOException | RuntimeException e) {
      throw NotebookErrors.noConnection(file, e);
    }
  }

  private static void serve(ConnectionProperties connection) throws InterruptedException {
    if (!connection.transport().equals("tcp")) {
      throw NotebookErrors.otherTransport(connection.transport());
    }
    // As HTML, what has no look of its own would lose line breaks and angle brackets.
    Global.options().display().defaultMime("text/plain");
    Channels channels = channels(connection);
    LoopThreads threads = new LoopThreads(channels);
    threads.connect(MainApp.kernel);
    Interrupts.stopCellsOf(MainApp.kernel);
    Optional<ProcessHandle> jupyter = jupyter();
    while (!channels.isMarkedForShutdown() && jupyter.map(ProcessHandle::isAlive).orElse(true)) {
      threads.revive();
      Thread.sleep(LOOK_AFTER_MILLIS);
    }
    // The channels' last answers are on their way.
    Thread.sleep(2 * LOOK_AFTER_MILLIS);
  }

  private static Channels channels(ConnectionProperties connection) {
    try {
      return new Channels(connection);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM has no " + connection.signatureScheme(), e);
    }
  }

  /** Jupyter names itself; a kernel whose Jupyter was killed would stay for ever. */
  private static Optional<ProcessHandle> jupyter() {
    return Optional.ofNullable(System.getenv("JPY_PARENT_PID"))
        .map(Long::valueOf)
        .flatMap(ProcessHandle::of);
  }
}
