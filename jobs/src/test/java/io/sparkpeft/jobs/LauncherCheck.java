package io.sparkpeft.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher, with a spark-submit that only writes down what it was given. */
class LauncherCheck {
  private static final String LAUNCHER = Path.of("bin/spark-peft").toAbsolutePath().toString();
  private static final String CONFIG =
      """
      {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 8,
       "intermediate_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1,
       "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
       "hidden_act": "silu", "tie_word_embeddings": false, "vocab_size": 32}
      """;
  private static final String STUB = "#!/bin/sh\nprintf '%s\\n' \"$@\"\n";

  @TempDir Path home;

  private record Ended(int code, String out, String err) {
    List<String> words() {
      return out.lines().toList();
    }
  }

  @BeforeEach
  void sparkHome() throws IOException {
    Path submit = Files.createDirectories(home.resolve("bin")).resolve("spark-submit");
    Files.writeString(submit, STUB);
    Files.setPosixFilePermissions(submit, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void sparkSubmitGetsItsOptionsAndTheJobTheRest() throws Exception {
    List<String> words =
        onHome(
                "finetune",
                "--master",
                "spark://host:7077",
                "--set",
                "data.source=$HOME a:b",
                "--conf=spark.x=1",
                "--json")
            .words();
    assertThat(words)
        .containsSubsequence("--class", "io.sparkpeft.jobs.Main", "--jars")
        .containsSubsequence("--master", "spark://host:7077", "--conf", "spark.x=1")
        .doesNotContain("spark.authenticate=true");
    int jar = words.size() - 5;
    assertThat(words.get(jar)).endsWith("-all.jar");
    assertThat(words.subList(jar + 1, words.size()))
        .containsExactly("finetune", "--set", "data.source=$HOME a:b", "--json");
  }

  @Test
  void withoutAMasterItIsAnEmbeddedClusterOnLoopback() throws Exception {
    assertThat(onHome("merge").words())
        .containsSubsequence("--conf", "spark.driver.bindAddress=127.0.0.1")
        .contains("spark.authenticate=true")
        .containsSubsequence("--master", "local-cluster[ranks,1,1024]");
  }

  @Test
  void aMasterInDefaultsOrPropertiesStays() throws Exception {
    Path properties = Files.writeString(home.resolve("my.conf"), "spark.master   yarn\n");
    assertThat(onHome("merge", "--properties-file", properties.toString()).words())
        .containsSubsequence("--properties-file", properties.toString())
        .doesNotContain("--master");
    Files.writeString(
        Files.createDirectories(home.resolve("conf")).resolve("spark-defaults.conf"),
        "spark.master=k8s://x\n");
    assertThat(onHome("merge").words()).doesNotContain("--master");
  }

  @Test
  void jarsAreJoinedToOurs() throws Exception {
    List<String> words = onHome("merge", "--jars", "/mine.jar").words();
    String jars = words.get(words.indexOf("--jars") + 1);
    assertThat(jars).contains("spark-peft-natives-", "delta-spark_").endsWith(",/mine.jar");
    Files.createFile(Files.createDirectories(home.resolve("jars")).resolve("delta-spark_x.jar"));
    words = onHome("merge").words();
    assertThat(words.get(words.indexOf("--jars") + 1)).doesNotContain("delta-spark_");
  }

  /** A cluster's executors run its own Spark, which may be without Delta. */
  @Test
  void executorsOfAClusterGetDeltaFromTheEmbeddedSparkToo() throws Exception {
    assertThat(jarsOfEmbedded("--master", "spark://host:7077")).contains("delta-spark_");
    assertThat(jarsOfEmbedded("--master", "local[2]")).doesNotContain("delta-");
    assertThat(jarsOfEmbedded()).contains("spark-peft-natives-").doesNotContain("delta-");
    String cluster = Files.writeString(home.resolve("c.conf"), "spark.master yarn\n").toString();
    assertThat(jarsOfEmbedded("--properties-file", cluster)).contains("delta-spark_");
    String local = Files.writeString(home.resolve("l.conf"), "spark.master=local\n").toString();
    assertThat(jarsOfEmbedded("--properties-file", local)).doesNotContain("delta-");
  }

  /** Those of the embedded Spark, whose launcher a java of ours stands for. */
  private String jarsOfEmbedded(String... options) throws Exception {
    Path java = home.resolve("bin/java");
    Files.writeString(
        java,
        """
        #!/bin/sh
        shift 4 # -cp JARS LAUNCHER CLASS
        printf '\\0\\nprintf\\0%%s\\\\n\\0'
        printf '%s\\0' "$@"
        """);
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<String> command = new ArrayList<>(List.of("merge"));
    command.addAll(List.of(options));
    Ended ended = run(Map.of("JAVA_HOME", home.toString()), command.toArray(String[]::new));
    assertThat(ended.code()).as(ended.err()).isZero();
    return ended.words().get(ended.words().indexOf("--jars") + 1);
  }

  @Test
  void promptsThatLookLikeOptionsAreTheJobs() throws Exception {
    List<String> words = onHome("generate", "--prompt", "--master", "--raw").words();
    assertThat(words.subList(words.size() - 4, words.size()))
        .containsExactly("generate", "--prompt", "--master", "--raw");
    words = onHome("generate", "--prompt", "", "--raw").words();
    assertThat(words.subList(words.size() - 3, words.size()))
        .containsExactly("--prompt", "", "--raw");
  }

  @Test
  void aPlanStartsNoSpark() throws Exception {
    Path model = Files.createDirectory(home.resolve("model"));
    Files.writeString(model.resolve("config.json"), CONFIG);
    Ended plan = run(Map.of(), "plan", "--json", "--set", "model.path=" + model);
    assertThat(plan.code()).as(plan.err()).isZero();
    JsonNode json = Json.parse(plan.out());
    assertThat(json.path("trainable_parameters").asLong()).isEqualTo(256);
  }

  /**
   * What starts no Spark goes by its settings all the same; that nobody answers is told at once.
   */
  @Test
  void objectStoresAreReachedBySparksSettings() throws Exception {
    Path properties =
        Files.writeString(
            home.resolve("s3a.conf"),
            """
            spark.hadoop.fs.s3a.endpoint http://127.0.0.1:1
            spark.hadoop.fs.s3a.endpoint.region us-east-1
            """);
    Map<String, String> environment =
        Map.of("AWS_ACCESS_KEY_ID", "key", "AWS_SECRET_ACCESS_KEY", "a-secret-word");
    for (String job : List.of("plan", "download")) {
      Ended ended =
          run(
              environment,
              job,
              "--properties-file=" + properties,
              "--conf=spark.hadoop.fs.s3a.path.style.access=true",
              "--set=model.path=s3a://lake/base",
              "--set=output.path=s3a://lake/base");
      assertThat(ended.code()).isEqualTo(75);
      assertThat(ended.err())
          .contains("Cannot reach s3a://lake/.", "Connection refused")
          .doesNotContain("a-secret-word");
    }
    Ended missing =
        run(Map.of(), "plan", "--properties-file=/none", "--set=model.path=s3a://lake/base");
    assertThat(missing.code()).isEqualTo(66);
    assertThat(missing.err()).contains("Cannot read Spark's settings in /none.");
  }

  @Test
  void aBenchmarkStartsNoSpark() throws Exception {
    Path model = Files.createDirectory(home.resolve("model"));
    Files.writeString(model.resolve("config.json"), CONFIG);
    Ended bench =
        run(
            Map.of(),
            "bench",
            "--json",
            "--set",
            "model.path=" + model,
            "--set",
            "train.global_batch_size=4",
            "--set",
            "bench.steps=1");
    assertThat(bench.code()).as(bench.err()).isZero();
    assertThat(Json.parse(bench.out()).path("tokens_per_second").asDouble()).isPositive();
  }

  @Test
  void usageIs64() throws Exception {
    assertThat(onHome("fintune").code()).isEqualTo(64);
    assertThat(onHome("fintune").err()).contains("There is no job 'fintune'.");
    assertThat(onHome("finetune", "--master").code()).isEqualTo(64);
    assertThat(run(Map.of(), "plan", "--nonsense").code()).isEqualTo(64);
    Ended help = run(Map.of(), "finetune", "--help");
    assertThat(help.code()).isZero();
    assertThat(help.out()).contains("train.learning_rate");
  }

  private Ended onHome(String... arguments) throws IOException, InterruptedException {
    return run(Map.of("SPARK_HOME", home.toString()), arguments);
  }

  private Ended run(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(LAUNCHER));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("SPARK_"));
    builder.environment().putAll(environment);
    Path err = home.resolve("stderr");
    Process process = builder.redirectError(err.toFile()).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), out, Files.readString(err));
  }
}
