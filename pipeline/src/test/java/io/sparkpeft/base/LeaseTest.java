package io.sparkpeft.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaseTest {
  private static final Pattern HOLDER =
      Pattern.compile("process \\d+ on \\S+ since \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("runs/.result.lease");
  }

  @Test
  void leavesNothingBehind() {
    try (Lease lease = Lease.take(file, "Run x")) {
      assertThat(lease.earlierHolder()).isEmpty();
      assertThat(file).exists();
    }
    assertThat(file).doesNotExist();
  }

  @Test
  void saysWhoInThisProcessHoldsIt() {
    try (Lease first = Lease.take(file, "Run x")) {
      assertThat(first.earlierHolder()).isEmpty();
      assertThatThrownBy(() -> Lease.take(file, "Run x"))
          .isInstanceOfSatisfying(
              SparkPeftException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.TRY_AGAIN))
          .hasMessageMatching(
              "Run x is at work already: "
                  + HOLDER
                  + "\\. Two drivers of one run would write over each other\\. Wait for it, or end"
                  + " it; what it has done is gone on with\\.");
      assertThat(file).exists();
    }
    Lease.take(file, "Run x").close();
  }

  @Test
  void isLetGoByAProcessThatIsKilled() throws Exception {
    Process other = other();
    try (BufferedReader output = other.inputReader()) {
      assertThat(output.readLine()).isEqualTo("taken");
      assertThatThrownBy(() -> Lease.take(file, "Run x"))
          .hasMessageContaining("Run x is at work already: process " + other.pid() + " on ");
    } finally {
      other.destroyForcibly();
    }
    assertThat(other.waitFor(30, TimeUnit.SECONDS)).isTrue();
    try (Lease lease = Lease.take(file, "Run x")) {
      assertThat(lease.earlierHolder().orElseThrow())
          .matches(HOLDER)
          .startsWith("process " + other.pid() + " on ");
    }
  }

  private Process other() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Holder.class.getName(),
            file.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  @Test
  void aPlaceThatCannotBeWrittenIsNamed() throws IOException {
    Path notAFolder = Files.createFile(folder.resolve("plain"));
    assertThatThrownBy(() -> Lease.take(notAFolder.resolve("lease"), "Run x"))
        .hasMessageContaining("Cannot write " + notAFolder.resolve("lease"));
  }

  /** Takes a lease and keeps it until it is killed. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws InterruptedException {
      try (Lease lease = Lease.take(Path.of(arguments[0]), "Run x")) {
        System.out.println("taken");
        while (lease.earlierHolder().isEmpty()) {
          Thread.sleep(1000);
        }
      }
    }
  }
}
