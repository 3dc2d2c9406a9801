package io.sparkpeft.spark;

import ai.djl.Device;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/** The device that a Spark task computes on: the GPU that Spark gave to it, else the CPU. */
public final class TaskDevice {
  private static final String GPU = "gpu";

  private TaskDevice() {}

  /**
   * The calling task's.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) as {@link #gpuAddress}
   */
  public static Device here() {
    return Optional.ofNullable(TaskContext.get())
        .flatMap(task -> gpuAddress(task.resourcesJMap()))
        .map(Device::gpu)
        .orElse(Device.cpu());
  }

  /**
   * The index of a task's GPU. Spark sets no CUDA_VISIBLE_DEVICES: the address is the device's.
   *
   * @param resources by their names, as Spark gave them to the task
   * @throws io.sparkpeft.base.SparkPeftException (78) if there are several, or the address is no
   *     index
   */
  public static Optional<Integer> gpuAddress(Map<String, ResourceInformation> resources) {
    return Optional.ofNullable(resources.get(GPU))
        .map(ResourceInformation::addresses)
        .filter(addresses -> addresses.length > 0)
        .map(TaskDevice::index);
  }

  private static int index(String[] addresses) {
    if (addresses.length > 1 || !addresses[0].matches("\\d{1,4}")) {
      throw SparkErrors.gpuAddress(addresses);
    }
    return Integer.parseInt(addresses[0]);
  }
}
