package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.Safetensors;
import io.sparkpeft.weights.SafetensorsFile;
import io.sparkpeft.weights.TensorEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An adapter's files, found to hold exactly what their configuration means in a base. */
record AdapterReader(LoraConfig config, List<LoraTarget> targets, SafetensorsFile file) {

  /** Opens and checks the files; the errors are those of {@link Adapters#load}. */
  static AdapterReader open(Path folder, BaseModel base) {
    LoraConfig config = LoraConfig.read(folder);
    SafetensorsFile file = Safetensors.open(AdapterFiles.weights(folder));
    List<LoraTarget> targets = LoraTargets.match(config, base.linearModules());
    AdapterReader reader = new AdapterReader(config, targets, file);
    reader.requireExactFit();
    return reader;
  }

  private void requireExactFit() {
    Map<String, TensorEntry> expected = new HashMap<>();
    Map<String, long[]> tolerated = new HashMap<>();
    for (LoraTarget target : targets) {
      target.entries().forEach(entry -> expected.put(entry.name(), entry));
      // PEFT saves the frozen weight of an adapted head too; the base has it already.
      tolerated.put(
          target.nameOfBaseWeight(), new long[] {target.module().out(), target.module().in()});
    }
    List<String> unexpected = new ArrayList<>();
    List<String> misshapen = new ArrayList<>();
    for (String name : file.names()) {
      TensorEntry found = file.entry(name);
      boolean known = expected.containsKey(name);
      if (!known && !tolerated.containsKey(name)) {
        unexpected.add(name);
        continue;
      }
      long[] shape = known ? expected.get(name).shape() : tolerated.get(name);
      if (!Arrays.equals(shape, found.shape())) {
        misshapen.add(
            name + " " + Arrays.toString(found.shape()) + " instead of " + Arrays.toString(shape));
      }
    }
    List<String> missing =
        expected.keySet().stream().filter(name -> !file.contains(name)).sorted().toList();
    if (!missing.isEmpty() || !unexpected.isEmpty() || !misshapen.isEmpty()) {
      throw AdapterErrors.doesNotFit(file.path(), missing, unexpected, misshapen);
    }
  }

  /** A tensor's values, copied out of the file and widened. */
  NDArray fp32(NDManager manager, String name) {
    TensorEntry entry = file.entry(name);
    if (!isFloat(entry.dtype())) {
      throw AdapterErrors.notFloatingPoint(file.path(), entry);
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

  static boolean isFloat(Dtype dtype) {
    return dtype == Dtype.FLOAT32 || dtype == Dtype.BFLOAT16 || dtype == Dtype.FLOAT16;
  }
}
