package io.sparkpeft.model;

/**
 * Rotary position embedding. (Su et al. 2021, arXiv:2104.09864.)
 *
 * @param features how many of a head's features turn, its first ones
 * @param theta the base of its wavelengths
 * @param scaling how they are stretched for longer contexts
 */
public record Rotary(int features, double theta, RotaryScaling scaling) {

  /**
   * Cosines and sines of all angles, each row-major [columns, features / 2], in fp32 as
   * transformers computes them.
   */
  record Table(float[] cos, float[] sin) {}

  /**
   * @param columns the length of the longest text at hand, on which dynamic scaling depends
   */
  Table table(int columns, int maxPositionEmbeddings) {
    float[] frequencies =
        scaling.inverseFrequencies(theta, features, maxPositionEmbeddings, columns);
    double factor = scaling.attentionFactor();
    int half = frequencies.length;
    float[] cos = new float[columns * half];
    float[] sin = new float[columns * half];
    for (int position = 0; position < columns; position++) {
      for (int i = 0; i < half; i++) {
        float angle = position * frequencies[i];
        cos[position * half + i] = (float) (Math.cos(angle) * factor);
        sin[position * half + i] = (float) (Math.sin(angle) * factor);
      }
    }
    return new Table(cos, sin);
  }
}
