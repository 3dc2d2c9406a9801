package io.sparkpeft.notebook;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code spark-peft notebook} and the kernel's command line, without Jupyter. */
class LauncherCheck {
  private static final Path PROJECT = Path.of("../..").toAbsolutePath().normalize();
  private static final String LAUNCHER = PROJECT.resolve("jobs/bin/spark-peft").toString();

  @TempDir Path home;

  private record Ended(int code, String out, String err) {}

  @Test
  void installWritesAKernelAndSaysWhere() throws Exception {
    Map<String, String> environment = Map.of("JUPYTER_DATA_DIR", home.resolve("data").toString());
    Path written = home.resolve("data/kernels/spark-peft-java/kernel.json");
    Ended first = run(environment, "notebook", "install");
    assertThat(first.code()).as(first.err()).isZero();
    assertThat(first.out())
        .isEqualTo("Wrote " + written + ": choose the kernel \"spark-peft (Java)\" in Jupyter.\n");
    assertThat(argv(written))
        .containsExactly(LAUNCHER, "kernel", PROJECT.toString(), "{connection_file}");

    Ended again =
        run(
            environment,
            "notebook",
            "install",
            "--folder",
            home.toString(),
            "--conf",
            "spark.x=a \"b\" \\c");
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(argv(written))
        .containsExactly(
            LAUNCHER,
            "kernel",
            home.toString(),
            "{connection_file}",
            "--conf",
            "spark.x=a \"b\" \\c");
    assertThat(Json.read(written).path("interrupt_mode").asText()).isEqualTo("signal");
  }

  /** Install is run in one folder, the kernel in another. */
  @Test
  void theKernelFindsPropertiesWhereverItWorks() throws Exception {
    Path conf = PROJECT.resolve("conf/spark-defaults-standalone.conf");
    String here = Path.of("").toAbsolutePath().relativize(conf).toString();
    Map<String, String> environment = Map.of("JUPYTER_DATA_DIR", home.toString());
    for (List<String> words :
        List.of(List.of("--properties-file", here), List.of("--properties-file=" + here))) {
      List<String> command = new ArrayList<>(List.of("notebook", "install"));
      command.addAll(words);
      assertThat(run(environment, command.toArray(String[]::new)).code()).isZero();
      List<String> argv = argv(home.resolve("kernels/spark-peft-java/kernel.json"));
      assertThat(argv.get(4)).isEqualTo("--properties-file");
      assertThat(Path.of(argv.get(5))).isAbsolute().hasSameBinaryContentAs(conf);
    }
    Ended missing = run(environment, "notebook", "install", "--properties-file", "none.conf");
    assertThat(missing.code()).isEqualTo(66);
    assertThat(missing.err()).contains("There is no file ").contains("/none.conf. Check the path.");
    assertThat(run(environment, "notebook", "install", "--properties-file").err())
        .contains("--properties-file needs a value.");
  }

  private static List<String> argv(Path spec) {
    List<String> words = new ArrayList<>();
    for (JsonNode word : Json.read(spec).path("argv")) {
      words.add(word.asText());
    }
    return words;
  }

  @Test
  void whatIsMissingIsNamed() throws Exception {
    Ended folder = run(Map.of(), "notebook", "install", "--folder", "/nowhere");
    assertThat(folder.code()).isEqualTo(66);
    assertThat(folder.err())
        .isEqualTo(
            "spark-peft notebook: There is no folder /nowhere for cells to work in. Make it, or"
                + " leave out --folder.\n");
    Ended file = run(Map.of(), "notebook", "run", "missing.ipynb");
    assertThat(file.code()).isEqualTo(66);
    assertThat(file.err()).contains("There is no notebook missing.ipynb. Check the path.");
    assertThat(run(Map.of(), "notebook", "run").code()).isEqualTo(64);
    assertThat(run(Map.of(), "notebook", "start").err())
        .contains("There is no 'start'. Try: spark-peft notebook install, spark-peft notebook run");
    assertThat(run(Map.of(), "notebook").out()).startsWith("spark-peft notebook install");
    assertThat(run(Map.of(), "kernel").err())
        .contains("The kernel is started by Jupyter: run 'spark-peft notebook install'.");
  }

  @Test
  void withoutJupyterRunSaysWhatToInstall() throws Exception {
    script("bin/python3", "exit 1");
    script("bin/jupyter", "exit 1");
    Path notebook = Files.writeString(home.resolve("a.ipynb"), "{}");
    Map<String, String> environment =
        Map.of("PATH", home.resolve("bin") + ":" + System.getenv("PATH"));
    Ended ended = run(environment, "notebook", "run", notebook.toString());
    assertThat(ended.code()).isEqualTo(66);
    assertThat(ended.err())
        .contains("Running a notebook needs Jupyter's nbclient")
        .contains("Run 'pip install nbclient', or open the notebook in Jupyter.");
  }

  @Test
  void theKernelIsAnApplicationOfSparkSubmitWithOneClassPath() throws Exception {
    script("bin/spark-submit", "pwd; printf '%s\\n' \"$@\"");
    Map<String, String> spark = Map.of("SPARK_HOME", home.toString());
    List<String> local =
        run(spark, "kernel", home.toString(), "kernel-1.json").out().lines().toList();
    assertThat(local.get(0)).isEqualTo(home.toRealPath().toString());
    assertThat(local)
        .containsSubsequence("--class", "io.sparkpeft.notebook.KernelMain", "--jars", "")
        .containsSubsequence("--master", "local[*]")
        .contains("spark.driver.bindAddress=127.0.0.1")
        .endsWith("spark-internal", "kernel-1.json");
    assertThat(local.get(local.indexOf("--driver-class-path") + 1))
        .contains("/spark-peft-notebook-", "/rapaio-jupyter-kernel-", "-all.jar:")
        .contains("/spark-peft-natives-", "/delta-spark_");

    List<String> cluster =
        run(
                spark,
                "kernel",
                home.toString(),
                "kernel-1.json",
                "--master",
                "spark://host:7077",
                "--driver-class-path",
                "/mine.jar",
                "--driver-memory",
                "8g")
            .out()
            .lines()
            .toList();
    assertThat(cluster.get(cluster.indexOf("--jars") + 1))
        .contains("-all.jar,", "/spark-peft-natives-");
    assertThat(cluster.get(cluster.lastIndexOf("--driver-class-path") + 1)).endsWith(":/mine.jar");
    assertThat(cluster.get(cluster.lastIndexOf("--driver-memory") + 1)).isEqualTo("8g");
  }

  private void script(String name, String body) throws IOException {
    Path script = home.resolve(name);
    Files.createDirectories(script.getParent());
    Files.writeString(script, "#!/bin/sh\n" + body + "\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
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
