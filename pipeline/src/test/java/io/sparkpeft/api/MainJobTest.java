package io.sparkpeft.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.LocalCluster;
import io.sparkpeft.spark.telemetry.RunEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job from end to end, on two executors in processes of their own. */
class MainJobTest {
  private static final Path QUICKSTART =
      Path.of("..", "jobs", "quickstart").toAbsolutePath().normalize();
  private static final int STEPS = 24;

  @TempDir static Path folder;

  private static SparkPeft peft;
  private static Prepared tokens;

  @BeforeAll
  static void prepareTheInstructions() {
    peft = on(LocalCluster.session());
    tokens = peft.prepare(recipe("prepare"));
  }

  @Test
  void tokensAreCounted() {
    assertThat(tokens.records()).isEqualTo(6000);
    assertThat(tokens.dropped()).isEmpty();
    assertThat(tokens.targetTokens()).isLessThan(tokens.tokens() / 5);
  }

  @Test
  void examplesShowWhatIsMasked() {
    List<LabelledText> examples = peft.examples(recipe("prepare"), 2);
    assertThat(examples).hasSize(2);
    LabelledText first = examples.get(0);
    assertThat(first.sample()).isZero();
    assertThat(first.text()).contains("What is 32 plus 38?").contains(first.targetText());
    assertThat(first.targetText()).isEqualTo(" 70</s>");
    assertThat(first.targetCount()).isLessThan(first.tokens().size() / 2);
  }

  @Test
  void aWatcherHearsEveryStep() {
    List<RunEvent> events = new CopyOnWriteArrayList<>();
    peft.watching(events::add).finetune(shortRun("watched"));
    assertThat(events)
        .filteredOn(RunEvent.Stepped.class::isInstance)
        .extracting(event -> ((RunEvent.Stepped) event).step().step())
        .containsExactlyElementsOf(LongStream.rangeClosed(1, STEPS).boxed().toList());
  }

  @Test
  void aFinishedRunIsReused() {
    Prepared again = peft.prepare(recipe("prepare"));
    assertThat(again.reused()).isTrue();
    assertThat(again.version()).isEqualTo(tokens.version());
  }

  @Test
  void oneRankAndTwoGiveTheSameBits() {
    Finetuned two = peft.finetune(shortRun("two").with("train.ranks", 2));
    Finetuned one = peft.finetune(shortRun("one").with("train.ranks", 1));

    assertThat(two.adapterSha256()).isEqualTo(one.adapterSha256());
    assertThat(two.lossLast()).isEqualTo(one.lossLast()).isLessThan(two.lossFirst());
    JsonNode ranks = two.json().get("ranks");
    assertThat(ranks).hasSize(2);
    assertThat(ranks.get(0).get("pid")).isNotEqualTo(ranks.get(1).get("pid"));
    assertThat(
            ranks.get(0).get("micro_batches").asInt() - ranks.get(1).get("micro_batches").asInt())
        .isBetween(0, STEPS);
    assertThat(ranks.get(0).get("bytes_sent").asLong()).isPositive();
  }

  @Test
  void aRunWhoseExecutorWasKilledGivesTheSameBits() throws Exception {
    Finetuned calm = peft.finetune(longRun("calm"));
    Recipe recipe = longRun("killed").with("train.save_steps", 10);
    Path checkpoint = folder.resolve(".killed.work/checkpoints/step-000010");
    Thread killer = new Thread(() -> killAnExecutorOnce(checkpoint));
    killer.start();
    Finetuned killed = peft.finetune(recipe);
    killer.join();

    assertThat(killed.attempts()).isEqualTo(2);
    assertThat(killed.resumedFromStep()).isPositive();
    assertThat(killed.adapterSha256()).isEqualTo(calm.adapterSha256());
  }

  /** The adapter is trained, its run is not told: the next try tells it once and trains nothing. */
  @Test
  void aRunThatFailedBeforeItsLastTableIsCompletedWithoutDoubles() throws IOException {
    Path root = Files.createDirectories(folder.resolve("half-tables"));
    Recipe recipe = shortRun("half").with("data.table", table()).with("tables.root", root);
    Path runs = Files.writeString(root.resolve("train_runs"), "in the way");
    assertThatThrownBy(() -> peft.finetune(recipe))
        .hasMessageContaining("Cannot write run half to the table " + runs);
    Files.delete(runs);

    Finetuned finetuned = peft.finetune(recipe);
    assertThat(finetuned.reused()).isFalse();
    assertThat(finetuned.resumedFromStep()).isEqualTo(STEPS);
    assertThat(peft.finetune(recipe).reused()).isTrue();
    SparkSession session = LocalCluster.session();
    assertThat(session.read().format("delta").load(runs.toString()).count()).isEqualTo(1);
    assertThat(session.read().format("delta").load(root.resolve("train_steps").toString()).count())
        .isEqualTo(STEPS);
  }

  @Test
  void anotherRecipeUnderTheSameNameIsRefusedWithTheDifference() {
    peft.finetune(shortRun("named"));
    assertThatThrownBy(() -> peft.finetune(shortRun("named").with("adapter.r", 4)))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
        .hasMessageContaining("adapter.r is 4 and was 8")
        .hasMessageContaining("Set run.id or output.path to a new name");
  }

  @Test
  void theScoreMovesFromNearChanceToAboveEightyPercent() {
    Finetuned adapter = peft.finetune(fullRun("lesson", "tokens"));
    Merged merged = peft.merge(recipe("merged").with("adapter.path", adapter.adapterPath()));
    Evaluated scores =
        peft.evaluate(
            evaluation("scores")
                .with("adapter.path", adapter.adapterPath())
                .with("eval.compare_base", true));
    Generated answers =
        peft.generate(
            recipe("answers")
                .with("adapter.path", adapter.adapterPath())
                .with("generate.prompt", "What is 17 plus 25?"));

    assertThat(mean(scores.baseScores())).isLessThan(0.1);
    assertThat(mean(scores.scores())).isGreaterThan(0.8);
    assertThat(
            Json.read(scores.outputPath().resolve("results.json"))
                .at("/results/arithmetic_2da/acc,none")
                .asDouble())
        .isEqualTo(scores.scores().get(0).value());
    assertThat(merged.maxAbsLogitChange()).isGreaterThan(1e-3);
    assertThat(merged.maxAbsLogitDifference()).isLessThan(0.05 * merged.maxAbsLogitChange());
    assertThat(answers.answers())
        .singleElement()
        .extracting(Generated.Answer::answer)
        .isEqualTo("42");

    Evaluated ofMerged =
        peft.evaluate(evaluation("scores-merged").with("model.path", merged.modelPath()));
    assertThat(mean(ofMerged.scores())).isCloseTo(mean(scores.scores()), within(0.02));
  }

  @Test
  void anUntrainedAdapterGivesTheFirstScore() {
    Finetuned untrained =
        peft.finetune(
            shortRun("untrained").with("train.max_steps", 1).with("train.learning_rate", 1e-30));
    Evaluated scores =
        peft.evaluate(
            evaluation("scores-untrained")
                .with("adapter.path", untrained.adapterPath())
                .with("eval.compare_base", true));
    assertThat(scores.scores()).isEqualTo(scores.baseScores());
  }

  @Test
  void withShuffledAnswersTheScoreStaysLow() throws IOException {
    Path shuffled = folder.resolve("shuffled.json");
    ArrayNode records = (ArrayNode) Json.read(QUICKSTART.resolve("instructions.json"));
    List<JsonNode> outputs = new ArrayList<>();
    records.forEach(record -> outputs.add(record.get("output")));
    Collections.shuffle(outputs, new Random(7));
    for (int i = 0; i < records.size(); i++) {
      ((ObjectNode) records.get(i)).set("output", outputs.get(i));
    }
    Files.writeString(shuffled, records.toString());
    peft.prepare(
        recipe("prepare-shuffled")
            .with("data.source", shuffled)
            .with("data.table", folder.resolve("tables/shuffled")));

    Finetuned adapter =
        peft.finetune(fullRun("shuffled", "shuffled").with("data.source", shuffled));
    Evaluated scores =
        peft.evaluate(evaluation("scores-shuffled").with("adapter.path", adapter.adapterPath()));
    assertThat(mean(scores.scores())).isLessThan(0.2);
  }

  @Test
  void noTestQuestionOccursInWhatWasLearnt() throws IOException {
    Set<String> learnt = new HashSet<>();
    Json.read(QUICKSTART.resolve("instructions.json"))
        .forEach(record -> learnt.add(record.get("instruction").asText()));
    Set<String> drawn = new HashSet<>(Files.readAllLines(QUICKSTART.resolve("base/operands.txt")));
    int questions = 0;
    for (String file : List.of("two_digit_addition.jsonl", "two_digit_subtraction.jsonl")) {
      for (String line : Files.readAllLines(QUICKSTART.resolve("test/" + file))) {
        String context = Json.parse(line).get("context").asText();
        String question = context.replaceAll("(?s)Q: (.*)\n\nA:", "$1");
        String[] words = question.substring("What is ".length(), question.length() - 1).split(" ");
        assertThat(learnt).doesNotContain(question);
        for (String operator : List.of("+", "-")) {
          assertThat(drawn)
              .doesNotContain(words[0] + operator + words[2], words[2] + operator + words[0]);
        }
        questions++;
      }
    }
    assertThat(questions).isEqualTo(500);
    assertThat(drawn).hasSizeGreaterThan(15_000);
  }

  private static SparkPeft on(SparkSession session) {
    return SparkPeft.on(session);
  }

  private static Recipe recipe(String name) {
    return Recipe.defaults()
        .with("model.path", QUICKSTART.resolve("base"))
        .with("data.source", QUICKSTART.resolve("instructions.json"))
        .with("tables.root", folder.resolve("tables"))
        .with("run.id", name)
        .with("output.path", folder.resolve(name));
  }

  private static Path table() {
    return folder.resolve("tables/tokens");
  }

  private static Recipe evaluation(String name) {
    return recipe(name)
        .with("eval.tasks", List.of("arithmetic_2da", "arithmetic_2ds"))
        .with("eval.source", QUICKSTART.resolve("test"));
  }

  private static Recipe shortRun(String name) {
    return recipe(name)
        .with("adapter.target_modules", "all-linear")
        .with("train.global_batch_size", 12)
        .with("train.micro_batch_size", 4)
        .with("train.learning_rate", 3e-3)
        .with("train.max_steps", STEPS);
  }

  /** Long enough to be hit in its middle. */
  private static Recipe longRun(String name) {
    return shortRun(name).with("train.ranks", 2).with("train.max_steps", 250);
  }

  private static Recipe fullRun(String name, String table) {
    return recipe(name)
        .with("data.table", folder.resolve("tables").resolve(table))
        .with("adapter.target_modules", "all-linear")
        .with("adapter.lora_dropout", 0)
        .with("train.ranks", 2)
        .with("train.global_batch_size", 32)
        .with("train.micro_batch_size", 16)
        .with("train.learning_rate", 3e-3)
        .with("train.max_steps", 300);
  }

  private static double mean(List<Evaluated.Score> scores) {
    return scores.stream().mapToDouble(Evaluated.Score::value).average().orElseThrow();
  }

  private static org.assertj.core.data.Offset<Double> within(double distance) {
    return org.assertj.core.data.Offset.offset(distance);
  }

  /** Waits for a checkpoint and then ends an executor as a machine's loss would. */
  private static void killAnExecutorOnce(Path checkpoint) {
    while (!Files.exists(checkpoint)) {
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }
    try (Stream<ProcessHandle> children = ProcessHandle.current().descendants()) {
      children
          .filter(child -> child.info().command().orElse("").endsWith("java"))
          .findFirst()
          .orElseThrow()
          .destroyForcibly();
    }
  }
}
