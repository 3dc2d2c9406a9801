package io.sparkpeft.adapter;

import java.util.List;

/**
 * Frozen matrices [out, in] that are one parameter for PEFT: those of all experts of a layer, or
 * the router's single one. LoRA gives each of them a low-rank addition of its own.
 *
 * @param module path of what has the parameter in transformers 5: {@code
 *     model.layers.0.mlp.experts}
 * @param name of the parameter there: {@code gate_up_proj}
 * @param matrices how many they are
 * @param in input features of each
 * @param out output features of each
 * @param pieces where checkpoints have them
 */
public record WeightStack(
    String module, String name, int matrices, long in, long out, List<Piece> pieces) {

  /**
   * Some rows of one of the matrices, which are a tensor in checkpoints.
   *
   * @param tensor its name there
   * @param matrix which of them
   * @param from the first row
   * @param rows how many they are
   */
  public record Piece(String tensor, int matrix, long from, long rows) {}

  public WeightStack {
    pieces = List.copyOf(pieces);
  }

  /** By which target_parameters, rank_pattern and alpha_pattern know it. */
  public String path() {
    return module + "." + name;
  }

  /** Its path where parameters stand among modules, whose weight goes without saying. */
  public String label() {
    return name.equals("weight") ? module : path();
  }

  /** The number of all weights. */
  public long weights() {
    return matrices * in * out;
  }
}
