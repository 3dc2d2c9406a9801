package io.sparkpeft.spark.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.eval.EvalTasks;
import io.sparkpeft.eval.Expected;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFactsTest {
  @TempDir Path folder;

  @Test
  void documentsCountByTheirContent() throws IOException {
    Path here = Files.writeString(Files.createDirectory(folder.resolve("a")).resolve("x"), "1");
    Path there = Files.writeString(Files.createDirectory(folder.resolve("b")).resolve("x"), "1");
    String before = hash(here.getParent(), "", "blimp_causative");
    assertThat(hash(there.getParent(), "", "blimp_causative")).isEqualTo(before);
    Files.writeString(there, "2");
    assertThat(hash(there.getParent(), "", "blimp_causative")).isNotEqualTo(before);
  }

  @Test
  void theTokenTableCountsWhereATaskReadsIt() throws IOException {
    String one = Files.writeString(folder.resolve("one"), "1").toString();
    String other = Files.writeString(folder.resolve("other"), "2").toString();
    assertThat(hash(folder, one, "blimp_causative"))
        .isEqualTo(hash(folder, other, "blimp_causative"));
    assertThat(hash(folder, one, EvalTasks.PERPLEXITY))
        .isNotEqualTo(hash(folder, other, EvalTasks.PERPLEXITY));
  }

  private static String hash(Path source, String tokenTable, String task) {
    EvaluateSettings settings =
        new EvaluateSettings(
            "run",
            Expected.resource("model"),
            Optional.empty(),
            false,
            List.of(task),
            source,
            OptionalInt.empty(),
            0,
            Optional.of(tokenTable),
            "float32",
            Optional.empty(),
            16,
            "tables");
    return RunFacts.of(settings).key().settingsSha256();
  }
}
