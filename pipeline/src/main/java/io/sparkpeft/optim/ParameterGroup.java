package io.sparkpeft.optim;

import io.sparkpeft.adapter.AdapterParameter;
import java.util.List;

/**
 * Adapter tensors that are trained alike. LoRA+ (arXiv:2402.12354) gives B a higher rate than A,
 * VB-LoRA (arXiv:2405.15179) its vector bank and logits their own.
 *
 * @param learningRateMultiplier what the schedule's rate is multiplied by
 * @param weightDecay decoupled with AdamW, added to the gradient with SGD, as in torch
 */
public record ParameterGroup(
    List<AdapterParameter> parameters, double learningRateMultiplier, double weightDecay) {

  public ParameterGroup {
    parameters = List.copyOf(parameters);
    if (!(learningRateMultiplier > 0)) {
      throw OptimErrors.notInRange("learning rate multiplier", learningRateMultiplier, "above 0");
    }
    if (!(weightDecay >= 0)) {
      throw OptimErrors.notInRange("train.weight_decay", weightDecay, "0 or more");
    }
  }

  /** One group of all tensors at the schedule's own rate. */
  public static List<ParameterGroup> single(List<AdapterParameter> parameters, double weightDecay) {
    return List.of(new ParameterGroup(parameters, 1.0, weightDecay));
  }
}
