package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterShape;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.adapter.BaseModel;
import io.sparkpeft.adapter.LoraConfig;
import io.sparkpeft.base.Json;
import io.sparkpeft.data.TokenBatch;
import io.sparkpeft.tensor.KernelObservation;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The formula against a count of what the kernels are really given. */
class TrainingFlopsTest {
  private ReferenceModel model;

  @BeforeEach
  void open() {
    model = ReferenceModel.open("untied");
  }

  @AfterEach
  void close() {
    model.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj,lm_head | RECOMPUTE
          q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj,lm_head | KEEP_ALL
          q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj,lm_head | KEEP_PRODUCTS
          q_proj,v_proj                | RECOMPUTE
          layers.1.mlp.up_proj         | KEEP_PRODUCTS
          layers.1.self_attn.v_proj    | RECOMPUTE
          layers.0.self_attn.k_proj    | KEEP_ALL
          layers.1.self_attn.o_proj    | RECOMPUTE
          layers.0.self_attn.o_proj    | KEEP_ALL
          layers.0.mlp.up_proj         | RECOMPUTE
          layers.1.mlp.down_proj       | RECOMPUTE
          lm_head                      | RECOMPUTE
          """)
  void equalsWhatIsComputed(String modules, Checkpointing checkpointing) {
    assertEqualsWhatIsComputed(model, modules, checkpointing);
  }

  /**
   * Where attention and MLP stand side by side, neither's adapter asks for the other's gradient.
   */
  @ParameterizedTest
  @CsvSource({
    "falcon_7b, h.0.self_attention.query_key_value",
    "falcon_7b, h.0.mlp.dense_4h_to_h",
    "gpt_neox, layers.0.attention.dense",
    "phi, layers.1.mlp.fc2",
  })
  void equalsWhatParallelLayersCompute(String family, String modules) {
    try (ReferenceModel other = ReferenceModel.open("families/" + family)) {
      assertEqualsWhatIsComputed(other, modules, Checkpointing.RECOMPUTE);
    }
  }

  private static void assertEqualsWhatIsComputed(
      ReferenceModel model, String modules, Checkpointing checkpointing) {
    BaseModel base = model.decoder.config().baseModel();
    LoraConfig config =
        LoraConfig.defaults()
            .with("r", 3)
            .with("lora_dropout", 0.5)
            .with("target_modules", List.of(modules.split(",")));
    TrainingFlops formula =
        new TrainingFlops(model.decoder.config(), config.shape(base), checkpointing);
    FlopCounter counter = new FlopCounter(model.decoder.config());
    TokenBatch batch = model.batch();
    try (Adapter adapter = Adapters.create(model.manager, config, base, 1);
        KernelObservation observation = KernelObservation.begin(counter, Device.cpu())) {
      new AdapterTraining(model.decoder, adapter, checkpointing)
          .lossAndGradient(batch, 1, 7, new float[adapter.parameterCount()]);
      assertThat(observation).isNotNull();
    }
    assertThat(formula.of(batch.lengths(), batch.targetCount())).isEqualTo(counter.counted());
  }

  @ParameterizedTest
  @MethodSource("io.sparkpeft.model.FamiliesReferenceTest#families")
  void equalsWhatIsComputedInEveryFamily(String family) {
    try (ReferenceModel other = ReferenceModel.open("families/" + family)) {
      for (Checkpointing checkpointing : Checkpointing.values()) {
        TrainingFlops formula =
            new TrainingFlops(
                other.decoder.config(),
                other.adapter.config().shape(other.decoder.config().baseModel()),
                checkpointing);
        FlopCounter counter = new FlopCounter(other.decoder.config());
        try (KernelObservation observation = KernelObservation.begin(counter, Device.cpu())) {
          new AdapterTraining(other.decoder, other.adapter, checkpointing)
              .lossAndGradient(other.batch(), 1, 0, new float[other.adapter.parameterCount()]);
          assertThat(observation).isNotNull();
        }
        assertThat(formula.of(other.batch().lengths(), other.batch().targetCount()))
            .isEqualTo(counter.counted());
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          mistral  | {"target_modules": ["v_proj"], "use_dora": true}
          mistral  | {"target_modules": ["o_proj", "up_proj"], "use_dora": true, "lora_dropout": 0.5}
          gemma2   | {"target_modules": ["down_proj", "k_proj"], "use_dora": true}
          mistral  | {"target_modules": ["q_proj", "down_proj"], "init_lora_weights": "pissa"}
          mistral  | {"target_modules": ["layers.1.mlp.up_proj"], "modules_to_save": ["lm_head"]}
          mistral  | {"target_modules": ["up_proj"], "modules_to_save": ["layers.0.self_attn"]}
          mistral  | {"target_modules": ["layers.1.mlp.up_proj"], "modules_to_save": ["embed_tokens"]}
          mistral  | {"target_modules": ["layers.1.mlp.down_proj"], "modules_to_save": ["1.input_layernorm"]}
          mistral  | {"target_modules": ["layers.1.mlp.down_proj"], "modules_to_save": ["1.post_attention_layernorm"]}
          mistral  | {"target_modules": ["lm_head"], "modules_to_save": ["model.norm"]}
          gemma2   | {"target_modules": ["1.mlp.down_proj"], "modules_to_save": ["1.post_attention_layernorm"]}
          gemma2   | {"target_modules": ["1.mlp.up_proj"], "modules_to_save": ["1.post_feedforward_layernorm"]}
          qwen3    | {"target_modules": ["1.mlp.down_proj"], "modules_to_save": ["1.self_attn.k_norm"]}
          opt_norm_last | {"target_modules": ["1.fc2"], "modules_to_save": ["1.self_attn_layer_norm"]}
          opt_norm_last | {"target_modules": ["1.fc1"], "modules_to_save": ["1.final_layer_norm"]}
          gpt2     | {"target_modules": ["1.mlp.c_proj"], "bias": "all"}
          phi      | {"target_modules": ["1.mlp.fc2"], "modules_to_save": ["1.input_layernorm"]}
          mixtral  | {"target_modules": ["q_proj"], "target_parameters": ["gate_up_proj", "down_proj", "gate.weight"]}
          mixtral  | {"target_modules": [], "target_parameters": ["gate_up_proj"]}
          mixtral  | {"target_modules": [], "target_parameters": ["layers.1.mlp.experts.down_proj"]}
          mixtral  | {"target_modules": [], "target_parameters": ["layers.1.mlp.gate.weight"]}
          qwen3_moe | {"target_modules": ["lm_head"], "target_parameters": ["down_proj"], "rank_pattern": {"experts.down_proj": 3}}
          qwen3_moe | {"target_modules": [], "target_parameters": ["gate.weight", "1.mlp.experts.gate_up_proj"]}
          """)
  void equalsWhatVariantsCompute(String family, String settings) throws Exception {
    try (ReferenceModel other = ReferenceModel.open("families/" + family)) {
      BaseModel base = other.decoder.config().baseModel();
      LoraConfig config = LoraConfig.of(Json.parse(settings)).with("r", 2);
      for (Checkpointing checkpointing : Checkpointing.values()) {
        FlopCounter counter = new FlopCounter(other.decoder.config());
        try (Adapter adapter =
            Adapters.create(other.manager, config, base, other.decoder.frozenTensors(), 1)) {
          KernelObservation observation = KernelObservation.begin(counter, Device.cpu());
          try (observation) {
            new AdapterTraining(other.decoder, adapter, checkpointing)
                .lossAndGradient(other.batch(), 1, 7, new float[adapter.parameterCount()]);
          }
        }
        TrainingFlops formula =
            new TrainingFlops(other.decoder.config(), config.shape(base), checkpointing);
        assertThat(formula.of(other.batch().lengths(), other.batch().targetCount()))
            .as(checkpointing + " " + settings)
            .isEqualTo(counter.counted());
      }
    }
  }

  /** Its keys and values have a gradient even in the lowest layer. */
  @ParameterizedTest
  @EnumSource(Checkpointing.class)
  void virtualTokensAreSeenByEveryToken(Checkpointing checkpointing) {
    try (ReferenceModel prefixed = ReferenceModel.method("prefix")) {
      DecoderConfig config = prefixed.decoder.config();
      AdapterShape shape = prefixed.adapter.config().shape(config.baseModel());
      TrainingFlops formula = new TrainingFlops(config, shape, checkpointing);
      FlopCounter counter = new FlopCounter(config);
      TokenBatch batch = prefixed.batch();
      try (KernelObservation observation = KernelObservation.begin(counter, Device.cpu())) {
        new AdapterTraining(prefixed.decoder, prefixed.adapter, checkpointing)
            .lossAndGradient(batch, 1, 0, new float[prefixed.adapter.parameterCount()]);
        assertThat(observation).isNotNull();
      }
      assertThat(formula.of(batch.lengths(), batch.targetCount())).isEqualTo(counter.counted());
    }
  }

  @Test
  void aDocumentPaysForItsOwnLengthAlone() {
    LoraConfig config = LoraConfig.defaults().with("target_modules", List.of("q_proj"));
    TrainingFlops formula =
        new TrainingFlops(
            model.decoder.config(),
            config.shape(model.decoder.config().baseModel()),
            Checkpointing.KEEP_ALL);
    TrainingFlops.Parts apart = formula.of(new int[] {5}, 1).plus(formula.of(new int[] {9}, 2));
    assertThat(formula.of(new int[] {5, 9}, 3)).isEqualTo(apart);
    assertThat(formula.of(new int[] {14}, 3).attention()).isGreaterThan(apart.attention());
  }
}
