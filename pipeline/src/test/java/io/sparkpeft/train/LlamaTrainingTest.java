package io.sparkpeft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.data.MicroBatching;
import io.sparkpeft.data.TokenFile;
import io.sparkpeft.data.TokenFileWriter;
import io.sparkpeft.data.TokenizedExample;
import io.sparkpeft.optim.LearningRateSchedule;
import io.sparkpeft.optim.OptimizerSettings.AdamWSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole of the rooms together: model, adapter, gradients, ranks, optimizer, checkpoints. */
class LlamaTrainingTest {
  @TempDir static Path folder;

  private static TinyLlama llama;
  private static TokenFile examples;

  @BeforeAll
  static void open() throws IOException {
    llama = new TinyLlama(folder.resolve("model"));
    examples = randomExamples(folder.resolve("examples"));
  }

  @AfterAll
  static void close() {
    llama.close();
  }

  /** Eight of unequal length that nothing but memory can answer. */
  private static TokenFile randomExamples(Path file) {
    Random random = new Random(5);
    try (TokenFileWriter writer = TokenFileWriter.create(file)) {
      for (int i = 0; i < 8; i++) {
        int[] tokens = random.ints(6 + i, 3, TinyLlama.VOCABULARY).toArray();
        tokens[0] = 1;
        boolean[] targets = new boolean[tokens.length];
        for (int j = 3; j < tokens.length; j++) {
          targets[j] = true;
        }
        writer.add(i, new TokenizedExample(tokens, targets));
      }
      writer.commit();
    }
    return TokenFile.open(file);
  }

  private static TrainSettings settings(long steps) {
    return new TrainSettings(
        0.01,
        0.01,
        1,
        OptionalLong.of(steps),
        8,
        new MicroBatching.Examples(3),
        AdamWSettings.defaults(),
        LearningRateSchedule.Shape.COSINE,
        OptionalLong.empty(),
        1.0,
        7,
        4,
        2);
  }

  private static Rehearsal rehearsal(long steps) {
    return new Rehearsal(examples).students(llama::student).settings(settings(steps));
  }

  @Test
  void learnsEightExamplesByHeart() {
    TrainResult result = rehearsal(80).run().get(0);
    assertThat(result.lossFirst()).isGreaterThan(4);
    assertThat(result.lossLast()).isLessThan(0.5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        """
        {"use_dora": true, "target_modules": ["q_proj", "down_proj", "embed_tokens"]}""",
        """
        {"use_dora": true, "init_lora_weights": "pissa", "target_modules": ["o_proj", "lm_head"]}""",
        """
        {"lora_bias": true, "target_modules": ["k_proj", "up_proj"], "use_rslora": true}""",
        """
        {"target_modules": ["v_proj"], "modules_to_save": ["lm_head", "embed_tokens", "norm"]}""",
        """
        {"target_modules": ["v_proj"], "trainable_token_indices": {"embed_tokens": [5, 95, 1],
        "lm_head": [7]}}""",
        """
        {"target_modules": ["embed_tokens", "gate_proj"], "init_lora_weights": "orthogonal"}""",
        """
        {"target_modules": ["q_proj", "up_proj"], "init_lora_weights": "pissa_niter_4"}""",
        """
        {"target_modules": ["q_proj", "up_proj"], "init_lora_weights": "olora"}""",
        """
        {"peft_type": "VBLORA", "vector_length": 16, "num_vectors": 30, "vblora_dropout": 0.05,
        "save_only_topk_weights": true, "target_modules": "all-linear"}""",
        """
        {"peft_type": "IA3"}""",
        """
        {"peft_type": "PREFIX_TUNING", "num_virtual_tokens": 3}""",
        """
        {"peft_type": "PREFIX_TUNING", "num_virtual_tokens": 3, "prefix_projection": true,
        "init_weights": "zero"}""",
        """
        {"peft_type": "BOTTLENECK", "bottleneck_size": 4, "adapter_dropout": 0.05}"""
      })
  void ranksAndWorkersAndResumingDoNotChangeABit(String settings) throws IOException {
    JsonNode variant = Json.parse(settings);
    Supplier<Rehearsal> run = () -> rehearsal(6).students(seed -> llama.student(seed, variant));
    TrainResult alone = run.get().run().get(0);
    String whole = alone.adapterSha256();
    assertThat(alone.lossLast()).isLessThan(alone.lossFirst());

    assertThat(run.get().ranks(2).workers(2).run())
        .extracting(TrainResult::adapterSha256)
        .containsOnly(whole);

    Path checkpoints = folder.resolve("checkpoints-" + Integer.toHexString(settings.hashCode()));
    CheckpointStore store = new CheckpointStore(checkpoints, CheckpointStoreTest.IDENTITY);
    assertThatThrownBy(() -> run.get().checkpoints(store).events(Rehearsal.dyingAfter(5)).run())
        .hasMessage("killed");
    Path latest = checkpoints.resolve("step-000004");
    List<TrainResult> resumed = run.get().ranks(2).checkpoints(store).resumeFrom(latest).run();
    assertThat(resumed)
        .extracting(TrainResult::adapterSha256, TrainResult::resumedFromStep)
        .containsOnly(tuple(whole, 4L));
  }
}
