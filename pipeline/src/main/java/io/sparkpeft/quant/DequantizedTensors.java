package io.sparkpeft.quant;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A checkpoint as it would be if its weights in four bits were expanded: each in the type that it
 * had before, made as it is asked for. They keep what quantising has taken from them.
 */
public final class DequantizedTensors implements TensorSource {
  private final TensorSource source;
  private final Set<String> quantized;
  private final Set<String> transposed;
  private final Set<String> names;

  /**
   * @param targets which weights are stored as [in, out] where they are not quantised
   */
  public DequantizedTensors(TensorSource source, List<WeightToQuantize> targets) {
    this.source = source;
    this.transposed =
        targets.stream()
            .filter(WeightToQuantize::transposed)
            .map(WeightToQuantize::name)
            .collect(Collectors.toUnmodifiableSet());
    this.quantized =
        source.names().stream()
            .filter(name -> QuantizedFormat.isQuantized(source, name))
            .collect(Collectors.toUnmodifiableSet());
    Set<String> companions = new HashSet<>();
    quantized.forEach(name -> companions.addAll(QuantizedFormat.companions(name)));
    Set<String> kept = new TreeSet<>(source.names());
    kept.removeAll(companions);
    this.names = Collections.unmodifiableSet(kept);
  }

  @Override
  public Set<String> names() {
    return names;
  }

  @Override
  public TensorEntry entry(String name) {
    if (!quantized.contains(name)) {
      return source.entry(name);
    }
    TensorEntry entry = QuantizedFormat.entry(source, name);
    return transposed.contains(name)
        ? new TensorEntry(name, entry.dtype(), new long[] {entry.shape()[1], entry.shape()[0]})
        : entry;
  }

  @Override
  public ByteBuffer bytes(String name) {
    if (!quantized.contains(name)) {
      return source.bytes(name);
    }
    QuantizedTensor tensor = QuantizedFormat.read(source, name);
    if (tensor.stored() != Dtype.FLOAT16 && !transposed.contains(name)) {
      return expanded(tensor, tensor.stored());
    }
    try (NDManager scope = Engine.newManager(Device.cpu())) {
      NDArray wide =
          Tensors.fromBytes(scope, expanded(tensor, Dtype.FLOAT32), Dtype.FLOAT32, tensor.shape());
      NDArray turned = transposed.contains(name) ? wide.transpose() : wide;
      return Tensors.toDirectBytes(Tensors.cast(scope, turned, tensor.stored()));
    }
  }

  private static ByteBuffer expanded(QuantizedTensor tensor, Dtype dtype) {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Math.toIntExact(tensor.elements() * dtype.bytes()))
            .order(ByteOrder.LITTLE_ENDIAN);
    new Dequantizer().dequantize(tensor, dtype, bytes);
    return bytes;
  }
}
