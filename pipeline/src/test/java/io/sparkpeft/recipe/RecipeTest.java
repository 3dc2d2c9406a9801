package io.sparkpeft.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.adapter.PeftType;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.data.MicroBatching;
import io.sparkpeft.model.Sampling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecipeTest {
  @TempDir Path folder;

  @Test
  void theDefaultsAreThoseOfTheField() {
    Recipe recipe = Recipe.defaults();
    assertThat(recipe.effective().value(LoraSection.R)).isEqualTo(8);
    assertThat(recipe.effective().value(LoraSection.LORA_ALPHA)).isEqualTo(16);
    assertThat(recipe.effective().value(LoraSection.LORA_DROPOUT)).isEqualTo(0.05);
    assertThat(recipe.effective().value(AdapterSection.TARGET_MODULES)).isEmpty();
    assertThat(recipe.train().optimizer()).isEqualTo(TrainSection.OptimizerName.ADAMW);
    assertThat(recipe.train().rates().learningRate()).isEqualTo(3e-4);
    assertThat(recipe.train().rates().weightDecay()).isEqualTo(0.01);
    assertThat(recipe.train().globalBatchSize()).isEqualTo(128);
    assertThat(recipe.train().maxGradNorm()).isEqualTo(1.0);
    assertThat(recipe.train().settings().learningRates(500).warmupSteps()).isEqualTo(50);
    assertThat(recipe.train().settings().learningRates(5000).warmupSteps()).isEqualTo(100);
  }

  /** Every key set to another value than its default: a value that gets lost is found here. */
  @ParameterizedTest
  @EnumSource(PeftType.class)
  void everyKeyArrives(PeftType type) {
    assertThat(OtherValues.all().keySet()).isEqualTo(new TreeSet<>(RecipeKeys.names()));
    Map<String, String> values = OtherValues.of(type);
    Recipe recipe = Recipe.read(Optional.empty(), assignments(values));
    assertThat(recipe.adapter().peftType()).isEqualTo(type);
    values.remove("adapter.peft_type");
    for (String name : values.keySet()) {
      Key<?> key = RecipeKeys.find(name).orElseThrow();
      assertThat(recipe.effective().value(key)).as(key.name()).isNotEqualTo(key.defaultValue());
      assertThat(recipe.effective().origin(key)).isEqualTo("--set");
    }
  }

  private static List<String> assignments(Map<String, String> values) {
    return values.entrySet().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .toList();
  }

  /** What a recipe asks of another method would be lost. */
  @Test
  void refusesKeysOfAnotherMethod() {
    List<String> assignments = List.of("adapter.peft_type=VBLORA", "adapter.lora_alpha=8");
    assertThatThrownBy(() -> Recipe.read(Optional.empty(), assignments))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
        .hasMessage(
            "Cannot use adapter.lora_alpha, set by --set, with this adapter. adapter.peft_type is"
                + " VBLORA, which has no such setting. Remove the key or choose another"
                + " adapter.peft_type.");
    assertThatThrownBy(() -> Recipe.defaults().with("adapter.topk", 3))
        .hasMessageContaining("adapter.peft_type is LORA, which has no such setting.");
  }

  @Test
  void listsAndMapsArrive() {
    Recipe recipe = Recipe.read(Optional.empty(), assignments(OtherValues.of(PeftType.LORA)));
    assertThat(recipe.effective().value(LoraSection.RANK_PATTERN))
        .containsExactly(Map.entry("layers.0.q_proj", 4));
    assertThat(recipe.train().betas()).containsExactly(0.8, 0.95);
    assertThat(recipe.effective().value(AdapterSection.LAYERS_TO_TRANSFORM))
        .contains(List.of(0, 2));
  }

  @Test
  void assignmentsWinOverTheFileAndTheLastOneMost() throws IOException {
    Path file = write("adapter { r = 4, lora_alpha = 8 }\ntrain.seed = 7");
    Recipe recipe = Recipe.read(Optional.of(file), List.of("adapter.r=16", "adapter.r=32"));
    assertThat(recipe.effective().value(LoraSection.R)).isEqualTo(32);
    assertThat(recipe.effective().value(LoraSection.LORA_ALPHA)).isEqualTo(8);
    assertThat(recipe.effective().origin(LoraSection.R)).isEqualTo("--set");
    assertThat(recipe.effective().origin(LoraSection.LORA_ALPHA)).isEqualTo(file + ":1");
    assertThat(recipe.effective().origin(TrainSection.SEED)).isEqualTo(file + ":2");
    assertThat(recipe.effective().origin(TrainSection.RANKS)).isEqualTo("default");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3a://bucket/data?x=1#y",
        "0123",
        "$HOME/${x}",
        "a:b",
        "say \"hi\"",
        "back\\slash",
        "true",
        "[1, 2",
        "a,b",
        " padded ",
        "key=value",
        "null",
        ""
      })
  void textArrivesAsItIs(String text) {
    Recipe recipe = Recipe.read(Optional.empty(), List.of("data.source=" + text));
    assertThat(recipe.data().source()).contains(text);
  }

  @Test
  void textInAFileKeepsItsDigits() throws IOException {
    Path file = write("run.id = 0123\ndata.source = \"s3a://bucket/x\"");
    Recipe recipe = Recipe.read(Optional.of(file), List.of());
    assertThat(recipe.run().id()).contains("0123");
    assertThat(recipe.data().source()).contains("s3a://bucket/x");
  }

  @ParameterizedTest
  @ValueSource(strings = {"q_proj,lm_head", "[q_proj, lm_head]", "[\"q_proj\",\"lm_head\"]"})
  void listsAreHoconOrHaveCommas(String text) {
    Recipe recipe = Recipe.read(Optional.empty(), List.of("adapter.target_modules=" + text));
    assertThat(recipe.effective().value(AdapterSection.TARGET_MODULES))
        .contains(TextOrList.of("q_proj", "lm_head"));
  }

  @Test
  void aPatternStaysText() {
    String pattern = ".*\\.(q|v)_proj";
    Recipe recipe = Recipe.read(Optional.empty(), List.of("adapter.target_modules=" + pattern));
    assertThat(recipe.effective().value(AdapterSection.TARGET_MODULES))
        .contains(new TextOrList.Text(pattern));
    Recipe all = Recipe.defaults().with("adapter.target_modules", "all-linear");
    assertThat(all.effective().value(AdapterSection.TARGET_MODULES))
        .contains(new TextOrList.Text("all-linear"));
  }

  @Test
  void unknownKeysFailWithTheNearestKnownOne() throws IOException {
    Path file = write("adapter {\n  r = 4\n  lora_alhpa = 8\n}");
    assertThatThrownBy(() -> Recipe.read(Optional.of(file), List.of()))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
        .hasMessage(
            "Unknown key adapter.lora_alhpa ("
                + file
                + ":3). No key is called so, and unknown keys are never ignored. Did you mean"
                + " adapter.lora_alpha?");
    assertThatThrownBy(() -> Recipe.read(Optional.empty(), List.of("train.lora_dropout=0")))
        .hasMessageContaining("Unknown key train.lora_dropout (--set).")
        .hasMessageContaining("Did you mean adapter.lora_dropout?");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "adapter.r=0 | It must be at least 1.",
        "adapter.r=8.5 | It must be an integer.",
        "adapter.r=eight | It must be an integer.",
        "adapter.lora_dropout=1 | It must be at least 0 and less than 1.",
        "train.learning_rate=-1e-4 | It must be more than 0.",
        "train.learning_rate=NaN | It must be a finite number.",
        "train.betas=0.9 | It must be two numbers, each at least 0 and less than 1.",
        "train.optimizer=adam | It must be one of adamw, adamw_8bit,"
            + " paged_adamw_32bit, paged_adamw_8bit, sgd.",
        "train.optimizer_memory=much | It must be a number of bytes, 0 or more, such as 256 MiB.",
        "train.optimizer_memory=-1 | It must be a number of bytes, 0 or more, such as 256 MiB.",
        "data.train_on_prompt=yes | It must be true or false.",
        "adapter.rank_pattern=4 | It must be a map such as",
        "run.id=a/b | It must be made of letters, digits, '.', '_' and '-'.",
      })
  void valuesAreChecked(String assignment, String rule) {
    String key = assignment.substring(0, assignment.indexOf('='));
    String value = assignment.substring(assignment.indexOf('=') + 1);
    assertThatThrownBy(() -> Recipe.read(Optional.empty(), List.of(assignment)))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
        .hasMessageStartingWith("Cannot use " + key + " = " + value + " (--set). " + rule);
  }

  @Test
  void aSectionIsNoValueAndAValueNoSection() throws IOException {
    Path value = write("adapter = 5");
    assertThatThrownBy(() -> Recipe.read(Optional.of(value), List.of()))
        .hasMessageContaining("Unknown key adapter (");
    Path section = write("adapter.r { x = 1 }");
    assertThatThrownBy(() -> Recipe.read(Optional.of(section), List.of()))
        .hasMessageContaining("It is a section with keys of its own.");
  }

  @Test
  void filesAreMissingOrBroken() throws IOException {
    assertThatThrownBy(() -> Recipe.read(Optional.of(folder.resolve("no.conf")), List.of()))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.MISSING_INPUT))
        .hasMessageContaining("no.conf. It does not exist.");
    Path broken = write("adapter {");
    assertThatThrownBy(() -> Recipe.read(Optional.of(broken), List.of()))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
        .hasMessageContaining("It is not HOCON:");
    assertThatThrownBy(() -> Recipe.read(Optional.empty(), List.of("adapter.r")))
        .isInstanceOfSatisfying(
            SparkPeftException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE));
  }

  @Test
  void onlyWhatARecipeSaysCountsAgainstAnAdapterThatIsRead() {
    Recipe recipe = Recipe.defaults().with("adapter.r", 16).with("adapter.path", "/adapter");
    assertThat(recipe.givenAdapterSettings().toString()).isEqualTo("{\"r\":16}");
    assertThat(recipe.adapterSettings().toString())
        .contains("\"r\":16", "\"lora_alpha\":16.0", "\"init_lora_weights\":true")
        .contains("\"target_modules\":null", "\"layers_to_transform\":null")
        .doesNotContain("path");
  }

  @ParameterizedTest
  @EnumSource(PeftType.class)
  void theEffectiveConfigurationCanBeReadAgain(PeftType type) throws IOException {
    List<String> assignments =
        OtherValues.of(type).entrySet().stream()
            .filter(
                entry -> RecipeKeys.find(entry.getKey()).filter(Job.FINETUNE::reads).isPresent())
            .map(entry -> entry.getKey() + "=" + entry.getValue())
            .toList();
    Recipe recipe = Recipe.read(Optional.empty(), assignments);
    Path file = write(recipe.effective().text(Job.FINETUNE));
    Recipe again = Recipe.read(Optional.of(file), List.of());
    assertThat(again.effective().text(Job.FINETUNE).replaceAll(" +#.*", ""))
        .isEqualTo(recipe.effective().text(Job.FINETUNE).replaceAll(" +#.*", ""));
  }

  @Test
  void credentialsInAddressesAreNotPrinted() {
    Recipe recipe = Recipe.defaults().with("data.source", "s3a://id:key@bucket/x");
    assertThat(recipe.effective().text(Job.PREPARE))
        .contains("data.source = \"s3a://***@bucket/x\"")
        .doesNotContain("id:key");
  }

  private Path write(String text) throws IOException {
    return Files.writeString(folder.resolve("recipe.conf"), text);
  }

  @Test
  void packingFillsMicroBatchesByTokens() {
    Recipe recipe = Recipe.defaults().with("data.max_length", 256);
    assertThat(recipe.trainSettings(2048).batching()).isEqualTo(new MicroBatching.Examples(4));
    assertThat(recipe.with("data.packing", true).trainSettings(2048).batching())
        .isEqualTo(new MicroBatching.Packed(4 * 256));
  }

  @Test
  void chanceIsOnOrItsKeysAreRefused() {
    assertThat(Recipe.defaults().sampling()).isEmpty();
    assertThat(
            Recipe.defaults()
                .with("generate.do_sample", true)
                .with("generate.temperature", 0.7)
                .with("generate.top_p", 0.9)
                .sampling())
        .contains(new Sampling(0.7, 0, 0.9, 42));
    Recipe halfway = Recipe.read(Optional.empty(), List.of("generate.temperature=0.7"));
    assertThatThrownBy(halfway::sampling)
        .hasMessageContaining("The key generate.temperature (--set) has no effect.")
        .hasMessageContaining("Set generate.do_sample=true");
  }

  /** Executors work elsewhere. */
  @Test
  void whatExecutorsReadIsNamedInFull() {
    Recipe recipe =
        Recipe.defaults()
            .with("model.path", "base")
            .with("adapter.path", "a")
            .with("merge.adapters", List.of("a", "/b"))
            .with("merge.prompts", "p.txt")
            .placed();
    assertThat(recipe.effective().assignments())
        .containsExactlyInAnyOrder(
            "model.path=" + Path.of("base").toAbsolutePath(),
            "adapter.path=" + Path.of("a").toAbsolutePath(),
            "merge.adapters=[\"" + Path.of("a").toAbsolutePath() + "\",\"/b\"]",
            "merge.prompts=" + Path.of("p.txt").toAbsolutePath());
    assertThat(Recipe.defaults().with("model.path", "base").placed().effective().assignments())
        .containsExactly("model.path=" + Path.of("base").toAbsolutePath());
  }

  @Test
  void addressesAreThoseThatTheJobLooksAt() {
    Recipe recipe =
        Recipe.defaults()
            .with("model.path", "s3a://lake/base")
            .with("data.source", "/data")
            .with("merge.adapters", List.of("s3a://lake/a", "/b", "s3a://lake/c"))
            .with("generate.prompt", "s3a://lake/no/input")
            .with("tables.root", "s3a://lake/tables");
    assertThat(recipe.effective().addresses(Job.PREPARE))
        .isEqualTo(
            Map.of(
                "model.path", List.of("s3a://lake/base"),
                "tables.root", List.of("s3a://lake/tables")));
    assertThat(recipe.effective().addresses(Job.MERGE))
        .isEqualTo(
            Map.of(
                "model.path", List.of("s3a://lake/base"),
                "merge.adapters", List.of("s3a://lake/a", "s3a://lake/c")));
    assertThat(recipe.effective().addresses(Job.GENERATE)).containsOnlyKeys("model.path");
    assertThat(recipe.effective().addresses(Job.DOWNLOAD)).isEmpty();
  }
}
