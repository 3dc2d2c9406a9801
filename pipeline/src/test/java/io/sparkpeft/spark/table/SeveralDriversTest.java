package io.sparkpeft.spark.table;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.spark.storage.S3Server;
import io.sparkpeft.spark.storage.StorageConf;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two drivers, in processes of their own, append to one table in a bucket at the same time. */
class SeveralDriversTest {
  private static final List<String> DRIVERS = List.of("one", "other");
  private static final int COMMITS = 8;

  @TempDir Path folder;

  @Test
  @Timeout(300)
  void neitherLosesACommit() throws Exception {
    try (S3Server server = S3Server.start(folder)) {
      String table = server.bucket("lake") + "/tables/eval_scores";
      List<Process> drivers = new ArrayList<>();
      try {
        for (String name : DRIVERS) {
          drivers.add(start(name, table, server.settings()));
        }
        await("one.ready", "other.ready");
        Files.createFile(folder.resolve("go"));
        for (Process driver : drivers) {
          assertThat(driver.waitFor(4, TimeUnit.MINUTES)).isTrue();
          assertThat(driver.exitValue()).isZero();
        }
      } finally {
        drivers.forEach(Process::destroyForcibly);
      }
    }
    List<String> expected = DRIVERS.stream().flatMap(SeveralDriversTest::runs).sorted().toList();
    List<String> committed = committedRuns();
    assertThat(committed.remove("creation")).isTrue();
    assertThat(committed).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(addedRows()).isEqualTo(expected.size());
    assertThat(committed.indexOf("one-0")).isLessThan(committed.indexOf(lastOf("other")));
    assertThat(committed.indexOf("other-0")).isLessThan(committed.indexOf(lastOf("one")));
  }

  private static Stream<String> runs(String driver) {
    return IntStream.range(0, COMMITS).mapToObj(i -> driver + "-" + i);
  }

  private static String lastOf(String driver) {
    return driver + "-" + (COMMITS - 1);
  }

  private Process start(String name, String table, Map<String, String> s3a) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-"))
        .forEach(command::add);
    command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1"));
    settings(s3a).forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Driver.class.getName()));
    command.addAll(List.of(folder.toString(), name, table));
    ProcessBuilder process = new ProcessBuilder(command).inheritIO();
    process.environment().put("AWS_ACCESS_KEY_ID", S3Server.KEY);
    process.environment().put("AWS_SECRET_ACCESS_KEY", S3Server.SECRET);
    return process.start();
  }

  /** As the launcher's, but the credentials, which come from the environment. */
  private static Map<String, String> settings(Map<String, String> s3a) {
    Map<String, String> settings = new TreeMap<>(StorageConf.recommended());
    settings.put("spark.master", "local[1]");
    settings.put("spark.ui.enabled", "false");
    settings.put("spark.driver.host", "127.0.0.1");
    settings.put("spark.driver.bindAddress", "127.0.0.1");
    settings.put("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension");
    settings.put(
        "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog");
    settings.put("spark.sql.shuffle.partitions", "1");
    settings.put("spark.databricks.delta.snapshotPartitions", "1");
    s3a.forEach((key, value) -> settings.put("spark.hadoop." + key, value));
    settings.keySet().removeIf(key -> key.endsWith(".key"));
    return settings;
  }

  private void await(String... files) throws InterruptedException {
    for (String file : files) {
      while (!Files.exists(folder.resolve(file))) {
        Thread.sleep(20);
      }
    }
  }

  /** The runs that the table's log names, in the order of its versions. */
  private List<String> committedRuns() throws IOException {
    List<String> runs = new ArrayList<>();
    for (JsonNode action : log()) {
      if (action.has("commitInfo")) {
        runs.add(action.at("/commitInfo/userMetadata").asText("creation"));
      }
    }
    return runs;
  }

  private long addedRows() throws IOException {
    long rows = 0;
    for (JsonNode action : log()) {
      if (action.has("add")) {
        rows += Json.parse(action.at("/add/stats").asText()).path("numRecords").asLong();
      }
    }
    return rows;
  }

  /** The server keeps objects as files. */
  private List<JsonNode> log() throws IOException {
    Path log = folder.resolve("buckets/lake/tables/eval_scores/_delta_log");
    List<JsonNode> actions = new ArrayList<>();
    try (Stream<Path> files = Files.list(log)) {
      for (Path commit : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
        for (String line : Files.readAllLines(commit)) {
          actions.add(Json.parse(line));
        }
      }
    }
    return actions;
  }

  /** What a driver's process does: so many commits, begun when all are ready. */
  static final class Driver {
    private Driver() {}

    public static void main(String[] arguments) throws Exception {
      Path folder = Path.of(arguments[0]);
      String name = arguments[1];
      try (SparkSession session = SparkSession.builder().getOrCreate()) {
        Files.createFile(folder.resolve(name + ".ready"));
        while (!Files.exists(folder.resolve("go"))) {
          Thread.sleep(20);
        }
        TableCreation.ifAbsent(
            session, arguments[2], table -> table.addColumn("id", DataTypes.LongType));
        for (String run : runs(name).toList()) {
          session
              .range(1)
              .coalesce(1)
              .write()
              .format("delta")
              .mode("append")
              .option("txnAppId", run)
              .option("txnVersion", "1")
              .option("userMetadata", run)
              .save(arguments[2]);
        }
      }
    }
  }
}
