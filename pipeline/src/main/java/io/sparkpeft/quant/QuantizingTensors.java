package io.sparkpeft.quant;

import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntFunction;

/**
 * A checkpoint as it would be with some of its weights in four bits, which are made as they are
 * asked for: quantising on load.
 */
public final class QuantizingTensors implements TensorSource {
  private final TensorSource source;
  private final SortedMap<String, NamedTensor> tensors = new TreeMap<>();

  /**
   * @param memory gives direct memory of a size, for codes
   * @throws io.sparkpeft.base.SparkPeftException (65) if a target is missing
   */
  public QuantizingTensors(
      TensorSource source,
      List<WeightToQuantize> targets,
      Quantization settings,
      IntFunction<ByteBuffer> memory) {
    this.source = source;
    source.names().forEach(name -> tensors.put(name, NamedTensor.of(source, name)));
    for (WeightToQuantize target : targets) {
      new WeightQuantization(source, target, settings, memory, Optional.empty())
          .tensors()
          .forEach(tensor -> tensors.put(tensor.name(), tensor));
    }
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public TensorEntry entry(String name) {
    NamedTensor tensor = tensors.get(name);
    return tensor == null ? source.entry(name) : tensor.entry();
  }

  @Override
  public ByteBuffer bytes(String name) {
    NamedTensor tensor = tensors.get(name);
    return tensor == null ? source.bytes(name) : tensor.bytes().get();
  }
}
