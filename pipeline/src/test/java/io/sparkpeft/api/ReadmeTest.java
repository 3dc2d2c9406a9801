package io.sparkpeft.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.spark.LocalCluster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** README.md's lines of Java, compiled and run one after another on the bundled model. */
class ReadmeTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path QUICKSTART = ROOT.resolve("jobs").resolve("quickstart");
  private static final Pattern BLOCK = Pattern.compile("(?s)```java\n(.*?)```");
  private static final Pattern CALL = Pattern.compile("peft\\.(\\w+)\\(recipe");

  private static final String PROGRAM =
      """
      import io.sparkpeft.api.*;
      import io.sparkpeft.recipe.Recipe;
      import java.util.List;
      import org.apache.spark.sql.*;

      public final class Program {
        public static List<Object> run(SparkSession spark) {
          %s
          return List.of(tokens, adapter, scores, answers, page);
        }
      }
      """;

  @TempDir Path folder;

  private SparkSession spark;

  @BeforeEach
  void makeTables() {
    spark = LocalCluster.session();
    StructType exam =
        new StructType()
            .add("adapter", DataTypes.StringType)
            .add("question", DataTypes.StringType)
            .add("answer", DataTypes.StringType);
    Dataset<Row> rows =
        spark.createDataFrame(
            List.of(
                RowFactory.create("adapter", "What is 17 plus 25?", " 42"),
                RowFactory.create("__base__", "What is 17 plus 25?", " 42")),
            exam);
    rows.createOrReplaceTempView("exam");
    rows.selectExpr("adapter", "question AS prompt")
        .write()
        .format("delta")
        .save(folder.resolve("tables").resolve("questions").toString());
  }

  @Test
  void everyLineOfJavaRuns() throws Exception {
    String shown;
    List<?> results;
    PrintStream out = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      results = (List<?>) compiled().getMethod("run", SparkSession.class).invoke(null, spark);
    } finally {
      System.setOut(out);
      shown = printed.toString(StandardCharsets.UTF_8);
    }
    assertThat(((Prepared) results.get(0)).records()).isEqualTo(6000);
    assertThat(((Finetuned) results.get(1)).lossLast())
        .isLessThan(((Finetuned) results.get(1)).lossFirst());
    assertThat(((Evaluated) results.get(2)).scores()).isNotEmpty();
    assertThat(((Dataset<?>) results.get(3)).columns()).contains("adapter", "prompt", "answer");
    assertThat(((Dataset<?>) results.get(3)).count()).isEqualTo(2);
    assertThat(((Reported) results.get(4)).page()).isNotEmptyFile();
    assertThat(shown)
        .contains(((Evaluated) results.get(2)).scores().get(0).toString())
        .contains("avg(lora_loglik(adapter, question, answer))")
        .contains("|__base__|");
  }

  /** The lines as they stand, but for their paths, a shorter training, and where results go. */
  private String program() throws IOException {
    String readme = Files.readString(ROOT.resolve("README.md"));
    List<String> blocks =
        BLOCK.matcher(readme).results().map((MatchResult block) -> block.group(1)).toList();
    assertThat(blocks).hasSize(3);
    String lines =
        String.join("\n", blocks)
            .replace("/models/llama", QUICKSTART.resolve("base").toString())
            .replace("/data/instructions.json", QUICKSTART.resolve("instructions.json").toString())
            .replace("/data/arithmetic", QUICKSTART.resolve("test").toString())
            .replace("\"/tables", "\"" + folder.resolve("tables"))
            .replace("/adapters", folder.resolve("finetune").toString())
            .replace("Recipe.defaults()", "Recipe.defaults()" + SHORT_RUN);
    return CALL.matcher(lines)
        .replaceAll(
            call ->
                Matcher.quoteReplacement(
                    call.group()
                        + ".with(\"output.path\", \""
                        + folder.resolve(call.group(1))
                        + "\")"));
  }

  private static final String SHORT_RUN =
      """
      .with("run.id", "readme").with("train.max_steps", 12).with("train.learning_rate", 3e-3)
      .with("eval.limit", 40).with("generate.max_new_tokens", 8)
      """;

  private Class<?> compiled() throws IOException, ClassNotFoundException {
    Path source = Files.writeString(folder.resolve("Program.java"), PROGRAM.formatted(program()));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter complaints = new StringWriter();
    boolean compiles =
        compiler
            .getTask(
                complaints,
                null,
                null,
                List.of("-d", folder.toString(), "-cp", System.getProperty("java.class.path")),
                null,
                compiler
                    .getStandardFileManager(null, null, null)
                    .getJavaFileObjects(source.toFile()))
            .call();
    assertThat(compiles).as(complaints.toString()).isTrue();
    return new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())
        .loadClass("Program");
  }
}
