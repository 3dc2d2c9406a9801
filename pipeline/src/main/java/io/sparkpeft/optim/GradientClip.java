package io.sparkpeft.optim;

/**
 * Clipping by the global norm, as torch's {@code clip_grad_norm_} does it: the whole gradient is
 * scaled by max_norm / (norm + 1e-6) if that is less than 1.
 */
public final class GradientClip {
  private static final double EPSILON = 1e-6;

  private GradientClip() {}

  /** The Euclidean norm of all values, summed in double from the first to the last. */
  public static double norm(float[] gradient) {
    double sum = 0;
    for (float value : gradient) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  /** What the gradient is multiplied by: at most 1. */
  public static double coefficient(double norm, double maxNorm) {
    return Math.min(1.0, maxNorm / (norm + EPSILON));
  }

  /**
   * Clips in place.
   *
   * @param norm the gradient's {@link #norm}
   * @param maxNorm the largest norm allowed
   */
  public static void clip(float[] gradient, double norm, double maxNorm) {
    float coefficient = (float) coefficient(norm, maxNorm);
    if (coefficient < 1) {
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] *= coefficient;
      }
    }
  }
}
