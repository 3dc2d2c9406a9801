package io.sparkpeft.model;

/** Decides which inputs of an adapter's modules are dropped. */
interface DropoutMasks {
  /** Drops nothing. */
  DropoutMasks NONE =
      new DropoutMasks() {
        @Override
        public byte[] mask(int module, int features) {
          throw new IllegalStateException("nothing is dropped outside training");
        }

        @Override
        public DropoutMasks at(long[] rows) {
          return this;
        }
      };

  /**
   * Row-major [tokens, features]: 1 keeps, 0 drops. The same at every call.
   *
   * @param module the index of the linear layer, see {@link DecoderConfig#linearModules}
   * @param features the layer's inputs
   */
  byte[] mask(int module, int features);

  /** The masks of some rows of the same activations. */
  DropoutMasks at(long[] rows);
}
