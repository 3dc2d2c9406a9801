package io.sparkpeft.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import java.util.Map;
import org.apache.spark.resource.ResourceInformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TaskDeviceTest {
  @Test
  void theGpuIsTheOneThatSparkGave() {
    assertThat(TaskDevice.gpuAddress(gpus("3"))).contains(3);
    assertThat(TaskDevice.gpuAddress(Map.of())).isEmpty();
    assertThat(TaskDevice.here()).isEqualTo(Device.cpu());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0,1", "GPU-8a5c", "-1"})
  void severalGpusAndOtherNamesAreRefused(String addresses) {
    assertThatThrownBy(() -> TaskDevice.gpuAddress(gpus(addresses.split(","))))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
        .hasMessageStartingWith("Cannot use the GPU addresses [")
        .hasMessageContaining("Set spark.task.resource.gpu.amount=1");
  }

  private static Map<String, ResourceInformation> gpus(String... addresses) {
    return Map.of("gpu", new ResourceInformation("gpu", addresses));
  }
}
