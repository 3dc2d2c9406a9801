package io.sparkpeft.recipe;

import static io.sparkpeft.recipe.Key.NamedAfter.LLM_ADAPTERS;

import java.util.List;

/** The keys of the BottleneckConfig in LLM-Adapters' fork of PEFT. */
final class BottleneckSection {
  private BottleneckSection() {}

  static final Key<Integer> BOTTLENECK_SIZE =
      Key.of(
              "adapter.bottleneck_size",
              ValueTypes.INTEGER,
              256,
              "Features of a bottleneck adapter's narrow middle.")
          .must("at least 1", size -> size >= 1)
          .as(LLM_ADAPTERS);

  static final Key<String> NON_LINEARITY =
      Key.of(
              "adapter.non_linearity",
              ValueTypes.TEXT,
              "tanh",
              "The activation there: tanh, relu, gelu, silu or another of transformers' names.")
          .as(LLM_ADAPTERS);

  static final Key<Double> ADAPTER_DROPOUT =
      Key.of(
              "adapter.adapter_dropout",
              ValueTypes.NUMBER,
              0.0,
              "Probability of dropping what a bottleneck adapter reads while training.")
          .must("at least 0 and less than 1", p -> p >= 0 && p < 1)
          .as(LLM_ADAPTERS);

  static final Key<Boolean> USE_PARALLEL_ADAPTER =
      Key.of(
              "adapter.use_parallel_adapter",
              ValueTypes.BOOLEAN,
              false,
              "Adapters beside layers rather than before or behind them (arXiv:2110.04366).")
          .as(LLM_ADAPTERS);

  static final Key<Boolean> USE_ADAPTERP =
      Key.of(
              "adapter.use_adapterp",
              ValueTypes.BOOLEAN,
              false,
              "Where target_modules is left out: behind the MLP alone (Pfeiffer,"
                  + " arXiv:2005.00247).")
          .as(LLM_ADAPTERS);

  static final Key<Double> SCALING =
      Key.of(
              "adapter.scaling",
              ValueTypes.NUMBER,
              1.0,
              "What a bottleneck adapter adds is multiplied by it.")
          .as(LLM_ADAPTERS);

  static final List<Key<?>> KEYS =
      List.of(
          BOTTLENECK_SIZE,
          NON_LINEARITY,
          ADAPTER_DROPOUT,
          USE_PARALLEL_ADAPTER,
          USE_ADAPTERP,
          SCALING,
          PrefixTuningSection.INIT_WEIGHTS);
}
