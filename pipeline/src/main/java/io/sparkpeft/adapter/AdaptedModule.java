package io.sparkpeft.adapter;

/**
 * A linear layer that an adapter changes, and what that costs.
 *
 * @param trainableParameters that belong to this layer alone
 * @param r rank of the products that are added to it; 0 for none
 * @param dropout the probability of dropping one of its inputs in them
 */
public record AdaptedModule(LinearModule module, long trainableParameters, int r, double dropout) {}
