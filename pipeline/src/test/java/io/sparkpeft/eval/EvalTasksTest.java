package io.sparkpeft.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvalTasksTest {
  private static final Path SOURCE = Expected.resource("source");

  @TempDir Path folder;

  private static List<String> names(EvalSuite suite) {
    return suite.tasks().stream().map(EvalTask::name).toList();
  }

  private static EvalSuite load(Path source, String... names) {
    return EvalTasks.load(List.of(names), source, OptionalInt.empty(), 0);
  }

  private static void assertFails(ThrowingCallable call, ExitCode code, String... words) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SparkPeftException.class, e -> assertThat(e.exitCode()).isEqualTo(code))
        .hasMessageContainingAll(words);
  }

  private Path write(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content);
  }

  @Test
  void patternsAndGroupsStandForTheTasksWhoseFilesAreThere() {
    assertThat(names(load(SOURCE, "blimp_*")))
        .containsExactly("blimp_causative", "blimp_passive_1");
    assertThat(names(load(SOURCE, "mmlu")))
        .containsExactly("mmlu_global_facts", "mmlu_us_foreign_policy");
    assertThat(names(load(SOURCE, "truthfulqa_*")))
        .containsExactly("truthfulqa_mc1", "truthfulqa_mc2");
    assertThat(names(load(SOURCE, "arithmetic_2d*")))
        .containsExactly("arithmetic_2da", "arithmetic_2ds");
  }

  @Test
  void aTaskNamedTwiceRunsOnce() {
    EvalSuite suite = load(SOURCE, "blimp_passive_1", "blimp_*");
    assertThat(names(suite)).containsExactly("blimp_passive_1", "blimp_causative");
    assertThat(suite.groups())
        .containsExactly(
            new EvalSuite.Group("blimp", List.of("blimp_causative", "blimp_passive_1")));
  }

  @Test
  void metricsOfTwoKindsHaveNoMean() {
    assertThat(load(SOURCE, "truthfulqa_*").groups()).isEmpty();
  }

  @Test
  void theLimitTakesTheFirstDocuments() {
    EvalTask task =
        EvalTasks.load(List.of("arithmetic_2da"), SOURCE, OptionalInt.of(3), 0).tasks().get(0);
    assertThat(task.documents()).extracting(Document::id).containsExactly(0, 1, 2);
    assertThat(task.originalCount()).isEqualTo(20);
  }

  @Test
  void oneFileCanBeTheSource() {
    Path file = SOURCE.resolve("arithmetic/two_digit_subtraction.jsonl");
    assertThat(load(file, "arithmetic_2ds").tasks().get(0).documents()).hasSize(20);
  }

  @Test
  void aParadigmOfItsOwnNeedsOnlyItsFile() throws IOException {
    write("my_paradigm.jsonl", "{\"sentence_good\": \"A.\", \"sentence_bad\": \"B.\"}\n");
    assertThat(load(folder, "blimp_my_paradigm").requests())
        .containsExactly(
            new Request("blimp_my_paradigm", 0, 0, "", " A."),
            new Request("blimp_my_paradigm", 0, 1, "", " B."));
  }

  @Test
  void anUnknownTaskFailsWithTheNearestName() {
    assertFails(
        () -> EvalTasks.checkNames(List.of("arithmetic_2db")),
        ExitCode.CONFIGURATION,
        "arithmetic_2db",
        "Did you mean arithmetic_2da?");
    assertFails(
        () -> load(SOURCE, "blimp_causatives"),
        ExitCode.CONFIGURATION,
        "blimp_causatives",
        "Did you mean blimp_causative?");
    assertFails(() -> EvalTasks.checkNames(List.of("hella*")), ExitCode.CONFIGURATION, "hella*");
  }

  @Test
  void aMissingFileIsNamed() {
    assertFails(
        () -> load(SOURCE, "arithmetic_5ds"),
        ExitCode.MISSING_INPUT,
        "arithmetic_5ds",
        "five_digit_subtraction.jsonl",
        SOURCE.toString());
    assertFails(
        () -> load(folder, "mmlu_*"), ExitCode.MISSING_INPUT, "test/abstract_algebra_test.csv");
    assertFails(() -> load(folder.resolve("nowhere"), "mmlu_*"), ExitCode.MISSING_INPUT, "nowhere");
  }

  @Test
  void aFileInTwoPlacesIsRefused() throws IOException {
    write("a/causative.jsonl", "{}");
    write("b/causative.jsonl", "{}");
    assertFails(
        () -> load(folder, "blimp_causative"),
        ExitCode.CONFIGURATION,
        folder.resolve("a/causative.jsonl").toString(),
        folder.resolve("b/causative.jsonl").toString());
  }

  @Test
  void aBrokenLineIsNamed() throws IOException {
    write("causative.jsonl", "{\"sentence_good\": \"A.\", \"sentence_bad\": \"B.\"}\n{\"sent");
    assertFails(() -> load(folder, "blimp_causative"), ExitCode.DATA, "causative.jsonl, line 2");
    write("causative.jsonl", "\n{\"sentence_good\": \"A.\"}\n");
    assertFails(
        () -> load(folder, "blimp_causative"),
        ExitCode.DATA,
        "causative.jsonl, line 2",
        "sentence_bad");
    write("causative.jsonl", "\n");
    assertFails(() -> load(folder, "blimp_causative"), ExitCode.DATA, "holds no document");
  }

  @Test
  void aBrokenTableIsNamed() throws IOException {
    write("test/anatomy_test.csv", "q,1,2,3,4,A\n\"two\nlines\",1,2,3,4\n");
    assertFails(
        () -> load(folder, "mmlu_anatomy"),
        ExitCode.DATA,
        "anatomy_test.csv, line 2",
        "5 fields instead of 6");
    write("test/anatomy_test.csv", "q,1,2,3,4,A\nq,1,2,3,4,E\n");
    assertFails(() -> load(folder, "mmlu_anatomy"), ExitCode.DATA, "line 2", "none of A, B, C");
    write("test/anatomy_test.csv", "q,1,\"2,3,4,A\n");
    assertFails(() -> load(folder, "mmlu_anatomy"), ExitCode.DATA, "line 1", "stays open");
  }

  @Test
  void questionsWithoutATrueAnswerAreRefused() throws IOException {
    write("mc_task.json", "[{\"question\": \"Why?\", \"mc1_targets\": {\"So.\": 0, \"No.\": 1}}]");
    assertFails(() -> load(folder, "truthfulqa_mc1"), ExitCode.DATA, "question 0", "mc1_targets");
  }

  @Test
  void targetsOfTheHuggingFaceDataSetAreTheSame() throws IOException {
    write(
        "mc_task.json",
        "[{\"question\": \"Why?\", \"mc2_targets\":"
            + " {\"choices\": [\"So.\", \"No.\"], \"labels\": [1, 0]}}]");
    assertThat(load(folder, "truthfulqa_mc2").tasks().get(0).documents().get(0).choices())
        .containsExactly(new Choice(" So.", "So.", true), new Choice(" No.", "No.", false));
  }

  @Test
  void solvedExamplesMustBeThere() {
    assertFails(
        () -> EvalTasks.load(List.of("mmlu_global_facts"), SOURCE, OptionalInt.empty(), 6),
        ExitCode.CONFIGURATION,
        "asks for 6",
        "has 5");
    assertFails(
        () -> EvalTasks.load(List.of("blimp_causative"), SOURCE, OptionalInt.empty(), 1),
        ExitCode.CONFIGURATION,
        "blimp_causative");
  }
}
