package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An adapter's weights, found to be exactly those that their configuration means in a base. */
record AdapterReader(Path path, TensorSource file) {

  /**
   * Opens and checks the weights; the errors are those of {@link Adapters#load}.
   *
   * @param expected their names and shapes
   * @param tolerated names and shapes of what may be there too, and is passed over
   */
  static AdapterReader open(
      Path folder, List<TensorEntry> expected, Map<String, long[]> tolerated) {
    Path weights = AdapterFiles.weights(folder);
    AdapterReader reader = new AdapterReader(weights, AdapterFiles.tensors(weights));
    reader.requireExactFit(expected, tolerated);
    return reader;
  }

  private void requireExactFit(List<TensorEntry> expected, Map<String, long[]> tolerated) {
    Map<String, long[]> known = new HashMap<>(tolerated);
    expected.forEach(entry -> known.put(entry.name(), entry.shape()));
    List<String> unexpected = new ArrayList<>();
    List<String> misshapen = new ArrayList<>();
    for (String name : file.names()) {
      long[] found = file.entry(name).shape();
      long[] shape = known.get(name);
      if (shape == null) {
        unexpected.add(name);
      } else if (!Arrays.equals(shape, found)) {
        misshapen.add(
            name + " " + Arrays.toString(found) + " instead of " + Arrays.toString(shape));
      }
    }
    List<String> missing =
        expected.stream()
            .map(TensorEntry::name)
            .filter(name -> !file.contains(name))
            .sorted()
            .toList();
    if (!missing.isEmpty() || !unexpected.isEmpty() || !misshapen.isEmpty()) {
      throw AdapterErrors.doesNotFit(path, missing, unexpected, misshapen);
    }
  }

  /** A tensor's values, copied out of the file and widened. */
  NDArray fp32(NDManager manager, String name) {
    TensorEntry entry = file.entry(name);
    if (!isFloat(entry.dtype())) {
      throw AdapterErrors.notFloatingPoint(path, entry);
    }
    try (NDManager scope = manager.newSubManager()) {
      NDArray mapped = Tensors.fromBytes(scope, file.bytes(name), entry.dtype(), entry.shape());
      // The mapped file cannot be written, but an optimizer will want to.
      NDArray copy =
          entry.dtype() == Dtype.FLOAT32
              ? mapped.duplicate()
              : Tensors.cast(scope, mapped, Dtype.FLOAT32);
      copy.attach(manager);
      return copy;
    }
  }

  /**
   * Places in a list of so many, widened to int64.
   *
   * @throws io.sparkpeft.base.SparkPeftException (65) if one is not in the list
   */
  NDArray places(NDManager manager, String name, int count) {
    TensorEntry entry = file.entry(name);
    if (entry.dtype().isFloatingPoint()) {
      throw AdapterErrors.noPlaces(path, entry, count);
    }
    try (NDManager scope = manager.newSubManager()) {
      NDArray mapped = Tensors.fromBytes(scope, file.bytes(name), entry.dtype(), entry.shape());
      NDArray places = Tensors.cast(manager, mapped, Dtype.INT64);
      for (long place : places.toLongArray()) {
        if (place < 0 || place >= count) {
          throw AdapterErrors.noPlaces(path, entry, count);
        }
      }
      return places;
    }
  }

  static boolean isFloat(Dtype dtype) {
    return dtype == Dtype.FLOAT32 || dtype == Dtype.BFLOAT16 || dtype == Dtype.FLOAT16;
  }
}
