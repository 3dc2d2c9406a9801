package io.sparkpeft.recipe;

import static io.sparkpeft.recipe.Key.NamedAfter.PEFT;

import java.util.List;
import java.util.Optional;

/** The keys of PEFT's IA3Config. */
final class Ia3Section {
  private Ia3Section() {}

  static final Key<Optional<TextOrList>> FEEDFORWARD_MODULES =
      Key.optional(
              "adapter.feedforward_modules",
              ValueTypes.TEXT_OR_LIST,
              "PEFT's for the base's architecture",
              "Those of target_modules whose inputs IA3 scales; of the others it scales outputs.")
          .as(PEFT);

  static final Key<Boolean> INIT_IA3_WEIGHTS =
      Key.of(
              "adapter.init_ia3_weights",
              ValueTypes.BOOLEAN,
              true,
              "Begin with ones, so that nothing is changed yet; false: with normal values.")
          .as(PEFT);

  static final List<Key<?>> KEYS = List.of(FEEDFORWARD_MODULES, INIT_IA3_WEIGHTS);
}
