package io.sparkpeft.spark;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.spark.rank.RankContext;
import io.sparkpeft.spark.rank.RankRun;
import io.sparkpeft.spark.rank.RankRunner;
import io.sparkpeft.spark.rank.RankSettings;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What lies in conf/ for executors on GPUs, with an nvidia-smi that tells of GPUs not there. */
@Timeout(600)
class GpuConfTest {
  private static final Path CONF = Path.of("../conf").toAbsolutePath().normalize();
  private static final String SCRIPT = CONF.resolve("gpu-discovery.sh").toString();

  @TempDir Path folder;

  @Test
  void theDiscoveryScriptTellsWhatNvidiaSmiSays() throws Exception {
    putNvidiaSmi("0\n1\n7\n");
    Output output = discover(Map.of());
    assertThat(output.exitCode()).isZero();
    JsonNode told = Json.parse(output.text());
    assertThat(told.path("name").asText()).isEqualTo("gpu");
    assertThat(told.path("addresses")).extracting(JsonNode::asText).containsExactly("0", "1", "7");
  }

  @Test
  void whereOnlySomeDevicesAreVisibleTheyCountFromZero() throws Exception {
    putNvidiaSmi("0\n1\n2\n3\n");
    JsonNode told = Json.parse(discover(Map.of("CUDA_VISIBLE_DEVICES", "2,3")).text());
    assertThat(told.path("addresses")).extracting(JsonNode::asText).containsExactly("0", "1");
  }

  @Test
  void withoutADriverItSaysSo() throws Exception {
    Output output = discover(Map.of());
    assertThat(output.exitCode()).isEqualTo(1);
    assertThat(output.text()).contains("there is no nvidia-smi on ");
  }

  /** From the discovery script through Spark's scheduler to the rank. */
  @Test
  void everyRankLearnsItsGpu() throws Exception {
    putNvidiaSmi("4\n5\n");
    Path script = executable("discover", "PATH=%s:$PATH exec %s".formatted(folder, SCRIPT));
    RankRun<Integer> run =
        new RankRunner(
                LocalCluster.gpus(script),
                RankSettings.of(2).withSlotWait(Duration.ofMinutes(2)),
                message -> {})
            .run(attempt -> GpuConfTest::gpu);
    assertThat(run.results()).allMatch(gpu -> gpu == 4 || gpu == 5);
  }

  private static int gpu(RankContext context) {
    context.collective().sum(new long[1]); // all are there before the first leaves
    int told = context.gpuAddress().orElseThrow();
    assertThat(TaskDevice.here().getDeviceId()).isEqualTo(told);
    return told;
  }

  /** A misspelt setting would pass unnoticed by Spark. */
  @Test
  void theShippedLinesAreOfSettingsThatExist() throws IOException {
    Properties lines = new Properties();
    try (Reader reader = Files.newBufferedReader(CONF.resolve("spark-defaults-gpu.conf"))) {
      lines.load(reader);
    }
    assertThat(lines.stringPropertyNames())
        .containsExactlyInAnyOrder(
            "spark.executor.resource.gpu.amount",
            "spark.executor.resource.gpu.discoveryScript",
            "spark.executor.resource.gpu.vendor",
            "spark.task.resource.gpu.amount",
            "spark.executorEnv.PYTORCH_LIBRARY_PATH",
            "spark.executorEnv.DJL_CACHE_DIR",
            "spark.executorEnv.CUDA_DEVICE_ORDER",
            "spark.executorEnv.CUBLAS_WORKSPACE_CONFIG",
            "spark.dynamicAllocation.enabled");
  }

  private void putNvidiaSmi(String indices) throws IOException {
    executable(
        "nvidia-smi",
        "[ \"$*\" = '--query-gpu=index --format=csv,noheader' ] && printf '%s'"
            .formatted(indices.replace("\n", "\\n")));
  }

  private Path executable(String name, String command) throws IOException {
    Path file = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + command + "\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private record Output(int exitCode, String text) {}

  private Output discover(Map<String, String> environment)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(SCRIPT).redirectErrorStream(true);
    builder.environment().remove("CUDA_VISIBLE_DEVICES");
    builder.environment().put("PATH", folder + ":/usr/bin:/bin");
    builder.environment().putAll(environment);
    Process process = builder.start();
    String text = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new Output(process.waitFor(), text);
  }
}
