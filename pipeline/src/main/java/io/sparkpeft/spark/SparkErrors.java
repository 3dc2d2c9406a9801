package io.sparkpeft.spark;

import static io.sparkpeft.base.ExitCode.CONFIGURATION;

import io.sparkpeft.base.SparkPeftException;
import java.util.Arrays;

/** What can go wrong in any Spark task. */
final class SparkErrors {
  private SparkErrors() {}

  static SparkPeftException gpuAddress(String[] addresses) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot use the GPU addresses " + Arrays.toString(addresses) + ".",
        "A rank uses one GPU, whose address is its index.",
        "Set spark.task.resource.gpu.amount=1 and a discovery script that prints indices.");
  }
}
