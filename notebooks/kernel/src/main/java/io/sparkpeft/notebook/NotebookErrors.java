package io.sparkpeft.notebook;

import static io.sparkpeft.base.ExitCode.INTERNAL;
import static io.sparkpeft.base.ExitCode.MISSING_INPUT;
import static io.sparkpeft.base.ExitCode.USAGE;

import io.sparkpeft.base.SparkPeftException;
import java.nio.file.Path;

/** What can go wrong in starting a notebook's kernel. */
final class NotebookErrors {
  private NotebookErrors() {}

  static SparkPeftException notStartedByJupyter(int arguments) {
    return SparkPeftException.of(
        USAGE,
        "The kernel needs one argument and was given " + arguments + ".",
        "Jupyter names the file that says where to listen.",
        "Run 'spark-peft notebook install' and choose the kernel in Jupyter.");
  }

  static SparkPeftException noConnection(Path file, Exception cause) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "Cannot read Jupyter's connection file " + file + ".",
        cause.getClass().getSimpleName() + ": " + cause.getMessage() + ".",
        "Let Jupyter start the kernel; the file goes when it ends.",
        cause);
  }

  static SparkPeftException otherTransport(String transport) {
    return SparkPeftException.of(
        USAGE,
        "Jupyter wants to talk over " + transport + ".",
        "The kernel knows tcp alone.",
        "Set KernelManager.transport to tcp in Jupyter's configuration.");
  }

  static SparkPeftException otherKernel(ReflectiveOperationException cause) {
    return SparkPeftException.of(
        INTERNAL,
        "The kernel's threads cannot be watched: " + cause.getMessage() + ".",
        "Another version of rapaio-jupyter-kernel is on the class path than the one built with.",
        "Build again, and leave its jar where the build puts it.",
        cause);
  }
}
