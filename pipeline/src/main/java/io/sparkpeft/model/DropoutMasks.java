package io.sparkpeft.model;

/** Decides which inputs of an adapter's modules are dropped. */
interface DropoutMasks {
  /** Drops nothing. */
  DropoutMasks NONE =
      new DropoutMasks() {
        @Override
        public int[] dropped(int module, int features) {
          throw new IllegalStateException("nothing is dropped outside training");
        }

        @Override
        public DropoutMasks at(long[] rows) {
          return this;
        }
      };

  /**
   * Which inputs [tokens, features] are dropped. The same at every call.
   *
   * @param module the index of the linear layer, see {@link DecoderConfig#linearModules}
   * @param features the layer's inputs
   * @return places, counted row-major, ascending
   */
  int[] dropped(int module, int features);

  /** The masks of some rows of the same activations. */
  DropoutMasks at(long[] rows);
}
