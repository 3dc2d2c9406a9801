package io.sparkpeft.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;
import org.apache.spark.internal.config.ConfigEntry;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The lines for clusters that conf/ ships: a misspelt setting would pass unnoticed by Spark. */
class ClusterConfTest {
  private static final Path CONF = Path.of("../conf");

  /** Settings that Spark reads without declaring them in its core. */
  private static final List<String> UNDECLARED =
      List.of(
          "spark.master",
          "spark.executor.cores",
          "spark.databricks.delta.snapshotPartitions",
          "spark.sql.shuffle.partitions",
          "spark.standalone.submit.waitAppCompletion");

  /** Declared in modules of Spark that are not on our class path, checked by hand. */
  private static final List<String> OF_OTHER_MODULES =
      List.of(
          "spark.yarn.maxAppAttempts",
          "spark.kubernetes.container.image",
          "spark.kubernetes.namespace",
          "spark.kubernetes.authenticate.driver.serviceAccountName",
          "spark.kubernetes.file.upload.path",
          "spark.kubernetes.submission.waitAppCompletion",
          "spark.kubernetes.driver.volumes.persistentVolumeClaim.data.options.claimName",
          "spark.kubernetes.driver.volumes.persistentVolumeClaim.data.mount.path",
          "spark.kubernetes.executor.volumes.persistentVolumeClaim.data.options.claimName",
          "spark.kubernetes.executor.volumes.persistentVolumeClaim.data.mount.path");

  /** Spark's objects register their settings as they are loaded. */
  @BeforeAll
  static void loadDeclarations() throws ClassNotFoundException {
    for (String name : List.of("package$", "UI$", "Network$")) {
      Class.forName("org.apache.spark.internal.config." + name);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"local", "standalone", "yarn", "kubernetes"})
  void everySettingExists(String cluster) throws IOException {
    TreeSet<String> unknown = new TreeSet<>(lines(cluster).stringPropertyNames());
    unknown.removeIf(key -> ConfigEntry.findEntry(key) != null);
    unknown.removeAll(UNDECLARED);
    unknown.removeAll(OF_OTHER_MODULES);
    assertThat(unknown).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"standalone", "yarn", "kubernetes"})
  void aRankTakesItsWholeExecutorAndOnlyAuthenticatedPeersAreHeard(String cluster)
      throws IOException {
    Properties lines = lines(cluster);
    assertThat(lines.getProperty("spark.task.cpus"))
        .isEqualTo(lines.getProperty("spark.executor.cores"));
    assertThat(lines.getProperty("spark.authenticate")).isEqualTo("true");
    assertThat(lines.getProperty("spark.dynamicAllocation.enabled")).isEqualTo("false");
  }

  @Test
  void theLocalLinesListenOnLoopbackAlone() throws IOException {
    Properties lines = lines("local");
    assertThat(lines.getProperty("spark.driver.bindAddress")).isEqualTo("127.0.0.1");
    assertThat(lines.getProperty("spark.driver.host")).isEqualTo("127.0.0.1");
    assertThat(lines.getProperty("spark.ui.enabled")).isEqualTo("false");
  }

  private static Properties lines(String cluster) throws IOException {
    Properties lines = new Properties();
    try (Reader reader =
        Files.newBufferedReader(CONF.resolve("spark-defaults-" + cluster + ".conf"))) {
      lines.load(reader);
    }
    return lines;
  }
}
