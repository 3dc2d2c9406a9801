package io.sparkpeft.model;

import java.nio.ByteBuffer;

/** Decides which inputs of an adapter's modules are dropped. */
interface DropoutMasks {
  /** Drops nothing. */
  DropoutMasks NONE =
      new DropoutMasks() {
        @Override
        public void drop(ByteBuffer mask, int module, int features) {
          throw new IllegalStateException("nothing is dropped outside training");
        }

        @Override
        public DropoutMasks at(long[] rows) {
          return this;
        }
      };

  /**
   * Puts a zero wherever an input is dropped. The same at every call.
   *
   * @param mask of ones, row-major [tokens, features]
   * @param module the index of the linear layer, see {@link DecoderConfig#linearModules}
   * @param features the layer's inputs
   */
  void drop(ByteBuffer mask, int module, int features);

  /** The masks of some rows of the same activations. */
  DropoutMasks at(long[] rows);
}
