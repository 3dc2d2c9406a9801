package io.sparkpeft.convert;

import io.sparkpeft.weights.Safetensors;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import io.sparkpeft.weights.torch.TorchFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * The tensors of a checkpoint that was trained in so many tensor-parallel parts, joined when they
 * are asked for. (fairscale's ColumnParallelLinear splits outputs, its RowParallelLinear inputs.)
 *
 * @param width of the residual stream, by which the two ways of splitting an embedding differ
 */
record MetaShards(List<TensorSource> shards, long width) implements TensorSource {

  /** How the parts of a tensor make the whole. */
  private enum Join {
    /** Every part has all of it. */
    SAME,
    /** Below each other. */
    ROWS,
    /** Beside each other. */
    COLUMNS
  }

  /**
   * @param files of the parts, in their order
   */
  static MetaShards open(Path folder, List<String> files, long width) {
    List<TensorSource> shards =
        files.stream()
            .map(folder::resolve)
            .<TensorSource>map(
                file ->
                    file.toString().endsWith(".safetensors")
                        ? Safetensors.open(file)
                        : TorchFile.open(file))
            .toList();
    return new MetaShards(shards, width);
  }

  private Join join(TensorEntry part) {
    String name = part.name().replaceAll("^layers\\.\\d+\\.|\\.weight$", "");
    return switch (name) {
      case "attention.wq",
          "attention.wk",
          "attention.wv",
          "feed_forward.w1",
          "feed_forward.w3",
          "output" ->
          Join.ROWS;
      case "attention.wo", "feed_forward.w2" -> Join.COLUMNS;
      // LLaMA 3 splits the vocabulary, its predecessors the features.
      case "tok_embeddings" -> part.shape()[1] == width ? Join.ROWS : Join.COLUMNS;
      default -> Join.SAME;
    };
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(shards.get(0).names());
  }

  @Override
  public TensorEntry entry(String name) {
    TensorEntry part = shards.get(0).entry(name);
    long[] shape = part.shape().clone();
    switch (join(part)) {
      case ROWS -> shape[0] = sum(name, 0);
      case COLUMNS -> shape[1] = sum(name, 1);
      case SAME -> {}
    }
    return new TensorEntry(name, part.dtype(), shape);
  }

  private long sum(String name, int axis) {
    return shards.stream().mapToLong(shard -> shard.entry(name).shape()[axis]).sum();
  }

  @Override
  public ByteBuffer bytes(String name) {
    TensorEntry first = shards.get(0).entry(name);
    Join join = join(first);
    if (shards.size() == 1 || join == Join.SAME) {
      return shards.get(0).bytes(name);
    }
    ByteBuffer whole = ByteBuffer.allocateDirect(Math.toIntExact(entry(name).bytes()));
    if (join == Join.ROWS) {
      shards.forEach(shard -> whole.put(shard.bytes(name)));
    } else {
      besideEachOther(name, whole);
    }
    return whole.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  private void besideEachOther(String name, ByteBuffer whole) {
    TensorEntry entry = entry(name);
    int rows = Math.toIntExact(entry.shape()[0]);
    int stride = Math.toIntExact(entry.bytes() / rows);
    int column = 0;
    for (TensorSource shard : shards) {
      ByteBuffer part = shard.bytes(name);
      int width = part.remaining() / rows;
      for (int row = 0; row < rows; row++) {
        whole.put(row * stride + column, part, row * width, width);
      }
      column += width;
    }
    whole.position(whole.capacity());
  }
}
