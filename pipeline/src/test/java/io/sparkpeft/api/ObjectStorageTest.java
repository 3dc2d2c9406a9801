package io.sparkpeft.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.hub.LoopbackHub;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Plan;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.LocalCluster;
import io.sparkpeft.spark.storage.S3Server;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jobs with everything in a bucket: what they read, what they keep, what they leave. */
class ObjectStorageTest {
  private static final Path QUICKSTART =
      Path.of("..", "jobs", "quickstart").toAbsolutePath().normalize();
  private static final int STEPS = 24;

  @TempDir static Path folder;
  private static S3Server server;
  private static String lake;
  private static SparkSession session;
  private static SparkPeft peft;
  private static Prepared prepared;
  private static final List<String> messages = Collections.synchronizedList(new ArrayList<>());

  @BeforeAll
  static void fillABucket() throws IOException {
    server = S3Server.start(folder);
    lake = server.bucket("lake");
    FileSystem files = new org.apache.hadoop.fs.Path(lake).getFileSystem(server.hadoop());
    for (String name : List.of("base", "instructions.json", "test")) {
      files.copyFromLocalFile(
          new org.apache.hadoop.fs.Path(QUICKSTART.resolve(name).toUri()),
          new org.apache.hadoop.fs.Path(lake + "/" + name));
    }
    session = LocalCluster.with(server.settings());
    peft = SparkPeft.on(session).telling(messages::add);
  }

  @AfterAll
  static void stop() {
    session.stop();
    server.close();
  }

  @Test
  void theMainJobRunsOnABucketAlone() throws Exception {
    prepared = peft.prepare(recipe("prepare"));
    assertThat(peft.prepare(recipe("prepare")).reused()).isTrue();

    Path checkpoint = stored("runs/finetune/checkpoints/step-000008/checkpoint.json");
    Thread killer = new Thread(() -> killAnExecutorOnce(checkpoint));
    killer.start();
    Finetuned adapter = peft.finetune(recipe("finetune"));
    killer.join();
    assertThat(adapter.adapterLocation()).isEqualTo("s3a://lake/runs/finetune/adapter");
    assertThat(adapter.resumedFromStep()).isPositive();
    assertThat(stored("runs/finetune/adapter/adapter_config.json"))
        .content()
        .contains("\"base_model_name_or_path\": \"s3a://lake/base\"");

    Recipe local = recipe("local").with("output.path", folder.resolve("local"));
    assertThat(peft.finetune(local).adapterSha256()).isEqualTo(adapter.adapterSha256());

    Evaluated scores = peft.evaluate(adapted("evaluate", adapter).with("eval.limit", 10));
    assertThat(scores.scores()).hasSize(1);
    Row row = session.read().format("delta").load(lake + "/tables/eval_scores").first();
    assertThat(row.<String>getAs("model_id")).isEqualTo("s3a://lake/base");

    assertItIsPromoted(adapter);
    assertJobsWithoutSparkReadIt(adapter);
    assertItIsServed(adapter);

    Merged merged = peft.merge(adapted("merge", adapter));
    assertThat(merged.modelLocation()).isEqualTo("s3a://lake/runs/merge/model");
    Generated answers =
        peft.generate(
            recipe("generate")
                .with("model.path", merged.modelLocation())
                .with("generate.prompt", "What is 17 plus 25?")
                .with("generate.max_new_tokens", 4));
    assertThat(answers.answers()).hasSize(1);

    for (String run :
        List.of("prepare", "finetune", "evaluate", "gate", "promote", "merge", "generate")) {
      assertThat(stored("runs/" + run + "/_RESULT.json"))
          .content()
          .contains("\"output_path\": \"s3a://lake/runs/" + run + "\"");
      assertThat(stored("runs/" + run + ".lease"))
          .satisfiesAnyOf(
              lease -> assertThat(lease).doesNotExist(),
              lease -> assertThat(lease).isEmptyDirectory());
    }
    assertNobodyReadsTheSecret();
  }

  private static void assertItIsPromoted(Finetuned adapter) throws IOException {
    Gated gated =
        peft.gate(
            recipe("gate")
                .with("gate.run_id", "evaluate")
                .with("gate.min", Map.of("arithmetic_2da.acc", 0))
                .with("gate.partial_tasks", true));
    assertThat(gated.passed()).isTrue();
    Promoted promoted =
        peft.promote(
            recipe("promote")
                .with("adapter.path", adapter.adapterLocation())
                .with("promote.gate_run_id", "gate")
                .with("promote.name", "sums"));
    assertThat(promoted.gate()).isEqualTo("passed");
    assertThat(promoted.adapterLocation()).isEqualTo(adapter.adapterLocation());

    Recipe rollback = recipe("back").with("promote.name", "sums").with("promote.version", 1);
    Path config = stored("runs/finetune/adapter/adapter_config.json");
    String text = Files.readString(config);
    Files.writeString(config, text + " ");
    assertThatThrownBy(() -> peft.promote(rollback))
        .hasMessageContaining("The adapter in s3a://lake/runs/finetune/adapter is not the one");
    Files.writeString(config, text);
    assertThat(peft.promote(rollback).version()).isEqualTo(1);
  }

  private static void assertJobsWithoutSparkReadIt(Finetuned adapter) throws IOException {
    Staging staging = Staging.withoutSpark(messages::add);
    Path cache = folder.resolve("plan");
    Plan plan = Plan.of(staging.local(Job.PLAN, recipe("plan").with("run.cache", cache)));
    assertThat(plan.examples()).hasValue(prepared.records());
    try (Stream<Path> copied = Files.walk(cache)) {
      assertThat(copied.filter(Files::isRegularFile))
          .isNotEmpty()
          .allMatch(file -> file.toString().endsWith(".json") || file.toString().endsWith(".lock"));
    }
    Recipe talk = adapted("chat", adapter).with("generate.max_new_tokens", 2);
    try (Chat chat = Chat.open(staging.local(Job.CHAT, talk))) {
      assertThat(chat.say("What is 17 plus 25?", text -> {}).tokens()).isPositive();
    }
  }

  /** By its name among those that lie beside each other. */
  private static void assertItIsServed(Finetuned adapter) {
    String beside = adapter.adapterLocation().replaceFirst("/adapter$", "");
    peft.serve(adapted("serve", adapter).with("adapter.path", beside));
    Dataset<Row> answer = session.sql("SELECT lora_loglik('adapter', 'What is 1 plus 1?', '2')");
    assertThat(answer.first().getDouble(0)).isNegative();
    String address = adapter.adapterLocation();
    assertThatThrownBy(
            () -> session.sql("SELECT lora_generate('" + address + "', 'Hi')").collectAsList())
        .hasStackTraceContaining("Set adapter.path to the folder that it lies in");
  }

  @Test
  void aDownloadEndsInTheBucket() {
    try (LoopbackHub hub = new LoopbackHub()) {
      hub.small("config.json", "{}");
      hub.large("model.safetensors", new byte[] {1, 2, 3});
      Recipe recipe =
          Recipe.defaults()
              .with("run.cache", folder.resolve("cache"))
              .with("download.repo_id", "owner/tiny")
              .with("output.path", lake + "/models/tiny");
      Recipe local = Staging.withoutSpark(messages::add).local(Job.DOWNLOAD, recipe);
      assertThat(Downloading.run(local, hub.environment(), messages::add).reused()).isFalse();
      assertThat(stored("models/tiny/config.json")).hasContent("{}");
      assertThat(stored("models/tiny/model.safetensors")).hasBinaryContent(new byte[] {1, 2, 3});
      assertThat(stored("models/tiny/_RESULT.json")).content().contains("s3a://lake/models/tiny");
      assertThat(Downloading.run(local, Map.of(), messages::add).reused()).isTrue();
    }
  }

  @Test
  void aConversionGoesFromBucketToBucket() throws Exception {
    FileSystem files = new org.apache.hadoop.fs.Path(lake).getFileSystem(server.hadoop());
    files.copyFromLocalFile(
        new org.apache.hadoop.fs.Path(getClass().getResource("../convert/lit_llama").toURI()),
        new org.apache.hadoop.fs.Path(lake + "/lit"));
    Recipe recipe =
        Recipe.defaults()
            .with("run.cache", folder.resolve("cache"))
            .with("model.path", lake + "/lit")
            .with("output.path", lake + "/models/lit");
    Recipe local = Staging.withoutSpark(messages::add).local(Job.CONVERT, recipe);
    Converted converted = Converting.run(local, messages::add);
    assertThat(converted.modelLocation()).contains("s3a://lake/models/lit/model");
    assertThat(stored("models/lit/model/config.json")).isNotEmptyFile();
    assertThat(stored("models/lit/model/model.safetensors")).isNotEmptyFile();
    assertThat(Converting.run(local, messages::add).reused()).isTrue();
  }

  @Test
  void aWrongBucketIsToldBeforeAnythingBegins() {
    assertThatThrownBy(
            () -> peft.prepare(recipe("nowhere").with("tables.root", "s3a://no-lake/tables")))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.MISSING_INPUT))
        .hasMessageContaining("There is no bucket for s3a://no-lake/.");
  }

  private static Recipe recipe(String name) {
    return Recipe.defaults()
        .with("run.cache", folder.resolve("cache"))
        .with("run.id", name)
        .with("output.path", lake + "/runs/" + name)
        .with("model.path", lake + "/base")
        .with("data.source", lake + "/instructions.json")
        .with("tables.root", lake + "/tables")
        .with("adapter.target_modules", "all-linear")
        .with("train.ranks", 2)
        .with("train.global_batch_size", 12)
        .with("train.micro_batch_size", 4)
        .with("train.save_steps", 8)
        .with("train.max_steps", STEPS);
  }

  private static Recipe adapted(String name, Finetuned adapter) {
    return recipe(name)
        .with("adapter.path", adapter.adapterLocation())
        .with("eval.tasks", List.of("arithmetic_2da"))
        .with("eval.source", lake + "/test");
  }

  /** The server keeps an object as a file. */
  private static Path stored(String object) {
    return folder.resolve("buckets/lake").resolve(object);
  }

  private static void assertNobodyReadsTheSecret() throws IOException {
    assertThat(String.join("\n", messages)).doesNotContain(S3Server.SECRET);
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) all.filter(Files::isRegularFile)::iterator) {
        if (!file.endsWith("s3proxy.properties")) {
          String content = Files.readString(file, StandardCharsets.ISO_8859_1);
          assertThat(content.contains(S3Server.SECRET)).as(file.toString()).isFalse();
        }
      }
    }
  }

  private static void killAnExecutorOnce(Path checkpoint) {
    while (!Files.exists(checkpoint)) {
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }
    try (Stream<ProcessHandle> children = ProcessHandle.current().descendants()) {
      children
          .filter(child -> child.info().command().orElse("").endsWith("java"))
          .filter(child -> !child.info().commandLine().orElse("").contains("s3proxy"))
          .findFirst()
          .orElseThrow()
          .destroyForcibly();
    }
  }
}
