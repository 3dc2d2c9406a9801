package io.sparkpeft.adapter;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A base model as adapters see it: names and shapes, no weights.
 *
 * @param modelType of its config.json
 * @param linearModules all its linear layers, the head last
 * @param embedding of its tokens
 * @param layers of its decoder, each with keys and values
 * @param kvHeads heads of keys and values in a layer
 * @param headDim features of one head
 * @param tiedHead whether the head's weight is the embedding
 * @param tensors shapes of all frozen tensors by their names in the model, {@code
 *     model.norm.weight} say
 * @param mixture networks in the place of a layer's one, and what chooses among them, if there are
 */
public record BaseModel(
    String modelType,
    List<LinearModule> linearModules,
    EmbeddingModule embedding,
    int layers,
    int kvHeads,
    int headDim,
    boolean tiedHead,
    Map<String, long[]> tensors,
    Optional<Mixture> mixture) {

  /**
   * @param name dotted path in the base
   */
  public record EmbeddingModule(String name, long vocabulary, long width) {}

  /**
   * Experts and routers, which LoRA alone can change.
   *
   * @param names last parts of names that mean them, in PEFT or in checkpoints
   * @param paths where linear layers of theirs are for PEFT, and in checkpoints; of a layer's
   *     experts, those of the first
   * @param formerNames last parts of the names that linear layers of theirs had in transformers 4,
   *     each with the end of that parameter's that they are a part of now
   * @param stacks these parameters, in PEFT's order
   */
  public record Mixture(
      Set<String> names,
      List<String> paths,
      Map<String, String> formerNames,
      List<WeightStack> stacks) {
    public Mixture {
      names = Set.copyOf(names);
      paths = List.copyOf(paths);
      formerNames = Map.copyOf(formerNames);
      stacks = List.copyOf(stacks);
    }
  }

  public BaseModel {
    linearModules = List.copyOf(linearModules);
    tensors = Map.copyOf(tensors);
  }
}
