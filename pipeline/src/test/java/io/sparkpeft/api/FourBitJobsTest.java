package io.sparkpeft.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.LocalCluster;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** QLoRA's jobs on two executors in processes of their own. */
class FourBitJobsTest {
  private static final Path QUICKSTART =
      Path.of("..", "jobs", "quickstart").toAbsolutePath().normalize();

  @TempDir static Path folder;

  private static SparkPeft peft;
  private static Path fourBits;

  @BeforeAll
  static void quantizeAndPrepare() {
    peft = SparkPeft.on(LocalCluster.session());
    Quantized quantized = peft.quantize(recipe("quantized").with("model.quantization", "nf4"));
    fourBits = quantized.modelPath();
    assertThat(quantized.bitsPerWeight()).isBetween(4.12, 4.13);
    peft.prepare(recipe("prepared"));
  }

  @Test
  void theSameBitsFromAnyNumberOfRanksAndBothWaysOfQuantizing() {
    Finetuned two = peft.finetune(qlora("two", fourBits).with("train.ranks", 2));
    Finetuned one = peft.finetune(qlora("one", fourBits));
    Finetuned onLoad =
        peft.finetune(
            qlora("on-load", QUICKSTART.resolve("base")).with("model.quantization", "nf4"));
    Finetuned resident =
        peft.finetune(qlora("resident", fourBits).with("train.optimizer", "adamw_8bit"));

    assertThat(two.lossLast()).isLessThan(two.lossFirst());
    assertThat(one.adapterSha256()).isEqualTo(two.adapterSha256());
    assertThat(onLoad.adapterSha256()).isEqualTo(two.adapterSha256());
    assertThat(resident.adapterSha256()).isEqualTo(two.adapterSha256());

    Recipe stored = adapted("of-stored", fourBits, two);
    Recipe loaded =
        adapted("of-loaded", QUICKSTART.resolve("base"), two).with("model.quantization", "nf4");
    assertThat(peft.evaluate(stored).scores()).isEqualTo(peft.evaluate(loaded).scores());
    assertThat(answer(stored)).isEqualTo(answer(loaded)).isNotEmpty();
    JsonNode provenance = Json.read(two.adapterPath().resolve("spark_peft_provenance.json"));
    assertThat(provenance.path("base_quantization").asText()).startsWith("nf4");
  }

  @Test
  void virtualTokensNeedRoomBeforeTheLongestExample() {
    assertThatThrownBy(
            () ->
                peft.finetune(
                    recipe("prefix")
                        .with("adapter.peft_type", "PREFIX_TUNING")
                        .with("adapter.num_virtual_tokens", 250)))
        .hasMessageMatching(
            "The longest example has \\d+ tokens, and the model has room for 6\\. Its context is"
                + " 256, and 250 virtual tokens stand before every example\\. Prepare the table"
                + " with data\\.max_length = 6 or less\\.");
  }

  private static String answer(Recipe recipe) {
    Recipe asked =
        recipe
            .with("run.id", recipe.run().id().orElseThrow() + "-answer")
            .with("output.path", folder.resolve(recipe.run().id().orElseThrow() + "-answer"))
            .with("generate.prompt", "What is 17 plus 25?");
    return peft.generate(asked).answers().get(0).answer();
  }

  private static Recipe adapted(String name, Path model, Finetuned adapter) {
    return recipe(name)
        .with("model.path", model)
        .with("adapter.path", adapter.adapterPath())
        .with("eval.tasks", List.of("arithmetic_2da"))
        .with("eval.limit", 40)
        .with("eval.source", QUICKSTART.resolve("test"));
  }

  /** With a state that has to leave memory. */
  private static Recipe qlora(String name, Path model) {
    return recipe(name)
        .with("model.path", model)
        .with("adapter.target_modules", "all-linear")
        .with("train.optimizer", "paged_adamw_8bit")
        .with("train.optimizer_memory", 4096)
        .with("train.global_batch_size", 12)
        .with("train.micro_batch_size", 4)
        .with("train.learning_rate", 3e-3)
        .with("train.max_steps", 12);
  }

  private static Recipe recipe(String name) {
    return Recipe.defaults()
        .with("model.path", QUICKSTART.resolve("base"))
        .with("data.source", QUICKSTART.resolve("instructions.json"))
        .with("tables.root", folder.resolve("tables"))
        .with("run.id", name)
        .with("output.path", folder.resolve(name));
  }
}
