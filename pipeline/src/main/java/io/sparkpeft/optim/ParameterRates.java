package io.sparkpeft.optim;

import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.adapter.ParameterRole;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.regex.Pattern;

/**
 * Which peak learning rate and weight decay each of an adapter's tensors has.
 *
 * <p>Without LoRA+ all but VB-LoRA's have the same rate, and biases and norms do not decay, as in
 * transformers' Trainer. With it the groups are those of PEFT's {@code create_loraplus_optimizer}:
 * B and every other vector at a multiple of A's rate, embeddings at a rate of their own, and biases
 * alone do not decay. (Hayou et al. 2024, arXiv:2402.12354.)
 *
 * @param learningRate the peak rate, of A and of whatever has no other
 * @param loraPlusRatio B's rate over A's; empty without LoRA+
 * @param embedding the rate of low-rank pairs over embeddings, with LoRA+
 * @param vectorBank the rate of VB-LoRA's vectors (Li et al. 2024, arXiv:2405.15179)
 * @param logits the rate of VB-LoRA's logits
 */
public record ParameterRates(
    double learningRate,
    OptionalDouble loraPlusRatio,
    double embedding,
    double vectorBank,
    double logits,
    double weightDecay) {

  /** transformers/trainer.py, {@code get_decay_parameter_names}. */
  private static final Pattern NORM =
      Pattern.compile("layernorm|rmsnorm|(?:^|\\.)norm(?:$|\\.)|_norm(?:$|\\.)|(?:^|\\.)ln_");

  /** The tensors in groups of one rate and one decay, in the order of their first. */
  public List<ParameterGroup> groups(List<AdapterParameter> parameters) {
    Map<Rate, List<AdapterParameter>> byRate = new LinkedHashMap<>();
    for (AdapterParameter parameter : parameters) {
      Rate rate = new Rate(rate(parameter), decays(parameter) ? weightDecay : 0);
      byRate.computeIfAbsent(rate, r -> new ArrayList<>()).add(parameter);
    }
    return byRate.entrySet().stream()
        .map(
            entry ->
                new ParameterGroup(
                    entry.getValue(),
                    entry.getKey().learningRate() / learningRate,
                    entry.getKey().weightDecay()))
        .toList();
  }

  private record Rate(double learningRate, double weightDecay) {}

  private double rate(AdapterParameter parameter) {
    double ofB = learningRate * loraPlusRatio.orElse(1);
    return switch (parameter.role()) {
      case LORA_A -> learningRate;
      case LORA_B, BIAS -> ofB;
      case LORA_EMBEDDING -> loraPlusRatio.isPresent() ? embedding : learningRate;
      case VECTOR_BANK -> vectorBank;
      case LOGITS -> logits;
      case OTHER -> parameter.value().getShape().dimension() == 1 ? ofB : learningRate;
    };
  }

  private boolean decays(AdapterParameter parameter) {
    boolean isNorm = NORM.matcher(parameter.name()).find();
    return parameter.role() != ParameterRole.BIAS && (loraPlusRatio.isPresent() || !isNorm);
  }
}
