package io.sparkpeft.optim;

import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.optim.OptimizerSettings.AdamWSettings;
import io.sparkpeft.tensor.OptimizerKernels;
import io.sparkpeft.tensor.OptimizerKernels.AdamWConstants;
import java.util.List;

/**
 * torch.optim.AdamW without amsgrad: decoupled weight decay, and eps added to the bias-corrected
 * square root (torch/optim/adam.py, {@code _single_tensor_adam}).
 */
final class AdamW implements Optimizer {
  private static final String MEAN = "exp_avg";
  private static final String MEAN_OF_SQUARES = "exp_avg_sq";

  private final AdamWConstants constants;
  private final List<ParameterGroup> groups;
  private final Moments moments;
  private long steps;

  AdamW(AdamWSettings settings, List<ParameterGroup> groups) {
    this.constants = new AdamWConstants(settings.beta1(), settings.beta2(), settings.eps());
    this.groups = List.copyOf(groups);
    this.moments = new Moments(groups, MEAN, MEAN_OF_SQUARES);
  }

  @Override
  public void step(float[] gradient, double learningRate) {
    steps++;
    try (NDManager scope = moments.newScope()) {
      for (ParameterGroup group : groups) {
        for (AdapterParameter parameter : group.parameters()) {
          OptimizerKernels.adamW(
              scope,
              parameter.value(),
              Gradients.of(scope, gradient, parameter),
              moments.of(MEAN, parameter),
              moments.of(MEAN_OF_SQUARES, parameter),
              learningRate * group.learningRateMultiplier(),
              group.weightDecay(),
              constants,
              steps);
        }
      }
    }
  }

  @Override
  public OptimizerState state() {
    return new OptimizerState(steps, moments.copy());
  }

  @Override
  public void restore(OptimizerState state) {
    moments.restore(state.moments());
    steps = state.steps();
  }

  @Override
  public void close() {
    moments.close();
  }
}
