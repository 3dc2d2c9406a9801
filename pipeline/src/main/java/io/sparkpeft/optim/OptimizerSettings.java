package io.sparkpeft.optim;

/** Which optimizer, with its constants; the rates and the weight decay come with the groups. */
public sealed interface OptimizerSettings {

  /**
   * AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101), as torch.optim.AdamW.
   *
   * @param beta1 decay of the mean of gradients, in [0, 1)
   * @param beta2 decay of the mean of squared gradients, in [0, 1)
   * @param eps added to the square root, outside the bias correction
   */
  record AdamWSettings(double beta1, double beta2, double eps) implements OptimizerSettings {
    public AdamWSettings {
      requireDecay("train.betas", beta1);
      requireDecay("train.betas", beta2);
      if (!(eps >= 0)) {
        throw OptimErrors.notInRange("train.eps", eps, "0 or more");
      }
    }

    /** torch's defaults: 0.9, 0.999, 1e-8. */
    public static AdamWSettings defaults() {
      return new AdamWSettings(0.9, 0.999, 1e-8);
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
  }

  private static void requireDecay(String key, double value) {
    if (!(value >= 0 && value < 1)) {
      throw OptimErrors.notInRange(key, value, "at least 0 and below 1");
    }
  }
}
