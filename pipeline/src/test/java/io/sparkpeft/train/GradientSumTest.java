package io.sparkpeft.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GradientSumTest {

  @Test
  void sumsDoNotDependOnTheOrder() {
    Random random = new Random(1);
    List<float[]> gradients = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      float scale = (float) Math.pow(10, random.nextInt(8) - 6);
      gradients.add(new float[] {scale * (float) random.nextGaussian(), scale});
    }
    float[] forward = sum(gradients);
    Collections.shuffle(gradients, random);
    assertThat(sum(gradients)).isEqualTo(forward);
  }

  @Test
  void clearsForTheNextStep() {
    GradientSum sum = new GradientSum(1);
    sum.add(new float[] {3}, 4);
    sum.clear();
    sum.add(new float[] {0.5f}, 0.25);
    float[] gradient = new float[1];
    sum.decode(gradient);
    assertThat(gradient).containsExactly(0.5f);
    assertThat(sum.loss()).isEqualTo(0.25);
  }

  @Test
  void whatDoesNotFitStaysNotANumber() {
    GradientSum sum = new GradientSum(3);
    sum.add(new float[] {Float.NaN, 5000, 1}, Double.POSITIVE_INFINITY);
    sum.add(new float[] {1, 5000, 1}, 1);
    float[] gradient = new float[3];
    sum.decode(gradient);
    assertThat(gradient).containsExactly(Float.NaN, Float.NaN, 2);
    assertThat(sum.loss()).isNaN();
  }

  private static float[] sum(List<float[]> gradients) {
    GradientSum sum = new GradientSum(2);
    gradients.forEach(gradient -> sum.add(gradient, 0));
    float[] total = new float[2];
    sum.decode(total);
    return total;
  }
}
