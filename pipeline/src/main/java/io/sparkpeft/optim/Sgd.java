package io.sparkpeft.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.optim.OptimizerSettings.SgdSettings;
import io.sparkpeft.tensor.OptimizerKernels;
import java.util.List;

/**
 * torch.optim.SGD with dampening 0 and without Nesterov's look-ahead: weight decay is added to the
 * gradient, and the momentum buffer begins as the first gradient.
 */
final class Sgd implements Optimizer {
  private static final String MOMENTUM = "momentum_buffer";

  private final SgdSettings settings;
  private final List<ParameterGroup> groups;
  private final Moments moments;
  private long steps;

  Sgd(SgdSettings settings, List<ParameterGroup> groups) {
    this.settings = settings;
    this.groups = List.copyOf(groups);
    String[] names = settings.momentum() == 0 ? new String[0] : new String[] {MOMENTUM};
    this.moments = new Moments(groups, names);
  }

  @Override
  public void step(float[] gradient, double learningRate) {
    steps++;
    try (NDManager scope = moments.newScope()) {
      for (ParameterGroup group : groups) {
        double rate = learningRate * group.learningRateMultiplier();
        for (AdapterParameter parameter : group.parameters()) {
          NDArray own = Gradients.of(scope, gradient, parameter);
          update(scope, parameter, own, rate, group.weightDecay());
        }
      }
    }
  }

  private void update(
      NDManager scope, AdapterParameter parameter, NDArray gradient, double rate, double decay) {
    NDArray value = parameter.value();
    if (settings.momentum() == 0) {
      OptimizerKernels.sgd(scope, value, gradient, rate, decay);
      return;
    }
    NDArray buffer = moments.of(MOMENTUM, parameter);
    OptimizerKernels.sgdMomentum(scope, value, gradient, buffer, rate, decay, settings.momentum());
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
