package io.sparkpeft.api;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.adapter.Merge;
import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.model.Decoder;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Engine;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * How a merged model, read back from disk, compares with base + adapter on probe texts, all
 * computed in fp32: what is left is the rounding of the merged weights to their stored type.
 *
 * @param maxAbsLogitDifference between merged and base + adapter
 * @param maxAbsLogitChange between base and base + adapter
 * @param maxAbsWeightChange the largest change of a stored weight
 */
record MergeCheck(double maxAbsLogitDifference, double maxAbsLogitChange, double maxAbsWeightChange)
    implements Serializable {
  private static final int PROBES = 4;
  private static final int PROBE_TOKENS = 48;

  /** Merges into a new folder and compares. Runs where libtorch is. */
  static MergeCheck ofMerge(Path base, Path adapterFolder, Path target) {
    Engine.prepareThread();
    try (NDManager manager = Engine.newManager(Device.cpu())) {
      LoadedBase loaded = load(manager, base);
      Files.createDirectories(target);
      Map<String, Double> changes =
          Merge.folder(
              manager,
              loaded.folder(),
              adapterFolder,
              loaded.baseModel(),
              loaded.weights(),
              target);
      Adapter adapter =
          Adapters.load(manager, adapterFolder, loaded.baseModel(), loaded.frozenTensors());
      Decoder merged = load(manager, target).decoder();
      return compare(loaded.decoder(), adapter, merged, Collections.max(changes.values()));
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(target, e);
    }
  }

  private static LoadedBase load(NDManager manager, Path folder) {
    Arithmetic arithmetic =
        Arithmetic.choose(Optional.of(Dtype.FLOAT32), Dtype.FLOAT32, Device.cpu());
    return LoadedBase.load(manager, folder, arithmetic);
  }

  private static MergeCheck compare(
      Decoder base, Adapter adapter, Decoder merged, double weightChange) {
    Random random = new Random(0);
    double difference = 0;
    double change = 0;
    int length = Math.min(PROBE_TOKENS, base.config().maxPositionEmbeddings());
    for (int probe = 0; probe < PROBES; probe++) {
      int[] tokens = random.ints(length, 0, base.config().vocabularySize()).toArray();
      float[] adapted = base.logits(Optional.of(adapter), tokens);
      difference = Math.max(difference, distance(adapted, merged.logits(Optional.empty(), tokens)));
      change = Math.max(change, distance(adapted, base.logits(Optional.empty(), tokens)));
    }
    return new MergeCheck(difference, change, weightChange);
  }

  private static double distance(float[] one, float[] other) {
    double distance = 0;
    for (int i = 0; i < one.length; i++) {
      distance = Math.max(distance, Math.abs((double) one[i] - other[i]));
    }
    return distance;
  }
}
