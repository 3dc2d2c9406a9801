package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.TensorEntry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A tensor of the base in whose place an adapter trains one of its own, by modules_to_save or by
 * bias.
 *
 * @param name in the base
 * @param entry in adapter_model.safetensors
 * @param isEmbedding whether it is the embedding's weight
 */
record TrainedTensor(String name, TensorEntry entry, boolean isEmbedding) {
  private static final String BIAS = ".bias";

  /** Which biases are trained. */
  enum Bias {
    NONE,
    /** Of all linear layers and norms. */
    ALL,
    /** Of adapted layers alone: PEFT's lora_only and its like. */
    ADAPTED;

    /**
     * Of a configuration's key {@code bias}.
     *
     * @param adapted how its method writes {@link #ADAPTED}
     */
    static Bias of(JsonNode key, String adapted) {
      String text = key.textValue();
      if (text.equals("all")) {
        return ALL;
      }
      return text.equals(adapted) ? ADAPTED : NONE;
    }
  }

  /**
   * Those that a configuration asks for, ordered by name.
   *
   * @param adapted the paths of modules that the adapter changes otherwise
   * @throws io.sparkpeft.base.SparkPeftException (78) if a module would be both adapted and saved
   *     whole, or a name of modules_to_save means no module
   */
  static List<TrainedTensor> of(
      List<String> modulesToSave, Bias bias, BaseModel base, Set<String> adapted) {
    List<TrainedTensor> trained = new ArrayList<>();
    Map<String, long[]> tensors = tensors(base);
    requireAllMeanSomething(modulesToSave, tensors.keySet());
    tensors.forEach(
        (name, shape) -> {
          String module = module(name);
          if (isSaved(modulesToSave, module)) {
            if (adapted.contains(module)) {
              throw AdapterErrors.savedAndAdapted(module);
            }
            trained.add(entry(base, name, LoraTarget.PREFIX + name, shape));
          } else if (name.endsWith(BIAS) && isTrained(bias, adapted.contains(module))) {
            String layer = adapted.contains(module) ? ".base_layer" : "";
            trained.add(entry(base, name, LoraTarget.PREFIX + module + layer + BIAS, shape));
          }
        });
    return trained;
  }

  private static boolean isTrained(Bias bias, boolean adapted) {
    return bias == Bias.ALL || (bias == Bias.ADAPTED && adapted);
  }

  private static TrainedTensor entry(BaseModel base, String name, String key, long[] shape) {
    boolean isEmbedding = name.equals(base.embedding().name() + ".weight");
    return new TrainedTensor(name, new TensorEntry(key, Dtype.FLOAT32, shape), isEmbedding);
  }

  /** All of the base, by name; a tied head counts, since it can be trained apart. */
  private static Map<String, long[]> tensors(BaseModel base) {
    Map<String, long[]> tensors = new TreeMap<>(base.tensors());
    if (base.tiedHead()) {
      BaseModel.EmbeddingModule embedding = base.embedding();
      tensors.put(BaseWeights.HEAD_WEIGHT, new long[] {embedding.vocabulary(), embedding.width()});
    }
    return tensors;
  }

  /** A module is meant if its path, or that of one around it, ends so: also in mid-word. */
  static boolean isSaved(List<String> modulesToSave, String module) {
    return enclosing(module).stream()
        .anyMatch(path -> modulesToSave.stream().anyMatch(path::endsWith));
  }

  private static void requireAllMeanSomething(List<String> modulesToSave, Set<String> tensors) {
    for (String name : modulesToSave) {
      if (tensors.stream().noneMatch(tensor -> isSaved(List.of(name), module(tensor)))) {
        throw AdapterErrors.nothingToSave(name, lastSegments(tensors));
      }
    }
  }

  private static List<String> lastSegments(Set<String> tensors) {
    return tensors.stream()
        .map(TrainedTensor::module)
        .map(module -> module.substring(module.lastIndexOf('.') + 1))
        .distinct()
        .sorted(Comparator.naturalOrder())
        .toList();
  }

  /** The path and all that begin it, to a dot. */
  private static List<String> enclosing(String module) {
    List<String> paths = new ArrayList<>(List.of(module));
    for (int dot = module.lastIndexOf('.'); dot > 0; dot = module.lastIndexOf('.', dot - 1)) {
      paths.add(module.substring(0, dot));
    }
    return paths;
  }

  /** The path of the module that a tensor belongs to. */
  static String module(String tensor) {
    return tensor.substring(0, tensor.lastIndexOf('.'));
  }

  /** The linear layer whose weight it is, if it is one's. */
  Optional<LinearModule> linearWeight(BaseModel base) {
    return base.linearModules().stream()
        .filter(module -> name.equals(module.name() + ".weight"))
        .findFirst();
  }
}
