package io.sparkpeft.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.SparkPeftException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanTest {
  private static final List<String> ALL =
      List.of(
          "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "lm_head");

  /** The shape of LLaMA-2-7B. */
  private static final String LLAMA_2_7B =
      """
      {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_attention_heads": 32,
        "num_hidden_layers": 32,
        "num_key_value_heads": 32,
        "max_position_embeddings": 4096,
        "rms_norm_eps": 1e-05,
        "hidden_act": "silu",
        "bos_token_id": 1,
        "eos_token_id": 2,
        "tie_word_embeddings": false,
        "vocab_size": 32000
      }
      """;

  @TempDir Path folder;
  private Recipe recipe;

  @BeforeEach
  void modelWithoutWeights() throws IOException {
    Files.writeString(folder.resolve("config.json"), LLAMA_2_7B);
    recipe =
        Recipe.defaults()
            .with("model.path", folder)
            .with("tables.root", folder.resolve("tables"))
            .with("model.dtype", "bfloat16");
  }

  @Test
  void rank8OnQueryAndValue() {
    Plan plan = Plan.of(recipe);
    assertThat(plan.trainableParameters()).isEqualTo(4_194_304);
    assertThat(plan.totalParameters()).isEqualTo(6_738_415_616L);
    assertThat(plan.trainableByModule()).containsOnlyKeys("q_proj", "v_proj");
    assertThat(plan.modulesByName()).containsEntry("q_proj", 32);
  }

  /** 262,144 weights, and an adapter of 2 * (512 + 512) = 2,048. */
  @Test
  void rankTwoOnASquareOf512() throws IOException {
    ObjectNode config = (ObjectNode) Json.read(folder.resolve("config.json"));
    config.put("hidden_size", 512).put("num_attention_heads", 8).put("num_key_value_heads", 8);
    config.put("num_hidden_layers", 1);
    Files.writeString(folder.resolve("config.json"), config.toString());
    Plan plan =
        Plan.of(recipe.with("adapter.r", 2).with("adapter.target_modules", List.of("q_proj")));
    assertThat(plan.trainableByModule()).containsExactly(entry("q_proj", 2_048L));
    assertThat(plan.weightsByName()).containsExactly(entry("q_proj", 262_144L));
    assertThat(plan.text()).containsPattern("q_proj +2,048  in 1 modules, for 262,144 weights");
  }

  @Test
  void quantisedWeightsTakeFourBitsAndTheirScales() {
    Plan plain = Plan.of(recipe);
    Plan plan = Plan.of(recipe.with("model.quantization", "nf4"));
    long linear = 32L * (4 * 4096 * 4096 + 3 * 4096 * 11008);
    long saved = linear * 2 - linear / 2 - linear / 64 - linear / 64 / 256 * 4;
    assertThat(plain.memory().weights() - plan.memory().weights()).isEqualTo(saved);
    assertThat(plan.memory().workspace()).isEqualTo(linear / 32 * 2);
    assertThat(plan.memory().activations()).isEqualTo(plain.memory().activations());
    assertThat(plan.json().path("quantization").asText()).isEqualTo("nf4/64/nested");
    assertThat(plan.json().path("quantized_bits_per_weight").asDouble()).isEqualTo(4.126953125);
    assertThat(plan.text())
        .containsPattern("bits per quantised weight +4\\.127  nf4/64/nested")
        .containsPattern("workspace +386\\.0 MiB  one layer's quantised weights, expanded");
    assertThat(plain.text()).doesNotContain("workspace").doesNotContain("quantised");
  }

  /** As transformers 5 writes it: bitsandbytes leaves the experts in 16 bits. */
  @Test
  void namesOfTensorsTellWhichExpertsAreQuantised() throws IOException {
    ObjectNode config = (ObjectNode) Json.read(folder.resolve("config.json"));
    config.put("model_type", "mixtral").put("num_local_experts", 8).put("num_experts_per_tok", 2);
    config.put("num_hidden_layers", 1);
    config
        .putObject("quantization_config")
        .put("load_in_4bit", true)
        .put("bnb_4bit_quant_type", "nf4");
    Files.writeString(folder.resolve("config.json"), config.toString());
    Plan alone = Plan.of(recipe);
    long expert = 3L * 4096 * 11008;
    long attention = 4L * 4096 * 4096;
    assertThat(alone.memory().workspace()).isEqualTo(2 * (attention + expert));

    writeIndex(List.of("q_proj", "k_proj", "v_proj", "o_proj"));
    Plan plan = Plan.of(recipe);
    assertThat(plan.memory().weights() - alone.memory().weights())
        .isEqualTo(8 * (expert * 2 - expert / 2 - expert / 64 * 4));
    assertThat(plan.memory().workspace()).isEqualTo(2 * attention);

    writeIndex(List.of("q_proj"));
    assertThat(Plan.of(recipe).memory().weights() - plan.memory().weights())
        .isEqualTo(3 * (attention / 4) * 3 / 2 - 3 * (attention / 4) / 64 * 4);
    writeIndex(List.of());
    assertThat(Plan.of(recipe).memory()).isEqualTo(alone.memory());
    assertThat(Plan.of(recipe.with("model.path", folder.resolve("config.json"))).memory())
        .isEqualTo(alone.memory());
  }

  /** Of attention alone; its shards are not there. */
  /** Of rank 2 for each of 8 experts, which gates and what they let through share. */
  @Test
  void countsWhatIsTrainedOfExperts() throws IOException {
    ObjectNode config = (ObjectNode) Json.read(folder.resolve("config.json"));
    config.put("model_type", "mixtral").put("num_local_experts", 8).put("num_experts_per_tok", 2);
    config.put("num_hidden_layers", 3);
    Files.writeString(folder.resolve("config.json"), config.toString());
    List<String> parameters = List.of("experts.gate_up_proj", "experts.down_proj", "gate.weight");
    Recipe given =
        recipe
            .with("adapter.r", 2)
            .with("adapter.lora_dropout", 0.0)
            .with("adapter.target_parameters", parameters);
    Plan plan = Plan.of(given);
    long ins = 8 * 2 * (4096 + 2 * 11008);
    long outs = 8 * 2 * (11008 + 4096);
    assertThat(plan.trainableByModule())
        .containsOnly(
            entry("gate_up_proj", 3 * ins),
            entry("down_proj", 3 * outs),
            entry("gate", 3 * 2 * (4096L + 8)));
    assertThat(plan.weightsByName())
        .containsEntry("gate_up_proj", 3 * 8 * 2 * 4096L * 11008)
        .containsEntry("gate", 3 * 8 * 4096L);
    assertThat(plan.trainableParameters()).isEqualTo(3 * (ins + outs + 2 * (4096 + 8)));
    Plan attention = Plan.of(given.with("adapter.target_parameters", List.of("gate.weight")));
    assertThat(plan.memory().activations() - attention.memory().activations())
        .isEqualTo(4 * (ins + outs));
    assertThatThrownBy(() -> Plan.of(given.with("adapter.lora_dropout", 0.05)))
        .hasMessageStartingWith(
            "Cannot use lora_dropout = 0.05 where LoRA adapts target_parameters.");
  }

  private void writeIndex(List<String> quantized) throws IOException {
    ObjectNode index = Json.object();
    ObjectNode map = index.putObject("weight_map");
    for (String projection : List.of("q_proj", "k_proj", "v_proj", "o_proj")) {
      String weight = "model.layers.0.self_attn." + projection + ".weight";
      map.put(weight, "model-00001-of-00001.safetensors");
      if (quantized.contains(projection)) {
        map.put(weight + ".quant_state.bitsandbytes__nf4", "model-00001-of-00001.safetensors");
      }
    }
    Files.writeString(folder.resolve("model.safetensors.index.json"), index.toString());
  }

  @Test
  void keysOfQuantisationCountOnlyTogether() {
    assertThatThrownBy(() -> Plan.of(recipe.with("model.quantization_blocksize", 128)))
        .hasMessage(
            "The key model.quantization_blocksize (Java) has no effect. It counts only where"
                + " model.quantization is set. Set model.quantization, or leave out"
                + " model.quantization_blocksize.");
    assertThatThrownBy(() -> Plan.of(recipe.with("model.quantization_blocksize", 100)))
        .hasMessageContaining("It must be a power of two from 32 to 4096.");
  }

  /** Rank 4 on all seven, 2048 vectors of 256: what its authors published as 308 MB and 2.5 MB. */
  @Test
  void vbLoraCountsWhatBothKindsOfItsFileHold() {
    Recipe vblora =
        recipe
            .with("adapter.peft_type", "VBLORA")
            .with("adapter.r", 4)
            .with("adapter.num_vectors", 2048)
            .with("adapter.target_modules", "all-linear");
    Plan whole = Plan.of(vblora);
    assertThat(whole.trainableParameters()).isEqualTo(80_478_208);
    assertThat(whole.trainableByModule()).containsEntry("vblora_vector_bank", 2048L * 256);
    assertThat(whole.adapterFileBytes()).isEqualTo(321_974_984);
    assertThat(whole.savable()).contains(new Plan.Savable(80_478_208, 602_368));
    assertThat(whole.json().get("savable_parameters").toString())
        .isEqualTo("{\"all\":80478208,\"topk\":602368}");
    assertThat(whole.text())
        .contains("vblora_vector_bank", "shared by all layers", "80,478,208  with all logits");
    Plan small = Plan.of(vblora.with("adapter.save_only_topk_weights", true));
    assertThat(small.adapterFileBytes()).isEqualTo(2_538_104);
    assertThat(Plan.of(recipe).savable()).isEmpty();
  }

  /** Nothing but config.json is there, and what is wrong with it is said at once. */
  @Test
  void aModelThatIsNotComputedIsRefusedByName() throws IOException {
    Files.writeString(folder.resolve("config.json"), LLAMA_2_7B.replace("llama", "deepseek_v3"));
    assertThatThrownBy(() -> Plan.of(recipe))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            failure -> assertThat(failure.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
        .hasMessageContaining("model_type 'deepseek_v3' of config.json is not supported.")
        .hasMessageContaining("Supported: falcon, gemma, gemma2, gemma3_text, gpt2, gpt_neox,");
  }

  @ParameterizedTest
  @CsvSource({"8, 20277248", "16, 40554496", "256, 648871936"})
  void everyLinearLayerAndTheHead(int r, long parameters) {
    Plan plan = Plan.of(recipe.with("adapter.r", r).with("adapter.target_modules", ALL));
    assertThat(plan.trainableParameters()).isEqualTo(parameters);
    assertThat(plan.trainableByModule().values().stream().mapToLong(n -> n).sum())
        .isEqualTo(parameters);
  }

  @Test
  void memoryByPart() {
    RankMemory memory = Plan.of(recipe).memory();
    assertThat(memory.weights()).isEqualTo(2 * 6_738_415_616L);
    assertThat(memory.adapter()).isEqualTo(4 * 4_194_304L);
    assertThat(memory.optimizer()).isEqualTo(8 * 4_194_304L);
    assertThat(memory.gradients()).isEqualTo(12 * 4_194_304L);
    assertThat(memory.overheadBytes() % (256L << 20)).isZero();
    RankMemory sgd = Plan.of(recipe.with("train.optimizer", "sgd")).memory();
    assertThat(sgd.optimizer()).isEqualTo(4 * 4_194_304L);
    RankMemory in8bit = Plan.of(recipe.with("train.optimizer", "adamw_8bit")).memory();
    assertThat(in8bit.optimizer()).isEqualTo(2 * 4_194_304L + 2 * 4 * 4_194_304L / 256);
    Plan paged =
        Plan.of(
            recipe
                .with("train.optimizer", "paged_adamw_32bit")
                .with("train.optimizer_memory", "10 MiB"));
    assertThat(paged.memory().optimizer()).isEqualTo(10L << 20);
    assertThat(paged.memory().optimizerFiles()).isEqualTo(8 * 4_194_304L - (10L << 20));
    assertThat(paged.memory().total()).isEqualTo(memory.total() - paged.memory().optimizerFiles());
    assertThat(paged.text()).contains("optimizer in files");
    RankMemory kept = Plan.of(recipe.with("train.gradient_checkpointing", false)).memory();
    assertThat(kept.activations()).isGreaterThan(memory.activations());
  }

  @Test
  void aRingOfRanksSendsEightBytesForEachValueAlmostTwice() {
    assertThat(Plan.of(recipe).allReduceBytesPerStep()).isZero();
    assertThat(Plan.of(recipe.with("train.ranks", 2)).allReduceBytesPerStep())
        .isEqualTo(8 * 4_194_304L);
    assertThat(Plan.of(recipe.with("train.ranks", 4)).allReduceBytesPerStep())
        .isEqualTo(12 * 4_194_304L);
  }

  @Test
  void stepsFollowFromTheTokenTable() throws IOException {
    Path log = Files.createDirectories(folder.resolve("tables/tokens/_delta_log"));
    Files.writeString(
        log.resolve("00000000000000000000.json"),
        """
        {"add":{"path":"a","stats":"{\\"numRecords\\":400}"}}
        {"add":{"path":"b","stats":"{\\"numRecords\\":300}"}}
        """);
    Files.writeString(log.resolve("00000000000000000001.json"), "{\"remove\":{\"path\":\"b\"}}\n");
    Plan plan = Plan.of(recipe);
    assertThat(plan.examples()).hasValue(400);
    assertThat(plan.steps()).hasValue(4);
    assertThat(plan.microBatchesPerStep()).isEqualTo(32);
  }

  @Test
  void stepsFollowFromTheSourceOrMaxStepsOrAreUnknown() throws IOException {
    assertThat(Plan.of(recipe).steps()).isEmpty();
    assertThat(Plan.of(recipe).text()).contains("unknown");
    assertThat(Plan.of(recipe.with("train.max_steps", 390)).steps()).hasValue(390);
    Path source = Files.writeString(folder.resolve("x.json"), "[{\"a\": [1]}, {}, {}]");
    Recipe small = recipe.with("data.source", source).with("train.global_batch_size", 2);
    assertThat(Plan.of(small).examples()).hasValue(3);
    assertThat(Plan.of(small).steps()).hasValue(2);
  }

  @Test
  void jsonHasTheKeysThatProgramsAskFor() {
    JsonNode json = Plan.of(recipe).json();
    assertThat(json.fieldNames())
        .toIterable()
        .contains(
            "trainable_parameters",
            "total_parameters",
            "adapter_file_bytes",
            "all_reduce_bytes_per_step",
            "memory_bytes",
            "steps",
            "partitions",
            "slots");
    assertThat(json.at("/memory_bytes/weights").asLong()).isEqualTo(2 * 6_738_415_616L);
    assertThat(json.path("adapter_file_bytes").asLong()).isGreaterThan(4 * 4_194_304L);
  }

  @Test
  void whatDoesNotFitIsSaid() {
    assertThatThrownBy(() -> Plan.of(recipe.with("adapter.target_modules", List.of("c_attn"))))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION));
    assertThatThrownBy(() -> Plan.of(Recipe.defaults()))
        .hasMessageStartingWith("model.path is not set.");
    assertThatThrownBy(() -> Plan.of(recipe.with("model.path", folder.resolve("none"))))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.MISSING_INPUT));
  }
}
