package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The feed-forward part of a layer. */
sealed interface MlpBlock permits DenseMlp, ExpertsMlp {

  /** What the backward pass needs, and the result. */
  sealed interface Saved permits DenseMlp.Saved, ExpertsMlp.Saved {

    /** Empty if only the rest was computed. */
    Optional<NDArray> result();

    default NDArray output() {
      return result().orElseThrow();
    }
  }

  /** n [rows, hidden]. */
  Saved forward(Pass pass, NDArray n);

  /**
   * What {@link #forward} gives, with those of its own products that were kept.
   *
   * @param isResultRead whether the result is wanted too
   */
  Saved again(Pass pass, NDArray n, Kept kept, boolean isResultRead);

  /**
   * Hands out what {@link Checkpointing#KEEP_PRODUCTS} keeps.
   *
   * @param saved by {@link #forward}
   * @param isResultRead whether that is the result too
   */
  void keep(Saved saved, boolean isResultRead, Map<String, NDArray> products);

  /** Whether the result is among what was kept. */
  boolean isResultKept(Kept kept);

  /**
   * Hands the adapter's gradients on.
   *
   * @param carry whether anything below wants the gradient of n
   * @return parts of that gradient, which are to be added up; none if it is not wanted
   */
  List<NDArray> backward(Pass pass, NDArray gy, Saved saved, boolean carry);

  boolean isAdapted(Pass pass);
}
