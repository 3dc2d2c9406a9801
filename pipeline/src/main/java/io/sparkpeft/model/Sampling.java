package io.sparkpeft.model;

import io.sparkpeft.tensor.SamplingKernels;
import java.io.Serializable;

/**
 * How a next token is chosen by chance, with transformers' names and meanings. The chances of a
 * text are a pure function of the seed and of the text's number, so that its answer depends neither
 * on other texts nor on when it is computed. The generator is SplitMix64 used by counter (Steele et
 * al. 2014, "Fast splittable pseudorandom number generators").
 *
 * @param temperature divides the logits; below 1 likely tokens become likelier
 * @param topK only so many of the likeliest tokens are chosen from; 0 for all
 * @param topP only the fewest tokens are chosen from that have this probability together; 1 for all
 */
public record Sampling(double temperature, int topK, double topP, long seed)
    implements Serializable {
  private static final long GAMMA = 0x9E3779B97F4A7C15L;

  public Sampling {
    if (!(temperature > 0) || topK < 0 || !(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException(
          "temperature %s, top_k %d, top_p %s".formatted(temperature, topK, topP));
    }
  }

  SamplingKernels.Form form() {
    return new SamplingKernels.Form(temperature, topK, topP);
  }

  /**
   * The number that decides a token, see {@link SamplingKernels#sample}.
   *
   * @param text the text's number
   * @param place of the token in its answer, counted from 0
   */
  long number(long text, long place) {
    long key = mix(mix(seed + GAMMA) ^ text * GAMMA);
    return mix(key + (place + 1) * GAMMA) >>> (Long.SIZE - SamplingKernels.NUMBER_BITS);
  }

  private static long mix(long z) {
    long y = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    long x = (y ^ (y >>> 27)) * 0x94D049BB133111EBL;
    return x ^ (x >>> 31);
  }
}
