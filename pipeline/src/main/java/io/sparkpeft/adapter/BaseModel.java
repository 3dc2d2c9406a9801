package io.sparkpeft.adapter;

import java.util.List;
import java.util.Map;

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
 * @param hasExperts whether there are networks beside, which no adapter can change
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
    boolean hasExperts) {

  /**
   * @param name dotted path in the base
   */
  public record EmbeddingModule(String name, long vocabulary, long width) {}

  public BaseModel {
    linearModules = List.copyOf(linearModules);
    tensors = Map.copyOf(tensors);
  }
}
