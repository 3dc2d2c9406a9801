package io.sparkpeft.spark.eval;

import io.sparkpeft.adapter.Adapter;
import java.util.Optional;

/** A model that is scored: the base as it is, or with the adapter. */
enum Variant {
  BASE {
    @Override
    Optional<Adapter> adapter(LoadedModel model) {
      return Optional.empty();
    }
  },
  ADAPTED {
    @Override
    Optional<Adapter> adapter(LoadedModel model) {
      return model.adapter();
    }
  };

  abstract Optional<Adapter> adapter(LoadedModel model);
}
