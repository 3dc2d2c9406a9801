package io.sparkpeft.spark.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.delta.tables.DeltaTable;
import io.sparkpeft.adapter.AdapterProvenance;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.spark.LocalCluster;
import io.sparkpeft.spark.registry.AdapterVersion.GateNote;
import io.sparkpeft.spark.registry.AdapterVersion.GateState;
import io.sparkpeft.spark.registry.AdapterVersion.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdaptersTableTest {
  private static SparkSession session;

  @TempDir Path folder;

  @BeforeAll
  static void start() {
    session = LocalCluster.session();
  }

  private AdaptersTable table() {
    return new AdaptersTable(session, folder.resolve("tables").toString());
  }

  private Candidate candidate(String weights) {
    return new Candidate(
        AdapterIdentity.read(adapter(weights)),
        new GateNote(GateState.PASSED, Optional.of("gate-" + weights)),
        Map.of("sums.acc", 0.75));
  }

  private Path adapter(String weights) {
    try {
      Path adapter = Files.createDirectories(folder.resolve(weights));
      Files.writeString(adapter.resolve("adapter_model.safetensors"), weights);
      Files.writeString(adapter.resolve("adapter_config.json"), "{}");
      return adapter;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aRowSaysWhatAnAdapterIsAndWhereItCameFrom() {
    Path adapter = adapter("one");
    new AdapterProvenance(
            "base-sha",
            Optional.empty(),
            Optional.of("/tables/tokens"),
            OptionalLong.of(4),
            Optional.empty(),
            Optional.empty(),
            "spark-peft 9",
            1,
            Map.of())
        .write(adapter);
    AdapterVersion promoted = table().promote("run-1", "sums", candidate("one"));

    assertThat(table().versions("sums")).containsExactly(promoted);
    Row row = session.read().format("delta").load(table().path()).first();
    assertThat(row.<String>getAs("stage")).isEqualTo("promoted");
    assertThat(row.<Long>getAs("version")).isEqualTo(1);
    assertThat(row.<String>getAs("adapter_path")).isEqualTo(adapter.toString());
    assertThat(row.<String>getAs("model_sha256")).isEqualTo("base-sha");
    assertThat(row.<String>getAs("token_table")).isEqualTo("/tables/tokens");
    assertThat(row.<Long>getAs("token_table_version")).isEqualTo(4);
    assertThat(row.<String>getAs("code_version")).isEqualTo("spark-peft 9");
    assertThat(row.<String>getAs("gate")).isEqualTo("passed");
    assertThat(row.<String>getAs("gate_run_id")).isEqualTo("gate-one");
    assertThat(row.getJavaMap(row.fieldIndex("scores"))).hasToString("{sums.acc=0.75}");
    assertThat(row.<String>getList(row.fieldIndex("run_ids"))).containsExactly("run-1");
  }

  @Test
  void oneVersionOfANameIsPromotedByARunOnceAndRollbackIsAPromotion() {
    AdaptersTable table = table();
    table.promote("run-1", "sums", candidate("one"));
    table.promote("run-2", "sums", candidate("two"));
    table.promote("run-3", "other", candidate("three"));
    assertStages("sums", Stage.ARCHIVED, Stage.PROMOTED);
    assertStages("other", Stage.PROMOTED);

    table.promoteAgain("run-4", "sums", 1);
    assertStages("sums", Stage.PROMOTED, Stage.ARCHIVED);
    assertThat(table.promoted("sums").orElseThrow().runIds()).containsExactly("run-1", "run-4");

    long commits = commits();
    AdapterVersion repeated = table.promote("run-2", "sums", candidate("two"));
    assertThat(repeated.version()).isEqualTo(2);
    assertThat(repeated.stage()).isEqualTo(Stage.ARCHIVED);
    assertThat(table.promoteAgain("run-4", "sums", 1).stage()).isEqualTo(Stage.PROMOTED);
    assertThat(commits()).isEqualTo(commits);
  }

  private void assertStages(String name, Stage... stages) {
    assertThat(table().versions(name)).extracting(AdapterVersion::stage).containsExactly(stages);
  }

  private long commits() {
    return DeltaTable.forPath(session, table().path()).history().count();
  }

  @Test
  void writersAtTheSameTimeLoseNothing() throws Exception {
    int writers = 3;
    ExecutorService threads = Executors.newFixedThreadPool(writers);
    try {
      var promotions =
          IntStream.range(0, writers)
              .mapToObj(
                  i ->
                      threads.submit(
                          () -> table().promote("run-" + i, "sums", candidate("adapter-" + i))))
              .toList();
      for (var promotion : promotions) {
        promotion.get();
      }
    } finally {
      threads.shutdown();
    }
    List<AdapterVersion> versions = table().versions("sums");
    assertThat(versions).extracting(AdapterVersion::version).containsExactly(1L, 2L, 3L);
    assertThat(versions).filteredOn(v -> v.stage() == Stage.PROMOTED).hasSize(1);
    assertThat(versions.stream().flatMap(v -> v.runIds().stream()))
        .containsExactlyInAnyOrder("run-0", "run-1", "run-2");
  }

  @Test
  void filesThatHaveChangedAreNoticed() throws IOException {
    AdapterIdentity adapter = candidate("one").adapter();
    Path one = folder.resolve("one");
    adapter.requireUnchanged(one);
    Files.writeString(folder.resolve("one/adapter_config.json"), "{\"lora_alpha\": 99}");
    assertFailure(
        () -> adapter.requireUnchanged(one),
        ExitCode.DATA,
        "The adapter in %s is not the one that was judged or promoted. Its files have changed:"
                .formatted(folder.resolve("one"))
            + " adapter_config.json had sha256 ");
    Files.delete(folder.resolve("one/adapter_model.safetensors"));
    assertFailure(() -> adapter.requireUnchanged(one), ExitCode.MISSING_INPUT, "");
  }

  @Test
  void whatIsNotThereIsSaid() {
    AdaptersTable table = table();
    assertFailure(
        () -> table.promoteAgain("run-1", "sums", 3),
        ExitCode.MISSING_INPUT,
        "There is no version 3 of the adapter sums. No version of it was ever promoted.");
    table.promote("run-1", "sums", candidate("one"));
    assertFailure(
        () -> table.version("sums", 3),
        ExitCode.MISSING_INPUT,
        "There is no version 3 of the adapter sums. It has: 1. Set promote.version");
    assertFailure(
        () -> table.promote("run-1", "sums", candidate("two")),
        ExitCode.CONFIGURATION,
        "Run run-1 has promoted another adapter: version 1 of sums, sha256 ");
  }

  private static void assertFailure(Runnable work, ExitCode code, String message) {
    assertThatThrownBy(work::run)
        .isInstanceOfSatisfying(
            SparkPeftException.class, e -> assertThat(e.exitCode()).isEqualTo(code))
        .hasMessageStartingWith(message);
  }
}
