package io.sparkpeft.optim;

import io.sparkpeft.tensor.OptimizerKernels.BlockwiseMean;

/** Which optimizer, with its constants; the rates and the weight decay come with the groups. */
public sealed interface OptimizerSettings {

  /**
   * The bytes of state for one tensor.
   *
   * @param elements of the tensor
   */
  long stateBytes(long elements);

  /**
   * AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101), as torch.optim.AdamW.
   *
   * @param beta1 decay of the mean of gradients, in [0, 1)
   * @param beta2 decay of the mean of squared gradients, in [0, 1)
   * @param eps added to the square root, outside the bias correction
   * @param means how both means are kept
   */
  record AdamWSettings(double beta1, double beta2, double eps, Means means)
      implements OptimizerSettings {
    public AdamWSettings {
      requireDecay("train.betas", beta1);
      requireDecay("train.betas", beta2);
      if (!(eps >= 0)) {
        throw OptimErrors.notInRange("train.eps", eps, "0 or more");
      }
    }

    /** torch's defaults: 0.9, 0.999, 1e-8, both means in fp32. */
    public static AdamWSettings defaults() {
      return new AdamWSettings(0.9, 0.999, 1e-8, Means.FLOAT32);
    }

    @Override
    public long stateBytes(long elements) {
      long blocks = BlockwiseMean.blocks(elements);
      long ofOneMean =
          means.areIn8bit(elements) ? elements + Float.BYTES * blocks : Float.BYTES * elements;
      return 2 * ofOneMean;
    }
  }

  /** How AdamW keeps its running means between steps. */
  enum Means {
    FLOAT32,
    /**
     * bitsandbytes' AdamW8bit: tensors of 4096 values or more in blockwise 8-bit codes (Dettmers et
     * al. 2022, arXiv:2110.02861), smaller ones in fp32.
     */
    BLOCKWISE_8BIT;

    private static final long FEWEST_IN_8BIT = 4096;

    boolean areIn8bit(long elements) {
      return this == BLOCKWISE_8BIT && elements >= FEWEST_IN_8BIT;
    }
  }

  /**
   * Stochastic gradient descent with momentum, as torch.optim.SGD with dampening 0.
   *
   * @param momentum in [0, 1); 0 for plain descent, without state
   */
  record SgdSettings(double momentum) implements OptimizerSettings {
    public SgdSettings {
      requireDecay("train.momentum", momentum);
    }

    @Override
    public long stateBytes(long elements) {
      return momentum == 0 ? 0 : Float.BYTES * elements;
    }
  }

  private static void requireDecay(String key, double value) {
    if (!(value >= 0 && value < 1)) {
      throw OptimErrors.notInRange(key, value, "at least 0 and below 1");
    }
  }
}
