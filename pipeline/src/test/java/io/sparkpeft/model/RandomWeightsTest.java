package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkpeft.tensor.Dtype;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RandomWeightsTest {
  private static final String UP = "model.layers.0.mlp.up_proj.weight";

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
  void areAFunctionOfSeedAndName() {
    assertThat(weights(1).bytes(UP)).isEqualTo(weights(1).bytes(UP));
    assertThat(weights(1).bytes(UP)).isNotEqualTo(weights(2).bytes(UP));
    assertThat(weights(1).bytes(UP))
        .isNotEqualTo(weights(1).bytes("model.layers.0.mlp.gate_proj.weight"));
  }

  @Test
  void haveTransformersStandardDeviation() {
    FloatBuffer values = weights(1).bytes("model.embed_tokens.weight").asFloatBuffer();
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < values.limit(); i++) {
      sum += values.get(i);
      squares += values.get(i) * values.get(i);
    }
    assertThat(sum / values.limit()).isCloseTo(0, within(0.002));
    assertThat(Math.sqrt(squares / values.limit())).isCloseTo(0.02, within(0.002));
  }

  @Test
  void bfloat16IsTheUpperHalfOfFloat32() {
    FloatBuffer wide = weights(1).bytes(UP).asFloatBuffer();
    ShortBuffer narrow =
        new RandomWeights(model.decoder.config(), Dtype.BFLOAT16, 1).bytes(UP).asShortBuffer();
    for (int i = 0; i < wide.limit(); i++) {
      assertThat(narrow.get(i)).isEqualTo((short) (Float.floatToIntBits(wide.get(i)) >>> 16));
    }
  }

  @Test
  void normsAreOnes() {
    FloatBuffer norm = weights(1).bytes("model.norm.weight").asFloatBuffer();
    for (int i = 0; i < norm.limit(); i++) {
      assertThat(norm.get(i)).isEqualTo(1);
    }
  }

  private RandomWeights weights(long seed) {
    return new RandomWeights(model.decoder.config(), Dtype.FLOAT32, seed);
  }
}
