package io.sparkpeft.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class NotebookErrorsTest {

  @Test
  void theyHaveCodeReasonAndRemedy() {
    check(
        NotebookErrors.notStartedByJupyter(0),
        ExitCode.USAGE,
        "The kernel needs one argument and was given 0. Jupyter names the file that says where to"
            + " listen. Run 'spark-peft notebook install' and choose the kernel in Jupyter.");
    check(
        NotebookErrors.noConnection(Path.of("kernel-1.json"), new IOException("gone")),
        ExitCode.MISSING_INPUT,
        "Cannot read Jupyter's connection file kernel-1.json. IOException: gone. Let Jupyter start"
            + " the kernel; the file goes when it ends.");
    check(
        NotebookErrors.otherTransport("ipc"),
        ExitCode.USAGE,
        "Jupyter wants to talk over ipc. The kernel knows tcp alone. Set KernelManager.transport to"
            + " tcp in Jupyter's configuration.");
    check(
        NotebookErrors.otherKernel(new NoSuchFieldException("loopThread")),
        ExitCode.INTERNAL,
        "The kernel's threads cannot be watched: loopThread. Another version of"
            + " rapaio-jupyter-kernel is on the class path than the one built with. Build again,"
            + " and leave its jar where the build puts it.");
  }

  private static void check(SparkPeftException error, ExitCode code, String text) {
    assertThat(error.exitCode()).isEqualTo(code);
    assertThat(error).hasMessage(text);
  }
}
