package io.sparkpeft.tensor;

import ai.djl.Device;
import java.util.Locale;
import java.util.Optional;

/**
 * All that decides the bits of a result besides its inputs. It is chosen once for a run, written
 * into its checkpoints and sent to its ranks; ranks that cannot keep to it are refused.
 *
 * @param compute the element type of activations and frozen weights: float32 or bfloat16
 *     (statistics of norms and softmax, and all adapter tensors, are float32 either way)
 * @param product the library of large matrix products
 * @param instructionSet the widest vector instructions of the processor, see {@link Processor}, and
 *     whether Java's vectors are used; of a GPU, {@value #CUDA}
 */
public record Arithmetic(Dtype compute, Product product, String instructionSet) {
  /** Stands for the instruction set of a GPU. */
  public static final String CUDA = "cuda";

  /** Few enough numbers of rows; of a micro-batch of 500, fewer than 4 % are added on average. */
  private static final int COMPILED_ROWS = 32;

  /** Ends the instruction set where Java's vectors are used too, see {@link Attention#LANES}. */
  private static final String VECTORS = "+vectors";

  public Arithmetic {
    if (compute != Dtype.FLOAT32 && compute != Dtype.BFLOAT16) {
      throw TensorErrors.unusableDtype(compute);
    }
  }

  /**
   * The best on this machine; in fp32 on a CPU, the faster product by measuring.
   *
   * @param wanted the user's choice; empty for auto: bfloat16 for weights stored in 16 bits where
   *     the processor multiplies bfloat16, else float32
   * @param stored what the model's weights are stored in
   */
  public static Arithmetic choose(Optional<Dtype> wanted, Dtype stored, Device device) {
    Processor processor = Processor.here();
    boolean half = stored.bytes() == 2 && (device.isGpu() || processor.multipliesBfloat16());
    Dtype compute = wanted.orElse(half ? Dtype.BFLOAT16 : Dtype.FLOAT32);
    Product product =
        device.isGpu() || compute == Dtype.BFLOAT16 ? Product.PLAIN : ProductTrial.fastest();
    return new Arithmetic(compute, product, instructionSet(device));
  }

  /** The same in one line: {@code float32/onednn/avx512}. */
  public String text() {
    return String.join(
        "/", compute.torchName(), product.name().toLowerCase(Locale.ROOT), instructionSet);
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (65) if the text is not one that {@link #text()}
   *     writes
   */
  public static Arithmetic parse(String text) {
    String[] parts = text.split("/", 3);
    try {
      return new Arithmetic(
          Dtype.ofTorchName(parts[0]).orElseThrow(),
          Product.valueOf(parts[1].toUpperCase(Locale.ROOT)),
          parts[2]);
    } catch (RuntimeException e) {
      throw TensorErrors.notAnArithmetic(text);
    }
  }

  /** Whether that device of this machine can compute it to the same bits. */
  public boolean runsOn(Device device) {
    String here = instructionSet(device);
    return here.equals(instructionSet) || here.equals(instructionSet + VECTORS);
  }

  private static String instructionSet(Device device) {
    return device.isGpu()
        ? CUDA
        : Processor.here().instructionSet()
            + (ProcessorLanes.ofThisMachine().isPresent() ? VECTORS : "");
  }

  /**
   * What the number of rows of a product should be a multiple of. oneDNN compiles a product anew
   * for every number of rows, in 0.5 to 20 ms, and keeps the last 1,024 of them: ragged batches of
   * a model with a few dozen products would hardly meet one again. 1 where nothing is compiled.
   */
  public int rowMultiple() {
    boolean isCompiled = compute == Dtype.BFLOAT16 || product == Product.ONEDNN;
    return isCompiled && !instructionSet.equals(CUDA) ? COMPILED_ROWS : 1;
  }

  /** How norms, low-rank paths and the cross-entropy are computed. */
  public RowWork rowWork() {
    return instructionSet.endsWith(VECTORS) ? RowWork.LANES : RowWork.TORCH;
  }

  /** How attention is computed. */
  public Attention attention() {
    if (instructionSet.equals(CUDA)) {
      return Attention.FUSED;
    }
    return instructionSet.endsWith(VECTORS) ? Attention.LANES : Attention.BLOCKS;
  }
}
