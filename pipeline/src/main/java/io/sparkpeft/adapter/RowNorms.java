package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.DoraKernels;
import java.util.Optional;
import java.util.function.Function;

/**
 * The norms of the rows of V = W + scaling B A, which follow from A and B: computed when first
 * asked for after they changed, by whichever thread asks. V is never formed: |V|^2 = |W|^2 + 2
 * scaling W A^T . B + scaling^2 B (A A^T) . B, of which the first is computed once.
 */
public final class RowNorms {
  private final NDManager manager;
  private final Function<NDManager, NDArray> weight;
  private final LowRankDelta direction;
  private Optional<NDArray> squares = Optional.empty();
  private Optional<NDArray> norms = Optional.empty();

  /**
   * @param manager where they live
   * @param weight gives W, fp32 [out, in], in a manager that is closed soon
   */
  RowNorms(NDManager manager, Function<NDManager, NDArray> weight, LowRankDelta direction) {
    this.manager = manager;
    this.weight = weight;
    this.direction = direction;
  }

  /** fp32 [out]. */
  public synchronized NDArray values() {
    if (norms.isEmpty()) {
      try (NDManager scope = manager.newSubManager()) {
        NDArray w = weight.apply(scope);
        if (squares.isEmpty()) {
          squares = Optional.of(DoraKernels.rowSquares(manager, w));
        }
        LowRankPair change = direction.change(scope);
        norms =
            Optional.of(
                DoraKernels.rowNorms(
                    manager, squares.get(), w, change.a(), change.b(), direction.scaling()));
      }
    }
    return norms.get();
  }

  /** A or B has changed. */
  synchronized void forget() {
    norms.ifPresent(NDArray::close);
    norms = Optional.empty();
  }
}
