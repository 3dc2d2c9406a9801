package io.sparkpeft.recipe;

import static io.sparkpeft.recipe.Key.NamedAfter.PEFT;

import java.util.List;
import java.util.Optional;

/** The keys of PEFT's PrefixTuningConfig; what it holds of the base follows from the base. */
final class PrefixTuningSection {
  private PrefixTuningSection() {}

  static final Key<Integer> NUM_VIRTUAL_TOKENS =
      Key.of(
              "adapter.num_virtual_tokens",
              ValueTypes.INTEGER,
              20,
              "Virtual tokens whose keys and values stand before every text, in every layer.")
          .must("at least 1", count -> count >= 1)
          .as(PEFT);

  static final Key<Boolean> PREFIX_PROJECTION =
      Key.of(
              "adapter.prefix_projection",
              ValueTypes.BOOLEAN,
              false,
              "Train the keys and values through a network of two layers. The adapter's file holds"
                  + " what the network makes, to use and not to train on; checkpoints are whole.")
          .as(PEFT);

  static final Key<Optional<Integer>> ENCODER_HIDDEN_SIZE =
      Key.optional(
              "adapter.encoder_hidden_size",
              ValueTypes.INTEGER,
              "the width of keys in one layer",
              "The width between the two layers of prefix_projection's network.")
          .must("at least 1", width -> width.orElse(1) >= 1)
          .as(PEFT);

  /** Of prefix tuning and of bottleneck adapters, which mean different things by it. */
  static final Key<Optional<String>> INIT_WEIGHTS =
      Key.optional(
              "adapter.init_weights",
              ValueTypes.TEXT,
              "normal values; bert with BOTTLENECK",
              "With PREFIX_TUNING zero begins with zeros. With BOTTLENECK bert draws both matrices"
                  + " from N(0, 0.02^2), mam_adapter begins as the base itself.")
          .as(PEFT);

  static final List<Key<?>> KEYS =
      List.of(NUM_VIRTUAL_TOKENS, PREFIX_PROJECTION, ENCODER_HIDDEN_SIZE, INIT_WEIGHTS);
}
