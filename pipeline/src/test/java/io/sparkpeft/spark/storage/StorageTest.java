package io.sparkpeft.spark.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.base.SparkPeftException;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Copies of what lies in a bucket, and what is written there, with a real S3 server. */
class StorageTest {
  @TempDir static Path folder;
  private static S3Server server;
  private static String bucket;

  @TempDir Path cache;
  private final List<String> messages = new ArrayList<>();
  private final Storage storage = Storage.of(server.hadoop(), messages::add);

  @BeforeAll
  static void startServer() {
    server = S3Server.start(folder);
    bucket = server.bucket("bucket");
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Test
  void aFolderIsCopiedOnceAndAgainWhenItChanged() throws IOException {
    put("models/a/config.json", "{}");
    put("models/a/sub/weights", "12345678");
    Path copy = storage.copy(bucket + "/models/a", cache);
    assertThat(copy.resolve("config.json")).hasContent("{}");
    assertThat(copy.resolve("sub/weights")).hasContent("12345678");
    assertThat(LocalCopy.name(copy)).isEqualTo("s3a://bucket/models/a");
    assertThat(messages).hasSize(2);
    assertThat(messages.get(0)).isEqualTo("Copying s3a://bucket/models/a: 0.0 MB.");
    assertThat(messages.get(1)).startsWith("Copied s3a://bucket/models/a: 0.0 MB in ");

    assertThat(storage.copy(bucket + "/models/a", cache)).isEqualTo(copy);
    assertThat(messages).hasSize(2);

    put("models/a/config.json", "{ }");
    Path changed = storage.copy(bucket + "/models/a", cache);
    assertThat(changed).isNotEqualTo(copy);
    assertThat(changed.resolve("config.json")).hasContent("{ }");
    assertThat(copy.resolve("config.json")).hasContent("{}");
  }

  @Test
  void aFileIsCopiedUnderItsName() throws IOException {
    put("data/questions.jsonl", "{}");
    Path copy = storage.copy(bucket + "/data/questions.jsonl", cache);
    assertThat(copy).hasFileName("questions.jsonl").hasContent("{}");
    assertThat(LocalCopy.name(copy)).isEqualTo("s3a://bucket/data/questions.jsonl");
  }

  /** An executor elsewhere knows the driver's path and nothing else. */
  @Test
  void anotherMachineFetchesByThePathAlone() throws IOException {
    put("models/b/config.json", "{}");
    Path copy = storage.copy(bucket + "/models/b", cache);
    io.sparkpeft.base.NewFolder.deleteTree(copy);
    assertThat(storage.ensure(copy).resolve("config.json")).hasContent("{}");
  }

  /** Half a copy would pass for the whole one. */
  @Test
  void aPartIsFetchedWithTheWhole() throws IOException {
    put("adapters/chess/adapter_config.json", "{}");
    put("adapters/poems/adapter_config.json", "{ }");
    Path copy = storage.copy(bucket + "/adapters", cache);
    io.sparkpeft.base.NewFolder.deleteTree(copy);
    assertThat(storage.ensure(copy.resolve("chess"))).isDirectory();
    assertThat(copy.resolve("poems/adapter_config.json")).hasContent("{ }");
  }

  @Test
  void someFilesOfAFolderAreAnotherCopy() throws IOException {
    put("models/c/config.json", "{}");
    put("models/c/weights", "12345678");
    Path some = storage.copy(bucket + "/models/c", cache, name -> name.endsWith(".json"));
    assertThat(some.resolve("config.json")).exists();
    assertThat(some.resolve("weights")).doesNotExist();
    assertThat(storage.copy(bucket + "/models/c", cache).resolve("weights")).exists();
  }

  @Test
  void localPathsAreLeftAsTheyAre() {
    Storage nowhere = Storage.of(new Configuration(), messages::add);
    assertThat(nowhere.copy("some/where", cache)).isEqualTo(Path.of("some/where").toAbsolutePath());
    assertThat(nowhere.ensure(cache.resolve("x"))).isEqualTo(cache.resolve("x"));
    nowhere.publish(cache, "x");
    nowhere.deleteOrigin(cache);
    assertThat(cache).exists();
    assertThat(messages).isEmpty();
  }

  @Test
  void theFileThatCompletesAFolderIsWrittenLast() throws IOException {
    Path run = LocalCopy.of(cache, bucket + "/runs/x", LocalCopy.Kind.RUN, "x");
    Files.createDirectories(run.resolve("adapter"));
    Files.writeString(run.resolve("_RESULT.json"), "{\"status\": \"succeeded\"}");
    Files.writeString(run.resolve("adapter/weights"), "12345678");
    storage.publish(run, "_RESULT.json");
    assertThat(storage.readJson(run.resolve("_RESULT.json")).orElseThrow().path("status").asText())
        .isEqualTo("succeeded");
    assertThat(modified("runs/x/_RESULT.json"))
        .isAfterOrEqualTo(modified("runs/x/adapter/weights"));
    assertThat(storage.foldersIn(run)).containsExactly(run.resolve("adapter"));
    storage.deleteOrigin(run.resolve("adapter"));
    assertThat(storage.exists(run.resolve("adapter"))).isFalse();
    assertThat(storage.exists(run.resolve("_RESULT.json"))).isTrue();
  }

  @Test
  void whatIsWrongIsToldInSeconds() throws IOException {
    Instant start = Instant.now();
    Configuration wrongKey = server.hadoop();
    wrongKey.set("fs.s3a.secret.key", "wrong");
    assertFails(
        () -> new Probe(wrongKey).reach(List.of(bucket + "/x")),
        ExitCode.CONFIGURATION,
        "The store refuses access to s3a://bucket/.",
        "Check the key and what it may do.");
    assertFails(
        () -> new Probe(server.hadoop()).reach(List.of("s3a://no-such-bucket/x")),
        ExitCode.MISSING_INPUT,
        "There is no bucket for s3a://no-such-bucket/.");
    Configuration nobodyThere = server.hadoop();
    nobodyThere.set("fs.s3a.endpoint", "http://127.0.0.1:" + unusedPort());
    assertFails(
        () -> new Probe(nobodyThere).reach(List.of(bucket + "/x")),
        ExitCode.TRY_AGAIN,
        "Cannot reach s3a://bucket/.",
        "Connection refused");
    assertFails(
        () -> new Probe(server.hadoop()).reach(List.of("s9://bucket/x")),
        ExitCode.CONFIGURATION,
        "This Spark has no file system of that scheme.");
    assertFails(
        () -> storage.copy(bucket + "/nothing", cache),
        ExitCode.MISSING_INPUT,
        "There is nothing at s3a://bucket/nothing.");
    assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofMinutes(1));
    new Probe(server.hadoop()).reach(List.of(bucket + "/x", "/local"));
    new Probe(server.hadoop()).requireConditionalWrites(bucket + "/tables");
  }

  private static int unusedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static void assertFails(ThrowingCallable call, ExitCode code, String... parts) {
    assertThatThrownBy(call)
        .isInstanceOf(SparkPeftException.class)
        .hasMessageContainingAll(parts)
        .hasMessageNotContaining(S3Server.SECRET)
        .extracting(e -> ((SparkPeftException) e).exitCode())
        .isEqualTo(code);
  }

  private static void put(String name, String content) throws IOException {
    var path = new org.apache.hadoop.fs.Path(bucket + "/" + name);
    try (var out = files().create(path, true)) {
      out.write(content.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
  }

  private static Instant modified(String name) throws IOException {
    return Instant.ofEpochMilli(
        files()
            .getFileStatus(new org.apache.hadoop.fs.Path(bucket + "/" + name))
            .getModificationTime());
  }

  private static FileSystem files() throws IOException {
    return new org.apache.hadoop.fs.Path(bucket).getFileSystem(server.hadoop());
  }
}
