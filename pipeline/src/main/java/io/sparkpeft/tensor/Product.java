package io.sparkpeft.tensor;

/**
 * Which library multiplies a batch of rows with a weight. The results differ in their last bits, so
 * the choice is made once for a whole run.
 */
public enum Product {
  /** {@code torch.linear}: MKL's or OpenBLAS's on a CPU for fp32, cuBLAS's on a GPU. */
  PLAIN,

  /** oneDNN's, on CPUs only: twice as fast in fp32 where MKL does not know the processor. */
  ONEDNN
}
