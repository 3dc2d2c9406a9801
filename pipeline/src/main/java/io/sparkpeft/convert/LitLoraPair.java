package io.sparkpeft.convert;

import io.sparkpeft.convert.Heads.Part;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * The LoRA weights of one of litgpt's linear layers. Of the fused one there is an A for each
 * enabled part of queries, keys and values, below each other, and one B of the enabled outputs,
 * whose rows belong to one A each: a grouped convolution.
 *
 * @param module of litgpt's
 * @param a [rank * groups, in]
 * @param b [enabled outputs, rank]
 * @param rowOf where B has an output of the layer; -1 where it has none
 * @param groupOf which A a row of B belongs to
 */
record LitLoraPair(String module, TensorEntry a, TensorEntry b, int[] rowOf, int[] groupOf) {
  private static final String A = ".lora_A";
  private static final String B = ".lora_B";
  private static final String FUSED = ".attn.qkv";

  /** The modules that a file has LoRA weights of. */
  static Set<String> modules(Path file, TensorSource tensors) {
    Set<String> modules = new TreeSet<>();
    for (String name : tensors.names()) {
      if (!name.endsWith(A) && !name.endsWith(B)) {
        throw ConvertErrors.doesNotFit(
            file.toString(), Collections.singletonList(name + " is not expected"));
      }
      modules.add(name.substring(0, name.length() - A.length()));
    }
    return modules;
  }

  static LitLoraPair of(String module, LitTensors tensors, Heads heads, LitLoraSettings settings) {
    TensorEntry a = tensors.source().entry(module + A);
    TensorEntry b = tensors.source().entry(module + B);
    LitLoraPair pair =
        module.endsWith(FUSED)
            ? fused(module, a, b, heads, settings.parts(), tensors.order())
            : plain(module, a, b);
    pair.requireRank(settings.rank());
    return pair;
  }

  private static LitLoraPair plain(String module, TensorEntry a, TensorEntry b) {
    int outputs = (int) b.shape()[0];
    int[] rows = new int[outputs];
    Arrays.setAll(rows, row -> row);
    return new LitLoraPair(module, a, b, rows, new int[outputs]);
  }

  private static LitLoraPair fused(
      String module,
      TensorEntry a,
      TensorEntry b,
      Heads heads,
      Set<Part> parts,
      QueryKeyValue order) {
    int[] rowOf = new int[(int) heads.totalWidth()];
    Arrays.fill(rowOf, -1);
    int[] groupOf = new int[(int) parts.stream().mapToLong(heads::totalWidth).sum()];
    // With all parts enabled litgpt takes B's rows as the layer's outputs, whatever their order.
    boolean inPlace = parts.size() == Part.values().length;
    int row = 0;
    int group = 0;
    for (Part part : parts) {
      Arrays.fill(groupOf, row, row + (int) heads.totalWidth(part), group++);
      for (Rows outputs : order.rows(module, heads, part)) {
        for (long output = outputs.first(); output < outputs.first() + outputs.count(); output++) {
          rowOf[(int) output] = inPlace ? (int) output : row;
          row++;
        }
      }
    }
    return new LitLoraPair(module, a, b, rowOf, groupOf);
  }

  private void requireRank(int rank) {
    long[] shapeOfA = {rank * (long) groups(), a.shape().length == 2 ? a.shape()[1] : 0};
    long[] shapeOfB = {groupOf.length, rank};
    if (!Arrays.equals(a.shape(), shapeOfA) || !Arrays.equals(b.shape(), shapeOfB)) {
      throw ConvertErrors.otherRank(
          module, Arrays.toString(a.shape()), Arrays.toString(b.shape()), rank);
    }
  }

  private int groups() {
    return Arrays.stream(groupOf).max().orElse(-1) + 1;
  }

  /** Outputs of the layer. */
  long outputs() {
    return rowOf.length;
  }

  int rank() {
    return (int) b.shape()[1];
  }
}
