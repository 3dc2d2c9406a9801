package io.sparkpeft.model;

import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.LinearModule;
import io.sparkpeft.quant.QuantizedFormat;
import io.sparkpeft.quant.QuantizingTensors;
import io.sparkpeft.quant.WeightToQuantize;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Which of a checkpoint's weights are in four bits, or shall be. */
final class StoredQuantization {
  private final DecoderConfig config;
  private final TensorSource source;
  private final StoredNames stored;
  private final Set<String> linear;

  /**
   * @param stored the weights' names in the checkpoint
   */
  StoredQuantization(DecoderConfig config, TensorSource source, StoredNames stored) {
    this.config = config;
    this.source = source;
    this.stored = stored;
    this.linear =
        Stream.of(names(config.linearModules()), names(config.quantizedModules()), config.routers())
            .flatMap(List::stream)
            .map(ModuleNames::weight)
            .collect(Collectors.toUnmodifiableSet());
  }

  private static List<String> names(List<LinearModule> modules) {
    return modules.stream().map(LinearModule::name).toList();
  }

  /** The weights that are quantised where it is for us to choose. */
  static List<WeightToQuantize> targets(DecoderConfig config, StoredNames stored) {
    return config.quantizedModules().stream().map(module -> target(module, stored)).toList();
  }

  /** The linear modules that are left as they are then. */
  static List<String> skipped(DecoderConfig config) {
    return Stream.concat(Stream.of(ModuleNames.HEAD), config.routers().stream()).toList();
  }

  private static WeightToQuantize target(LinearModule module, StoredNames stored) {
    String weight = ModuleNames.weight(module.name());
    return new WeightToQuantize(stored.of(weight).orElse(weight), module.fanInFanOut());
  }

  boolean isQuantized(String storedName) {
    return QuantizedFormat.isQuantized(source, storedName);
  }

  /** What may lie beside a weight because it is quantised. */
  List<String> companions(String storedName) {
    return isQuantized(storedName) ? QuantizedFormat.companions(storedName) : List.of();
  }

  /**
   * A weight as it was before it was quantised, in the shape that the model's family stores.
   *
   * @param weight by transformers' name
   */
  TensorEntry entry(String weight, String storedName) {
    if (!linear.contains(weight) || !isQuantized(storedName)) {
      return source.entry(storedName);
    }
    TensorEntry entry = QuantizedFormat.entry(source, storedName);
    boolean transposed = config.names().transposed() && !weight.equals(head());
    return transposed && entry.shape().length == 2
        ? new TensorEntry(
            storedName, entry.dtype(), new long[] {entry.shape()[1], entry.shape()[0]})
        : entry;
  }

  private static String head() {
    return ModuleNames.weight(ModuleNames.HEAD);
  }

  /**
   * The checkpoint with its weights quantised, if that is wanted and has not been done.
   *
   * @param manager where the codes live
   */
  Optional<TensorSource> quantizingIfWanted(NDManager manager) {
    List<WeightToQuantize> targets = targets(config, stored);
    boolean done = targets.stream().anyMatch(target -> isQuantized(target.name()));
    return config
        .quantization()
        .filter(settings -> !done)
        .map(
            settings ->
                new QuantizingTensors(source, targets, settings, bytes -> memory(manager, bytes)));
  }

  /** libtorch's: Java's own would be bounded by the heap's size. */
  private static ByteBuffer memory(NDManager manager, int bytes) {
    return Tensors.memory(Tensors.empty(manager, Dtype.UINT8, bytes));
  }
}
