package io.sparkpeft.train;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.adapter.LinearDelta;
import io.sparkpeft.adapter.LoraConfig;
import io.sparkpeft.tensor.Engine;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** One pair of A [r, V] and B [V, r]: A gaussian, B zero. */
final class PairAdapter implements Adapter {
  private final NDManager manager;
  private final List<AdapterParameter> parameters;

  PairAdapter(int vocabulary, int rank, long seed) {
    Engine.prepareThread();
    manager = Engine.newManager(Device.cpu());
    Random random = new Random(seed);
    float[] a = new float[rank * vocabulary];
    for (int i = 0; i < a.length; i++) {
      a[i] = (float) random.nextGaussian();
    }
    parameters =
        List.of(
            new AdapterParameter(
                "base_model.model.head.lora_A.weight",
                manager.create(a, new Shape(rank, vocabulary)),
                0),
            new AdapterParameter(
                "base_model.model.head.lora_B.weight",
                manager.zeros(new Shape(vocabulary, rank)),
                a.length));
  }

  @Override
  public List<AdapterParameter> parameters() {
    return parameters;
  }

  @Override
  public int parameterCount() {
    return parameters.stream().mapToInt(AdapterParameter::size).sum();
  }

  @Override
  public LoraConfig config() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<LinearDelta> linear(String module) {
    return Optional.empty();
  }

  @Override
  public void close() {
    manager.close();
  }
}
