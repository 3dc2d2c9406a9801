package io.sparkpeft.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class GradientClipTest {

  @Test
  void clipsAsTorchDoes() {
    assertThat(Golden.of("clipping")).hasSize(4);
    for (JsonNode golden : Golden.of("clipping")) {
      float[] gradient = Golden.floats(golden.get("gradient"));
      double norm = GradientClip.norm(gradient);
      assertThat(norm).isCloseTo(golden.get("norm").doubleValue(), within(1e-5));
      GradientClip.clip(gradient, norm, golden.get("max_norm").doubleValue());
      assertThat(gradient).containsExactly(Golden.floats(golden.get("clipped")), within(1e-6f));
    }
  }

  @Test
  void normIsSummedInDouble() {
    float[] gradient = new float[1 << 20];
    Arrays.fill(gradient, 1e-2f);
    gradient[0] = 1e4f;
    // In fp32 the small squares would vanish beside 1e8.
    double expected = Math.sqrt(1e8 + (gradient.length - 1) * (double) 1e-2f * 1e-2f);
    assertThat(GradientClip.norm(gradient)).isCloseTo(expected, within(1e-6));
  }

  @Test
  void aNormThatIsNoNumberStaysOne() {
    assertThat(GradientClip.norm(new float[] {1, Float.NaN})).isNaN();
  }
}
