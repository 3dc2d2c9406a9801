package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.adapter.AdapterShape;
import io.sparkpeft.adapter.LoraConfig;
import io.sparkpeft.base.Json;
import io.sparkpeft.tensor.Dtype;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DecoderMemoryTest {
  private static final DecoderConfig CONFIG =
      DecoderConfig.read(
          Json.object()
              .put("model_type", "llama")
              .put("num_hidden_layers", 3)
              .put("hidden_size", 8)
              .put("vocab_size", 100)
              .put("max_position_embeddings", 64)
              .put("num_attention_heads", 4)
              .put("num_key_value_heads", 2)
              .put("intermediate_size", 12));

  private final DecoderMemory memory = new DecoderMemory(CONFIG, Dtype.BFLOAT16, 0);

  @Test
  void weights() {
    long layer = 2 * 8 + 2 * 8 * 8 + 2 * 8 * 4 + 3 * 8 * 12;
    assertThat(memory.weightBytes()).isEqualTo(2 * (3 * layer + 2 * 100 * 8 + 8));
  }

  @Test
  void cache() {
    assertThat(memory.kvCacheBytes(5, 7)).isEqualTo(2 * 3 * 5 * 7 * 4 * 2);
  }

  @Test
  void activations() {
    long perToken = 5 * 8 + 4 * 8 + 5 * 4 + 3 * 12 + 2 * 4;
    long layer = 2 * 6 * perToken;
    assertThat(memory.activationBytes(2, 6, Checkpointing.RECOMPUTE))
        .isEqualTo(2 * (3 * 2 * 6 * (8 + 8 + 2 * 4) + 2 * layer));
    assertThat(memory.activationBytes(2, 6, Checkpointing.KEEP_ALL)).isEqualTo(2 * 5 * layer);
    long products = 8 + 2 * 4 + 8 + 2 * 12;
    assertThat(memory.activationBytes(2, 6, Checkpointing.KEEP_PRODUCTS))
        .isEqualTo(2 * (3 * 2 * 6 * (8 + 8 + 2 * 4 + products) + 2 * layer));
  }

  @Test
  void keepsWhatIsAffordable() {
    DecoderMemory large = new DecoderMemory(CONFIG, Dtype.BFLOAT16, 1_000_000);
    assertThat(memory.affordable(2, 6)).isEqualTo(Checkpointing.KEEP_ALL);
    assertThat(large.affordable(2, 60)).isEqualTo(Checkpointing.KEEP_PRODUCTS);
    assertThat(large.affordable(2, 60_000)).isEqualTo(Checkpointing.RECOMPUTE);
  }

  /** Dropout copies what an adapted module reads, and keeps a mask of it. */
  @Test
  void dropout() {
    LoraConfig adapter =
        LoraConfig.of(
            Json.tree(
                Map.of(
                    "lora_dropout",
                    0.1,
                    "target_modules",
                    List.of("q_proj", "down_proj", "lm_head"))));
    DecoderMemory dropping = DecoderMemory.of(CONFIG, Dtype.BFLOAT16, shape(adapter));
    assertThat(dropping.keptFeatures()).isEqualTo(3 * (8 + 12));
    assertThat(dropping.activationBytes(2, 6, Checkpointing.KEEP_ALL))
        .isEqualTo(memory.activationBytes(2, 6, Checkpointing.KEEP_ALL) + 5 * 2 * 6 * 20 * 3);
    LoraConfig without = adapter.with("lora_dropout", 0.0);
    assertThat(DecoderMemory.of(CONFIG, Dtype.BFLOAT16, shape(without))).isEqualTo(memory);
  }

  private static AdapterShape shape(LoraConfig adapter) {
    return adapter.shape(CONFIG.baseModel());
  }

  @Test
  void theHeadTakesAChunkAtMost() {
    assertThat(memory.headBytes(10)).isEqualTo(10 * 100 * 8);
    assertThat(memory.headBytes(Integer.MAX_VALUE))
        .isEqualTo(memory.headBytes(Head.chunkRows(100)));
    assertThat(Head.chunkRows(32000)).isEqualTo(131);
  }
}
