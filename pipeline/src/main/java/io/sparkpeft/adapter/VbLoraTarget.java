package io.sparkpeft.adapter;

import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.TensorEntry;
import java.util.List;

/**
 * A module that VB-LoRA adapts.
 *
 * @param r rank of A and B
 * @param vectorLength b
 * @param numVectors h
 */
record VbLoraTarget(LinearModule module, int r, int vectorLength, int numVectors) {
  private static final String PREFIX = "base_model.model.";

  /** A or B. */
  enum Matrix {
    A,
    B
  }

  /**
   * One of the two matrices.
   *
   * @param tiles how its sub-vectors lie: [r, in / b] or [out / b, r]
   * @param shape of the matrix: [r, in] or [out, r]
   */
  record Side(VbLoraTarget target, Matrix matrix, long[] tiles, long[] shape) {

    /** The key of its logits in adapter_model.safetensors. */
    String nameOfLogits() {
      return PREFIX + target.module.name() + ".vblora_logits_" + matrix;
    }

    /** What its gradient is called, which no file holds. */
    String nameOfMatrix() {
      return PREFIX + target.module.name() + ".vblora_" + matrix;
    }

    TensorEntry logitsEntry() {
      return entry(nameOfLogits(), Dtype.FLOAT32, target.numVectors);
    }

    TensorEntry indicesEntry(int topk, Dtype type) {
      return entry(nameOfLogits() + "_topk_indices", type, topk);
    }

    /** All but the last. */
    TensorEntry weightsEntry(int topk) {
      return entry(nameOfLogits() + "_topk_weights", Dtype.FLOAT32, topk - 1L);
    }

    private TensorEntry entry(String name, Dtype type, long last) {
      return new TensorEntry(name, type, new long[] {tiles[0], tiles[1], last});
    }
  }

  Side a() {
    long count = module.in() / vectorLength;
    return new Side(this, Matrix.A, new long[] {r, count}, new long[] {r, module.in()});
  }

  Side b() {
    long count = module.out() / vectorLength;
    return new Side(this, Matrix.B, new long[] {count, r}, new long[] {module.out(), r});
  }

  List<Side> sides() {
    return List.of(a(), b());
  }

  AdaptedModule adapted(double dropout) {
    long logits = sides().stream().mapToLong(side -> side.logitsEntry().elements()).sum();
    return new AdaptedModule(module, logits, r, dropout);
  }
}
