package io.sparkpeft.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.recipe.Recipe;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What merges of the adapter room's golden bases are said to take. */
class MergeMemoryTest {
  private static final long LAYER = 2 * 16 * 16 + 2 * 16 * 8 + 3 * 16 * 24;
  private static final long NORMS = 5 * 16;
  private static final long TABLE = 40 * 16;
  private static final long PARAMETERS = 2 * LAYER + NORMS + 2 * TABLE;

  /** Codes, scales in eight bits, and one scale of these for each of the seven weights. */
  private static final long QUANTIZED = 2 * LAYER / 2 + 2 * LAYER / 64 + 2 * 7 * Float.BYTES;

  @Test
  void ofSixteenBitsOneLayerAndTheHeadAreExpanded() {
    MergeMemory memory = MergeMemory.of(recipe("base_bf16"));
    assertThat(memory.weights()).isEqualTo(2 * PARAMETERS);
    assertThat(memory.expanded()).isEqualTo(4 * (LAYER + TABLE));
    assertThat(memory.logits()).isEqualTo(3L * 8 * 48 * 40 * Float.BYTES);
    assertThat(memory.total())
        .isEqualTo(memory.weights() + memory.expanded() + memory.logits() + memory.computing());
    assertThat(memory.text())
        .matches(
            "Comparing takes about [0-9]+ MiB, one model at a time: 0 MiB of weights, 0 MiB of them"
                + " in float32, 0 MiB of logits, [0-9]+ MiB to compute\\.");
  }

  @Test
  void ofThirtyTwoBitsNothingIs() {
    MergeMemory memory = MergeMemory.of(recipe("base_fp32"));
    assertThat(memory.weights()).isEqualTo(4 * PARAMETERS);
    assertThat(memory.expanded()).isZero();
  }

  @Test
  void whatIsQuantisedOnLoadIsThereTwice() {
    MergeMemory memory =
        MergeMemory.of(
            recipe("base_bf16")
                .with("model.quantization", "nf4")
                .with("merge.base", "requantized"));
    assertThat(memory.weights()).isEqualTo(2 * PARAMETERS + QUANTIZED);
    assertThat(memory.expanded()).isEqualTo(4 * (LAYER + TABLE));
  }

  /** What all adapters but the last make of the base is held in fp32. */
  @Test
  void ofSeveralAdaptersTheFirstAreMergedWhole() {
    Path few = goldens().resolve("few");
    MergeMemory memory =
        MergeMemory.of(recipe("base_bf16").with("merge.adapters", few + "," + few));
    assertThat(memory.expanded()).isEqualTo(4 * PARAMETERS);
  }

  private static Recipe recipe(String base) {
    return Recipe.defaults()
        .with("model.path", goldens().resolve(base))
        .with("adapter.path", goldens().resolve("few"));
  }

  private static Path goldens() {
    try {
      return Path.of(MergeMemoryTest.class.getResource("/io/sparkpeft/adapter").toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
