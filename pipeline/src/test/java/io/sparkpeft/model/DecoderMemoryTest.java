package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.tensor.Dtype;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DecoderMemoryTest {
  private static final DecoderConfig CONFIG =
      new DecoderConfig(
          "llama",
          3,
          8,
          100,
          64,
          new DecoderConfig.RmsNorm(1e-5),
          new DecoderConfig.Attention(4, 2, 2),
          new Rotary(10000, new RotaryScaling.None()),
          new DecoderConfig.GatedMlp(12),
          false,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Set.of());

  private final DecoderMemory memory = new DecoderMemory(CONFIG, Dtype.BFLOAT16);

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
    long perCell = 5 * 8 + 4 * 8 + 4 * 4 + 3 * 12;
    long layer = 2 * 6 * perCell + 2 * 4 * (6 * 7 / 2);
    assertThat(memory.activationBytes(2, 6, Checkpointing.RECOMPUTE))
        .isEqualTo(2 * (3 * 2 * 6 * 8 + 2 * layer));
    assertThat(memory.activationBytes(2, 6, Checkpointing.KEEP_ALL)).isEqualTo(2 * 5 * layer);
  }

  @Test
  void theHeadTakesAChunkAtMost() {
    assertThat(memory.headBytes(10)).isEqualTo(10 * 100 * 8);
    assertThat(memory.headBytes(Integer.MAX_VALUE))
        .isEqualTo(memory.headBytes(Head.chunkRows(100)));
    assertThat(Head.chunkRows(32000)).isEqualTo(524);
  }
}
