package io.sparkpeft.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The process's resident memory, as Linux counts it: JVM and libtorch together. */
public final class PeakMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path CLEAR = Path.of("/proc/self/clear_refs");
  private static final String PEAK = "VmHWM:";
  private static final String NOW = "VmRSS:";

  private PeakMemory() {}

  /** Begins anew, where the system allows it; otherwise the peak is since the process's start. */
  public static void reset() {
    try {
      Files.writeString(CLEAR, "5");
    } catch (IOException | UnsupportedOperationException e) {
      // The count is then an upper bound.
    }
  }

  /** The largest since the last reset; 0 where the system does not tell. */
  public static long bytes() {
    return status(PEAK);
  }

  /** What it is now; 0 where the system does not tell. */
  public static long residentBytes() {
    return status(NOW);
  }

  private static long status(String name) {
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith(name))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }
}
