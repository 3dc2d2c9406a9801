package io.sparkpeft.model;

import java.util.List;

/**
 * How rotary wavelengths are stretched so that a model reads longer texts than it was trained on:
 * the {@code rope_type}s of Hugging Face configs.
 */
public sealed interface RotaryScaling {

  /**
   * Radians per position of each pair of features [headDim / 2].
   *
   * @param maxPositionEmbeddings of the model
   * @param columns the length of the longest text at hand
   */
  float[] inverseFrequencies(double theta, int headDim, int maxPositionEmbeddings, int columns);

  /** Multiplies cosines and sines. */
  default double attentionFactor() {
    return 1;
  }

  /** The most tokens that a model with so many positions takes at once. */
  default int contextLength(int maxPositionEmbeddings) {
    return maxPositionEmbeddings;
  }

  /** The length of texts up to which all have the same wavelengths. */
  default int stableLength(int maxPositionEmbeddings) {
    return maxPositionEmbeddings;
  }

  /** theta^(-2i/d) for i in 0 .. d/2 - 1. */
  private static float[] unscaled(double theta, int headDim) {
    float[] frequencies = new float[headDim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) (1 / Math.pow(theta, 2.0 * i / headDim));
    }
    return frequencies;
  }

  /** None: {@code default}. */
  record None() implements RotaryScaling {
    @Override
    public float[] inverseFrequencies(
        double theta, int headDim, int maxPositionEmbeddings, int columns) {
      return unscaled(theta, headDim);
    }
  }

  /** All wavelengths times a factor: {@code linear}. (Chen et al. 2023, arXiv:2306.15595.) */
  record Linear(double factor) implements RotaryScaling {
    @Override
    public float[] inverseFrequencies(
        double theta, int headDim, int maxPositionEmbeddings, int columns) {
      float[] frequencies = unscaled(theta, headDim);
      for (int i = 0; i < frequencies.length; i++) {
        frequencies[i] = (float) (frequencies[i] / factor);
      }
      return frequencies;
    }
  }

  /**
   * A larger base, growing with the text once it is longer than what the model was trained on:
   * {@code dynamic} (NTK-aware).
   */
  record Dynamic(double factor) implements RotaryScaling {
    @Override
    public float[] inverseFrequencies(
        double theta, int headDim, int maxPositionEmbeddings, int columns) {
      double length = Math.max(columns, maxPositionEmbeddings);
      double stretch = factor * length / maxPositionEmbeddings - (factor - 1);
      return unscaled(theta * Math.pow(stretch, headDim / (headDim - 2.0)), headDim);
    }

    @Override
    public int contextLength(int maxPositionEmbeddings) {
      return (int) (maxPositionEmbeddings * factor);
    }
  }

  /**
   * Long wavelengths times a factor, short ones kept, a ramp between: {@code llama3}.
   *
   * @param lowFrequencyFactor wavelengths above originalLength over this are long
   * @param highFrequencyFactor wavelengths below originalLength over this are short
   * @param originalLength the context before the stretching, in tokens
   */
  record Llama3(
      double factor, double lowFrequencyFactor, double highFrequencyFactor, double originalLength)
      implements RotaryScaling {
    @Override
    public float[] inverseFrequencies(
        double theta, int headDim, int maxPositionEmbeddings, int columns) {
      float[] frequencies = unscaled(theta, headDim);
      for (int i = 0; i < frequencies.length; i++) {
        double turns = originalLength * frequencies[i] / (2 * Math.PI);
        double ramp = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
        double kept = Math.max(0, Math.min(1, ramp));
        frequencies[i] = (float) ((1 - kept) * frequencies[i] / factor + kept * frequencies[i]);
      }
      return frequencies;
    }
  }

  /**
   * The same idea with a ramp over the features, and attention made sharper: {@code yarn}. (Peng et
   * al. 2023, arXiv:2309.00071.)
   *
   * @param attentionFactor multiplies cosines and sines
   * @param betaFast features that turn more often than this within originalLength are kept
   * @param betaSlow features that turn less often than this are stretched by factor
   * @param originalLength the context before the stretching, in tokens
   * @param wholeFeatures whether the ramp's ends are moved outward to whole features
   */
  record Yarn(
      double factor,
      double attentionFactor,
      double betaFast,
      double betaSlow,
      double originalLength,
      boolean wholeFeatures)
      implements RotaryScaling {
    @Override
    public float[] inverseFrequencies(
        double theta, int headDim, int maxPositionEmbeddings, int columns) {
      double low = featureTurning(betaFast, theta, headDim);
      double high = featureTurning(betaSlow, theta, headDim);
      if (wholeFeatures) {
        low = Math.floor(low);
        high = Math.ceil(high);
      }
      low = Math.max(low, 0);
      high = Math.min(high, headDim - 1);
      double width = low == high ? 0.001 : high - low;
      float[] frequencies = unscaled(theta, headDim);
      for (int i = 0; i < frequencies.length; i++) {
        double stretched = Math.max(0, Math.min(1, (i - low) / width));
        frequencies[i] =
            (float) (stretched * frequencies[i] / factor + (1 - stretched) * frequencies[i]);
      }
      return frequencies;
    }

    /** The (fractional) feature that turns so many times within the original context. */
    private double featureTurning(double times, double theta, int headDim) {
      return headDim * Math.log(originalLength / (times * 2 * Math.PI)) / (2 * Math.log(theta));
    }

    /** The paper's sharpening for a factor, scaled. */
    static double sharpening(double factor, double scale) {
      return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
    }
  }

  /**
   * Every feature's wavelength times a factor of its own, of one list for texts that fit the
   * original context and of another for longer ones: {@code longrope}. (Ding et al. 2024,
   * arXiv:2402.13753.)
   *
   * @param shortFactors one for each pair of features
   * @param longFactors likewise
   * @param attentionFactor multiplies cosines and sines
   * @param originalLength the context before the stretching, in tokens
   */
  record LongRope(
      List<Double> shortFactors,
      List<Double> longFactors,
      double attentionFactor,
      int originalLength)
      implements RotaryScaling {
    @Override
    public float[] inverseFrequencies(
        double theta, int headDim, int maxPositionEmbeddings, int columns) {
      List<Double> factors = columns > originalLength ? longFactors : shortFactors;
      float[] frequencies = unscaled(theta, headDim);
      for (int i = 0; i < frequencies.length; i++) {
        frequencies[i] = (float) (frequencies[i] / factors.get(i));
      }
      return frequencies;
    }

    @Override
    public int stableLength(int maxPositionEmbeddings) {
      return originalLength;
    }

    /** The paper's sharpening for a context that much longer than the original one. */
    static double sharpening(double factor, double originalLength) {
      return factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(originalLength));
    }
  }
}
