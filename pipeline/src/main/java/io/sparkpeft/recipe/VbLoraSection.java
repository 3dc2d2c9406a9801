package io.sparkpeft.recipe;

import static io.sparkpeft.recipe.Key.NamedAfter.PEFT;

import java.util.List;

/** The keys of PEFT's VBLoRAConfig that LoraConfig does not have. */
final class VbLoraSection {
  private VbLoraSection() {}

  static final Key<Integer> NUM_VECTORS =
      Key.of(
              "adapter.num_vectors",
              ValueTypes.INTEGER,
              256,
              "Vectors in the bank that all layers of a VB-LoRA adapter share.")
          .must("at least 1", count -> count >= 1)
          .as(PEFT);

  static final Key<Integer> VECTOR_LENGTH =
      Key.of(
              "adapter.vector_length",
              ValueTypes.INTEGER,
              256,
              "The length of those vectors; every adapted layer's widths are multiples of it.")
          .must("at least 1", length -> length >= 1)
          .as(PEFT);

  static final Key<Integer> TOPK =
      Key.of(
              "adapter.topk",
              ValueTypes.INTEGER,
              2,
              "How many vectors of the bank each piece of A and B is mixed of.")
          .must("at least 1", count -> count >= 1)
          .as(PEFT);

  static final Key<Boolean> SAVE_ONLY_TOPK_WEIGHTS =
      Key.of(
              "adapter.save_only_topk_weights",
              ValueTypes.BOOLEAN,
              false,
              "Save the adapter without what was not chosen from the bank: a far smaller file, to"
                  + " use and to merge, not to train on. Checkpoints are always whole.")
          .as(PEFT);

  static final Key<Double> VBLORA_DROPOUT =
      Key.of(
              "adapter.vblora_dropout",
              ValueTypes.NUMBER,
              0.0,
              "Probability of dropping an input of A while training.")
          .must("at least 0 and less than 1", p -> p >= 0 && p < 1)
          .as(PEFT);

  static final Key<Double> INIT_VECTOR_BANK_BOUND =
      Key.of(
              "adapter.init_vector_bank_bound",
              ValueTypes.NUMBER,
              0.02,
              "The bank begins with values from U(-bound, bound).")
          .must("more than 0", bound -> bound > 0)
          .as(PEFT);

  static final Key<Double> INIT_LOGITS_STD =
      Key.of(
              "adapter.init_logits_std",
              ValueTypes.NUMBER,
              0.1,
              "The logits begin normal with that deviation.")
          .must("more than 0", deviation -> deviation > 0)
          .as(PEFT);

  static final List<Key<?>> KEYS =
      List.of(
          LoraSection.R,
          NUM_VECTORS,
          VECTOR_LENGTH,
          TOPK,
          SAVE_ONLY_TOPK_WEIGHTS,
          VBLORA_DROPOUT,
          INIT_VECTOR_BANK_BOUND,
          INIT_LOGITS_STD);
}
