package io.sparkpeft.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.optim.OptimizerSettings.SgdSettings;
import io.sparkpeft.optim.StateTensors.Update;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.OptimizerKernels;
import java.util.List;

/**
 * torch.optim.SGD with dampening 0 and without Nesterov's look-ahead: weight decay is added to the
 * gradient, and the momentum buffer begins as the first gradient.
 */
final class Sgd implements Optimizer {
  private static final String MOMENTUM = "momentum_buffer.";

  private final SgdSettings settings;
  private final List<ParameterGroup> groups;
  private final StateTensors state;
  private long steps;

  Sgd(SgdSettings settings, List<ParameterGroup> groups, StateMemory memory) {
    this.settings = settings;
    this.groups = List.copyOf(groups);
    this.state = new StateTensors(groups, memory);
    if (settings.momentum() > 0) {
      groups.forEach(group -> group.parameters().forEach(this::addBuffer));
    }
  }

  private void addBuffer(AdapterParameter parameter) {
    long[] shape = parameter.value().getShape().getShape();
    state.addZeros(MOMENTUM + parameter.name(), Dtype.FLOAT32, shape);
  }

  @Override
  public void step(float[] gradient, double learningRate) {
    steps++;
    for (ParameterGroup group : groups) {
      double rate = learningRate * group.learningRateMultiplier();
      for (AdapterParameter parameter : group.parameters()) {
        try (Update update = state.begin()) {
          NDArray own = Gradients.of(update.scope(), gradient, parameter);
          change(update, parameter, own, rate, group.weightDecay());
        }
      }
    }
  }

  private void change(
      Update update, AdapterParameter parameter, NDArray gradient, double rate, double decay) {
    NDManager scope = update.scope();
    NDArray value = parameter.value();
    if (settings.momentum() == 0) {
      OptimizerKernels.sgd(scope, value, gradient, rate, decay);
      return;
    }
    NDArray buffer = update.state(MOMENTUM + parameter.name());
    OptimizerKernels.sgdMomentum(scope, value, gradient, buffer, rate, decay, settings.momentum());
  }

  @Override
  public OptimizerState state() {
    return new OptimizerState(steps, state.view());
  }

  @Override
  public void restore(OptimizerState saved) {
    state.restore(saved.tensors());
    steps = saved.steps();
  }

  @Override
  public void close() {
    state.close();
  }
}
