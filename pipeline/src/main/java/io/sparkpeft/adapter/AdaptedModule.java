package io.sparkpeft.adapter;

/**
 * A linear layer that an adapter changes, and what that costs.
 *
 * @param trainableParameters that belong to this layer alone
 * @param r rank of the products that are added to it; 0 for none
 * @param dropout the probability of dropping one of its inputs in them
 * @param work what is done to it
 */
public record AdaptedModule(
    LinearModule module, long trainableParameters, int r, double dropout, Work work) {

  /** What an adapter does to a linear layer, as far as its cost differs. */
  public enum Work {
    /** Something is added to its result. */
    ADDED,
    /** So much is added as is taken out: it began as a part of the layer. */
    REDUCED,
    /** The rows of its weight are scaled, which reads its result once more. */
    DECOMPOSED,
    /** Its weight is trained itself. */
    WHOLE
  }

  /** With something added to its result. */
  public AdaptedModule(LinearModule module, long trainableParameters, int r, double dropout) {
    this(module, trainableParameters, r, dropout, Work.ADDED);
  }
}
