package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.BaseNDManager;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.adapter.BaseModel;
import io.sparkpeft.adapter.LinearModule;
import io.sparkpeft.adapter.LoraConfig;
import io.sparkpeft.base.Json;
import io.sparkpeft.data.TokenBatch;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterTrainingTest {
  private static final long DROPOUT_SEED = 99;
  private static final List<String> ALL =
      List.of(
          "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "lm_head");

  private ReferenceModel model;

  @BeforeEach
  void open() {
    model = ReferenceModel.open("untied");
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void recomputingGivesTheSameBits() {
    float[] kept = gradient(Checkpointing.KEEP_ALL, model.batch(), DROPOUT_SEED);
    assertThat(gradient(Checkpointing.KEEP_PRODUCTS, model.batch(), DROPOUT_SEED)).isEqualTo(kept);
    assertThat(gradient(Checkpointing.RECOMPUTE, model.batch(), DROPOUT_SEED)).isEqualTo(kept);
  }

  @Test
  void threadsGiveTheSameBitsAsOne() throws Exception {
    List<TokenBatch> batches = List.of(model.batch(), shorter());
    List<float[]> serial = batches.stream().map(this::droppedGradient).toList();
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Callable<float[]>> work = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        TokenBatch batch = batches.get(i % 2);
        work.add(
            () -> {
              Engine.prepareThread();
              return droppedGradient(batch);
            });
      }
      List<Future<float[]>> results = threads.invokeAll(work);
      for (int i = 0; i < results.size(); i++) {
        assertThat(results.get(i).get()).isEqualTo(serial.get(i % 2));
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void theSeedDecidesTheDropout() {
    float[] first = gradient(Checkpointing.RECOMPUTE, model.batch(), 1);
    assertThat(first).isNotEqualTo(gradient(Checkpointing.RECOMPUTE, model.batch(), 2));
    assertThat(first).isNotEqualTo(gradient(Checkpointing.RECOMPUTE, model.batch(), 0));
  }

  /** Its neighbours do not change what is dropped of a sample. */
  @Test
  void aSampleAloneHasTheSameLoss() {
    TokenBatch whole = model.batch();
    double together = loss(whole);
    double apart = 0;
    for (int document = 0; document < whole.lengths().length; document++) {
      apart += loss(alone(whole, document));
    }
    assertThat(apart).isCloseTo(together, within(1e-3));
  }

  @Test
  void theScaleMultipliesTheGradientAlone() {
    AdapterTraining training = training(model.adapter, Checkpointing.RECOMPUTE);
    float[] whole = new float[model.adapter.parameterCount()];
    float[] half = new float[model.adapter.parameterCount()];
    double loss = training.lossAndGradient(model.batch(), 1, 0, whole);
    assertThat(training.lossAndGradient(model.batch(), 0.5, 0, half)).isEqualTo(loss);
    for (int i = 0; i < whole.length; i++) {
      whole[i] /= 2;
    }
    assertThat(half).isEqualTo(whole);
  }

  /** Where only one module is adapted, backward stops early, and finds the same. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "layers.1.self_attn.v_proj",
        "layers.0.self_attn.k_proj",
        "layers.1.self_attn.o_proj",
        "layers.0.mlp.up_proj",
        "layers.1.mlp.down_proj",
        "lm_head"
      })
  void oneTargetAloneHasTheGradientThatItHasAmongOthers(String target) {
    BaseModel base = model.decoder.config().baseModel();
    try (Adapter alone = Adapters.create(model.manager, random(List.of(target)), base, 3);
        Adapter all = Adapters.create(model.manager, random(ALL), base, 3)) {
      String module = name(base.linearModules(), target);
      silenceAllBut(module, all);
      float[] one = new float[alone.parameterCount()];
      float[] many = new float[all.parameterCount()];
      training(alone, Checkpointing.RECOMPUTE).lossAndGradient(model.batch(), 1, 0, one);
      training(all, Checkpointing.RECOMPUTE).lossAndGradient(model.batch(), 1, 0, many);
      int from = offset(all, module);
      assertThat(one).isEqualTo(Arrays.copyOfRange(many, from, from + one.length));
      assertThat(one).isNotEqualTo(new float[one.length]);
    }
  }

  /** Where the gradients of a module's tensors begin, which lie beside each other. */
  private static int offset(Adapter adapter, String module) {
    return adapter.parameters().stream()
        .filter(parameter -> parameter.name().contains(module + ".lora_"))
        .mapToInt(AdapterParameter::offset)
        .min()
        .orElseThrow();
  }

  private static LoraConfig random(List<String> targets) {
    return LoraConfig.of(
        Json.tree(Map.of("r", 4, "init_lora_weights", false, "target_modules", targets)));
  }

  private static String name(List<LinearModule> modules, String ending) {
    return modules.stream()
        .map(LinearModule::name)
        .filter(name -> name.endsWith(ending))
        .findFirst()
        .orElseThrow();
  }

  /** With B zero an adapted module computes what it would without. */
  private static void silenceAllBut(String module, Adapter adapter) {
    for (AdapterParameter parameter : adapter.parameters()) {
      if (parameter.name().contains("lora_B") && !parameter.name().contains(module + ".")) {
        Tensors.copyFrom(parameter.value(), new float[parameter.size()], 0);
      }
    }
  }

  @Test
  void nothingIsLeftInMemory() {
    BaseNDManager manager = (BaseNDManager) model.manager;
    gradient(Checkpointing.KEEP_ALL, model.batch(), DROPOUT_SEED);
    int before = manager.getManagedArrays().size();
    for (int i = 0; i < 5; i++) {
      for (Checkpointing checkpointing : Checkpointing.values()) {
        gradient(checkpointing, model.batch(), DROPOUT_SEED);
      }
      training(model.adapter, Checkpointing.RECOMPUTE).loss(model.batch());
    }
    assertThat(manager.getManagedArrays()).hasSize(before);
  }

  @Test
  void aBatchWithoutTargetsHasNoLoss() {
    TokenBatch batch = model.batch();
    TokenBatch none =
        new TokenBatch(
            batch.lengths(), batch.tokens(), new boolean[batch.targets().length], batch.samples());
    float[] gradient = new float[model.adapter.parameterCount()];
    Arrays.fill(gradient, 7);
    AdapterTraining training = training(model.adapter, Checkpointing.RECOMPUTE);
    assertThat(training.lossAndGradient(none, 1, 0, gradient)).isZero();
    assertThat(gradient).containsOnly(0);
  }

  @Test
  void refusesTokensThatTheModelDoesNotKnow() {
    TokenBatch batch = alone(model.batch(), 2);
    batch.tokens()[3] = 96;
    assertThatThrownBy(() -> loss(batch))
        .hasMessageContaining("Token 96 is not in the model's vocabulary of 96.");
  }

  private float[] droppedGradient(TokenBatch batch) {
    return gradient(Checkpointing.RECOMPUTE, batch, DROPOUT_SEED);
  }

  private float[] gradient(Checkpointing checkpointing, TokenBatch batch, long seed) {
    float[] gradient = new float[model.adapter.parameterCount()];
    training(model.adapter, checkpointing).lossAndGradient(batch, 0.1, seed, gradient);
    return gradient;
  }

  private double loss(TokenBatch batch) {
    float[] gradient = new float[model.adapter.parameterCount()];
    return training(model.adapter, Checkpointing.RECOMPUTE)
        .lossAndGradient(batch, 1, DROPOUT_SEED, gradient);
  }

  private AdapterTraining training(Adapter adapter, Checkpointing checkpointing) {
    return new AdapterTraining(model.decoder, adapter, checkpointing);
  }

  private TokenBatch shorter() {
    return alone(model.batch(), 1);
  }

  private static TokenBatch alone(TokenBatch batch, int document) {
    int length = batch.lengths()[document];
    int start = Arrays.stream(batch.lengths()).limit(document).sum();
    return new TokenBatch(
        new int[] {length},
        Arrays.copyOfRange(batch.tokens(), start, start + length),
        Arrays.copyOfRange(batch.targets(), start, start + length),
        new long[] {batch.samples()[document]});
  }
}
